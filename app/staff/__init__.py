"""People who work here, and their roles."""
