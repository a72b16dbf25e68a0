"""Holds a host's deploy lock for the whole run of pyinfra, through a channel that dies with the laptop's process."""

import getpass
import json
import secrets
import socket
import sys
from datetime import UTC, datetime
from shlex import quote

from pyinfra import host
from pyinfra.api.exceptions import PyinfraError

LOCK = "/var/lib/comptoir/deploy.lock"
# One run of pyinfra, one name: the release program recognises the lock that its own run holds.
RUN = secrets.token_hex(8)
_channels: dict[str, object] = {}

# The kernel's lock, held as long as `cat` has an input: a dead laptop cannot leave it behind.
HOLDER = """mkdir -p {folder}; exec 9>>{lock}
if ! flock -n 9; then echo "held $(cat {lock})"; exit 1; fi
printf %s {content} > {lock}; echo taken; cat > /dev/null; : > {lock}"""


def who_is_here() -> str:
    """The person and the laptop, for the lock and the log of deploys."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def render_holder(tag: str) -> str:
    """The shell line that takes the lock, says so, and holds it until its input ends."""
    content = json.dumps(
        {"who": who_is_here(), "since": datetime.now(UTC).isoformat(timespec="seconds"), "tag": tag, "run": RUN}
    )
    return HOLDER.format(folder="/var/lib/comptoir", lock=LOCK, content=quote(content))


def describe_holder(answer: str) -> str:
    """The sentence for whoever comes second."""
    try:
        holder = json.loads(answer.removeprefix("held "))
    except ValueError:
        holder = {}
    who, since, tag = holder.get("who", "?"), holder.get("since", "?"), holder.get("tag", "?")
    return f"Déploiement de {tag} en cours par {who} depuis {since}. / {who} has been deploying {tag} since {since}."


def hold(tag: str) -> None:
    """Take the lock of the current host or refuse, naming who has it; a dry run changes nothing and takes nothing."""
    if "--dry" in sys.argv or host.name in _channels:
        return
    prefix = "" if host.data.ssh_user == "root" else "sudo -n "
    # pyinfra's own command runner waits for the end of a command: this one must outlive the call.
    channel = host.connector.client.get_transport().open_session()  # type: ignore[attr-defined]
    channel.exec_command(f"{prefix}sh -c {quote(render_holder(tag))}")
    answer = channel.makefile("r").readline().strip()
    if answer != "taken":
        raise PyinfraError(describe_holder(answer))
    _channels[host.name] = channel
