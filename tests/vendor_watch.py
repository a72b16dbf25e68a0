"""Whether a transaction of ours is open while a vendor is called: the database is asked during the call."""

from dataclasses import dataclass, field

import psycopg

# A transaction whose client does something else: exactly what waiting for a vendor inside one looks like.
OPEN_TRANSACTIONS = """
SELECT application_name, state, query FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
  AND xact_start IS NOT NULL AND state <> 'active'
"""


@dataclass
class Watcher:
    """What was called, and which of our transactions were open meanwhile."""

    database_url: str
    calls: list[str] = field(default_factory=list)
    findings: list[tuple[object, ...]] = field(default_factory=list)

    def look(self, operation: str) -> None:
        """Runs inside the fake, before it answers."""
        with psycopg.connect(self.database_url.replace("+psycopg", ""), autocommit=True) as database:
            found = database.execute(OPEN_TRANSACTIONS).fetchall()
        self.calls.append(operation)
        self.findings += [(operation, *row) for row in found]
