"""Secrets that are born on the host and never leave it, and the environment files made of them.

`ensure` invents what is missing (JWT and cookie secrets, the password of the database login), gives PostgreSQL a SCRAM
verifier computed here, and writes /etc/comptoir/env from the parts in env.d: site (inventory), generated (here),
vendor (the file of ops). Only names are ever printed; no value passes through an argument or a log.
"""

import base64
import grp
import hashlib
import hmac
import os
import re
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path(os.environ.get("COMPTOIR_ETC", "/etc/comptoir"))
PARTS = ("10-site.env", "20-generated.env", "30-vendor.env", "40-handover.env")
HANDOVER = Path(os.environ.get("COMPTOIR_HANDOVER", "/var/lib/comptoir/handover/stripe.env"))
HANDED_NAME = "STRIPE_WEBHOOK_SECRET"
OVERLAP = timedelta(hours=24)
HANDED_OVER = re.compile(r"STRIPE_WEBHOOK_SECRET=whsec_[0-9A-Za-z_]+\n?")
LOGIN = "comptoir_app_a"
SOCKET = "/var/run/postgresql"
ITERATIONS = 4096
# The webhook secret is a stand-in that no vendor knows, until ops bring the real one or `comptoir setup` hands it over.
RANDOM_SECRETS = {"JWT_SECRET": "", "COOKIE_SECRET": "", "BREVO_WEBHOOK_TOKEN": "", "STRIPE_WEBHOOK_SECRET": "whsec_"}
OWNER = f"DATABASE_URL=postgresql+psycopg://comptoir_owner@/comptoir?host={SOCKET}\n"
BACKUP = f"DATABASE_URL=postgresql://comptoir_backup@/comptoir?host={SOCKET}\n"


