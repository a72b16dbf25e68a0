"""What we ask a host, beyond the facts that pyinfra brings."""
