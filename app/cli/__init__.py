"""The `comptoir` command: one file per noun."""