def read_pairs(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of a file that may not exist."""
    if not path.exists():
        return {}
    lines = (line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores of a password (RFC 5803): enough to check it, not enough to log in with."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${ITERATIONS}:{salt_text}${stored_text}:{server_text}"


def is_verifier_of(verifier: str, password: str) -> bool:
    """True if this stored verifier was made from this password."""
    try:
        salt = base64.b64decode(verifier.split("$")[1].split(":")[1])
    except (IndexError, ValueError):
        return False
    return hmac.compare_digest(verifier, scram_verifier(password, salt))


def password_of(url: str) -> str:
    """The password inside DATABASE_URL."""
    return url.partition("://")[2].partition("@")[0].partition(":")[2]


def psql(script: str) -> str:
    """Ask PostgreSQL as its own system user; the script goes in by stdin, out of sight of `ps`."""
    command = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
    done = subprocess.run(
        command, input=script, text=True, capture_output=True, user="postgres", group="postgres", cwd="/", check=False
    )
    if done.returncode:
        # psql would quote the statement, verifier included.
        sys.exit("psql refused the statement about the database login")
    return done.stdout.strip()


def stored_verifier() -> str:
    """What the cluster holds for the login, empty if nothing."""
    return psql(f"SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = '{LOGIN}'")


def write_private(path: Path, content: str, mode: int, group: str = "root") -> None:
    """Write beside, then rename: a reader sees the old file or the new one, never half of one."""
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(partial, mode)
    if os.geteuid() == 0:
        os.chown(partial, 0, grp.getgrnam(group).gr_gid)
    os.replace(partial, path)


def composed() -> str:
    """The environment file as it should be; a later part wins, so ops can override what was generated.

    A name left empty says nothing: the example's `STRIPE_WEBHOOK_SECRET=` does not undo the one born here.
    """
    pairs: dict[str, str] = {}
    for part in PARTS:
        pairs.update({name: value for name, value in read_pairs(FOLDER / "env.d" / part).items() if value})
    return "".join(f"{name}={value}\n" for name, value in pairs.items())


def generated() -> dict[str, str]:
    """What was invented so far."""
    return read_pairs(FOLDER / "env.d" / "20-generated.env")


def missing_generated() -> list[str]:
    """The names still to invent."""
    have = generated()
    return [name for name in (*RANDOM_SECRETS, "DATABASE_URL") if not have.get(name)]


def pending() -> list[str]:
    """What is missing or out of date, by name."""
    found = [f"{name} is not generated" for name in missing_generated()]
    if not found and not is_verifier_of(stored_verifier(), password_of(generated()["DATABASE_URL"])):
        found.append(f"{LOGIN} has another password")
    if HANDOVER.exists():
        found.append("a secret was handed over")
    files = {"env": composed(), "owner.env": OWNER, "backup.env": BACKUP}
    for name, content in files.items():
        path = FOLDER / name
        if not path.exists() or path.read_text() != content:
            found.append(f"{name} is out of date")
    return found


def invent() -> None:
    """Invent what is missing; what exists is never changed here (rotation has its own command)."""
    have = generated()
    for name in missing_generated():
        if name == "DATABASE_URL":
            have[name] = f"postgresql+psycopg://{LOGIN}:{secrets.token_urlsafe(32)}@/comptoir?host={SOCKET}"
        else:
            have[name] = RANDOM_SECRETS[name] + secrets.token_hex(32)
        sys.stdout.write(f"{name} generated\n")
    text = "".join(f"{name}={value}\n" for name, value in have.items())
    write_private(FOLDER / "env.d" / "20-generated.env", text, 0o600)


def ensure() -> None:
    """Invent, tell PostgreSQL, write the files."""
    if missing_generated():
        invent()
    password = password_of(generated()["DATABASE_URL"])
    if not is_verifier_of(stored_verifier(), password):
        psql(f"ALTER ROLE {LOGIN} PASSWORD '{scram_verifier(password, secrets.token_bytes(16))}';\n")
        sys.stdout.write(f"{LOGIN} has its verifier\n")
    take_handover()
    write_if_changed("env", composed(), 0o640, "comptoir")
    write_if_changed("owner.env", OWNER, 0o600)
    write_if_changed("backup.env", BACKUP, 0o600)


def take_handover() -> None:
    """Take the secret that `comptoir setup` left: the folder is the application's, so its word is checked."""
    if not HANDOVER.exists():
        return
    text = HANDOVER.read_text() if HANDOVER.is_file() and not HANDOVER.is_symlink() else ""
    if not HANDED_OVER.fullmatch(text):
        sys.exit(f"{HANDOVER} does not hold a webhook secret")
    taken = FOLDER / "env.d" / "40-handover.env"
    new = text.strip().partition("=")[2]
    if read_pairs(taken).get(HANDED_NAME) != new:  # else it was taken, and only the file is left of a broken run
        write_private(taken, text.strip() + "\n" + previous_secret(new), 0o600)
    HANDOVER.unlink()
    sys.stdout.write("STRIPE_WEBHOOK_SECRET taken over\n")


def previous_secret(new: str) -> str:
    """The lines by which the secret that Stripe knew stays good for a day: the old endpoint delivers beside the new."""
    known: dict[str, str] = {}
    for part in PARTS[2:]:  # what was generated here is known to nobody
        known.update({name: value for name, value in read_pairs(FOLDER / "env.d" / part).items() if value})
    old = known.get(HANDED_NAME, "")
    if not old or old == new:
        return ""
    until = datetime.now(UTC) + OVERLAP
    return f"{HANDED_NAME}_PREVIOUS={old}\n{HANDED_NAME}_PREVIOUS_UNTIL={until:%Y-%m-%dT%H:%M:%SZ}\n"


def write_if_changed(name: str, content: str, mode: int, group: str = "root") -> None:
    """Leave an equal file alone: its date says since when the processes should have read it."""
    path = FOLDER / name
    if not path.exists() or path.read_text() != content:
        write_private(path, content, mode, group)
        sys.stdout.write(f"{name} written\n")


def main(arguments: list[str]) -> None:
    """`check` or `ensure`."""
    if arguments == ["check"]:
        sys.stdout.writelines(f"{line}\n" for line in pending())
    elif arguments == ["ensure"]:
        ensure()
    else:
        sys.exit("usage: host_secrets.py check|ensure")


if __name__ == "__main__":
    main(sys.argv[1:])
