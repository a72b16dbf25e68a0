"""What we do to a host, beyond the operations that pyinfra brings."""
