"""Pieces that come back: what was asked for, on its way, here."""
