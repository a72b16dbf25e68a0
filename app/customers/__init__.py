"""People who buy."""
