"""cron and logrotate: the nightly dump, and thirty days of logs."""

from jinja2 import Template
from pyinfra import host
from pyinfra.api import deploy

from infra.deploys.operations import paths, programs, services
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
    paths.put(
        "Crontab, rotation of logs, command comptoir-backup",
        paths.Text(BACKUP, (ROOT / "backups" / "comptoir-backup.sh").read_text(), mode="755"),
        paths.Text("/etc/cron.d/comptoir", render_crontab(int(host.data.backups_kept))),
        paths.Text("/etc/logrotate.d/comptoir", render_logrotate(int(host.data.log_days))),
    )
    services.enabled(
        name="cron and logrotate at boot",
        units=(
            "cron.service",
            "logrotate.timer",
        ),
    )
