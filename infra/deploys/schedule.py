"""cron and logrotate: the nightly dump, and thirty days of logs."""

from jinja2 import Template
from pyinfra import host
from pyinfra.api import deploy

from infra.deploys.operations import programs, services
from infra.deploys.operations.rendered import put_text
from infra.target import ROOT

PACKAGES = ("cron", "logrotate")
BACKUP = "/usr/local/sbin/comptoir-backup"


def render_crontab(backups_kept: int) -> str:
    """The crontab of the product, in UTC, outside 01:00 to 03:00 where Europe changes its clocks."""
    text = (ROOT / "backups" / "crontab.j2").read_text()
    return str(Template(text, keep_trailing_newline=True).render(backups_kept=backups_kept))


def render_logrotate(log_days: int) -> str:
    """What logrotate does with our logs."""
    text = (ROOT / "systemd" / "logrotate.j2").read_text()
    return str(Template(text, keep_trailing_newline=True).render(log_days=log_days))


@deploy("Schedule")
def apply() -> None:
    """The dump's program, the crontab, the rotation."""
    programs.ship("nightly_dump.py", folder="backups")
    put_text("Command comptoir-backup", (ROOT / "backups" / "comptoir-backup.sh").read_text(), BACKUP, mode="755")
    put_text("Crontab", render_crontab(int(host.data.backups_kept)), "/etc/cron.d/comptoir")
    put_text("Rotation of logs", render_logrotate(int(host.data.log_days)), "/etc/logrotate.d/comptoir")
    services.enabled("cron.service")
    services.enabled("logrotate.timer")
