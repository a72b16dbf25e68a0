"""Rows that tests start from: plain functions `make_...(session, **over)`, one file per domain, no hidden clock."""
