"""Money at the provider: event ledger, payment sessions, refund execution. Knows amounts, no orders."""
