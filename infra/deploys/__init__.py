"""Deploys, one file per role; pyinfra runs `site.py`, `bootstrap.py`, `preflight.py`, `release.py`, `rollback.py`."""
