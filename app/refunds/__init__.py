"""The one decision to give money back, and its record."""
