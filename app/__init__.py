"""Comptoir: the back office of a small shop on one server."""
