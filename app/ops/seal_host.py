"""The host seal: what belongs to the shop's server is not run from a laptop (runbook S0-144, design §4.10).

It stops accidents: settings copied to another machine, a tunnel left open. Whoever may write `host_seal` can seal their
own machine, with a reason that stays in the audit.
"""

import socket
import uuid
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.context import current_actor
from app.ops.errors import HostNotSealed
from app.ops.models import HostSeal

MACHINE_ID = Path("/etc/machine-id")


def read_machine_hash() -> str:
    """What this machine is known by: systemd's id of it, or its network card's where there is none."""
    try:
        named = MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        named = ""
    return sha256(f"comptoir:{named or uuid.getnode()}".encode()).hexdigest()


def seal_host(session: Session, reason: str) -> HostSeal:
    """Let commands be given on this machine, beside those that are sealed; again says why anew."""
    values = {"name": socket.gethostname(), "reason": reason, "sealed_by": current_actor.get()}
    statement = insert(HostSeal).values(machine_hash=read_machine_hash(), **values)
    session.execute(statement.on_conflict_do_update(index_elements=["machine_hash"], set_=values))
    record_audit(session, "host.seal", values["name"], {"reason": reason})
    return session.scalars(select(HostSeal).where(HostSeal.machine_hash == read_machine_hash())).one()


def seal_first_host(session: Session) -> None:
    """The machine that sets the shop up is its server, unless another one is already."""
    if session.scalar(select(HostSeal.machine_hash).limit(1)) is None:
        seal_host(session, "comptoir setup")


def unseal_hosts(session: Session, reason: str) -> int:
    """Take every other machine's seal away, as after a move or a restore; gives how many."""
    others = list_other_seals(session)
    for seal in others:
        session.delete(seal)
    record_audit(session, "host.unseal", "others", {"reason": reason, "names": [seal.name for seal in others]})
    return len(others)


def list_seals(session: Session) -> list[HostSeal]:
    """Every machine on which commands may be given."""
    return list(session.scalars(select(HostSeal).order_by(HostSeal.sealed_at)))


def list_other_seals(session: Session) -> list[HostSeal]:
    """Those but this one."""
    mine = read_machine_hash()
    return [seal for seal in list_seals(session) if seal.machine_hash != mine]


def check_sealed(session: Session) -> None:
    """A shop that is sealed takes commands from its own machines only; raises `HostNotSealed`.

    Source: runbook S0-144, design §4.10.
    """
    seals = list_seals(session)
    if seals and read_machine_hash() not in {seal.machine_hash for seal in seals}:
        raise HostNotSealed([seal.name for seal in seals])
