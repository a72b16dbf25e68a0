"""What one line of the production checklist is, and what every probe starts with."""

from dataclasses import dataclass

from app.ops.rules import Judge


@dataclass(frozen=True)
class Check:
    """One line of the checklist; `rows` are the runbook rows it answers, `fix` says what to do (French, for people)."""

    id: str
    rows: tuple[str, ...]
    promise: str
    probe: str
    judge: Judge
    fix: str


# Every probe starts with these: the settings file is read without a value ever reaching a command line.
PRELUDE = r"""
cd /
setting() { sed -n "s/^$1=//p" /etc/comptoir/env; }
host=$(setting PUBLIC_URL | sed 's#^https://##')
web() { curl -sk --noproxy '*' --max-time 5 --resolve "$host:443:127.0.0.1" "$@"; }
query() { runuser -u postgres -- psql -X -A -t -q -d comptoir -c "$1"; }
as_the_shop() {
  cd /opt/comptoir/current && COMPTOIR_ENV_FILE=/etc/comptoir/env HOME=/nonexistent timeout 25 \
    setpriv --reuid=comptoir --regid=comptoir --init-groups .venv/bin/comptoir "$@"
}
in_container() { systemd-detect-virt --quiet --container; }
"""

DEPLOY = "make deploy"
