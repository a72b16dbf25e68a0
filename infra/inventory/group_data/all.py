"""Values for every host: sizes for 2 vCPU and 2 GB, and the few names that several roles share."""

deploy_user = "deploy"
releases_kept = 5
backups_kept = 7
log_days = 30
# From where Brevo's webhook is taken; empty: from anywhere, by its token alone. Brevo publishes 1.179.112.0/20 and
# 172.246.240.0/20 and may change them, which a list written here would not hear of.
brevo_ranges: list[str] = []
swap_mb = 1024
redis_maxmemory = "64mb"

# Read by PostgreSQL at start only: changing one of these later needs WINDOW=1 (design §2).
postgresql_at_start = {
    "listen_addresses": "''",
    "max_connections": "60",
    "shared_buffers": "'256MB'",
    "shared_preload_libraries": "'pg_stat_statements'",
    "huge_pages": "off",
    "max_worker_processes": "4",
}

# Read again at reload.
postgresql_live = {
    "effective_cache_size": "'768MB'",
    "work_mem": "'4MB'",
    "maintenance_work_mem": "'64MB'",
    "max_parallel_workers_per_gather": "1",
    "max_wal_size": "'512MB'",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    # A shop's queries are short: compiling them costs more than it saves.
    "jit": "off",
    "password_encryption": "'scram-sha-256'",
    "idle_in_transaction_session_timeout": "'60s'",
    "log_min_duration_statement": "'500ms'",
    "log_lock_waits": "on",
    "log_line_prefix": "'%m [%p] %q%u@%d %a '",
    # A failing statement may carry a customer's data: the text of it stays out of the log.
    "log_min_error_statement": "'panic'",
    "log_parameter_max_length": "0",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
