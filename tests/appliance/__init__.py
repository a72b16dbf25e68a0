"""Deploy, roll back, cut, kill, restore, on disposable hosts (root on Linux)."""
