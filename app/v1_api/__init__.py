"""Our own routes: webhooks and `/v1`."""
