"""The production checklist as data: each line is a promise, a probe run as root on the host, and a judge.

`comptoir audit` runs the list on the host, `make audit` from outside over SSH. A probe prints no secret.
"""

from app.ops.checks import data, files, machine, web
from app.ops.checks.model import Check

CHECKS: tuple[Check, ...] = (
    *machine.SERVICES,
    *machine.LISTENERS,
    *machine.VERSIONS,
    *web.TLS,
    *web.HTTP,
    *web.LIMITS,
    *data.DATABASE,
    *data.JOURNAL,
    *data.INVOICES,
    *data.BACKUPS,
    *files.MODES,
    *files.SETTINGS,
)
