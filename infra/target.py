"""A target: which hosts, which shop, which keys; read from a file that never enters git.

`infra/inventory/hosts/<environment>.toml` (or the file named by COMPTOIR_TARGET) names the hosts and the shop;
`infra/inventory/secrets/<environment>.env` holds the keys of Stripe and Brevo, mode 0600.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOSTS = ROOT / "infra" / "inventory" / "hosts"
SECRETS = ROOT / "infra" / "inventory" / "secrets"
GROUPS = ("edge", "app", "db", "cache")

Host = tuple[str, dict[str, object]]


class UnusableTarget(Exception):
    """The target file is missing or says too little; the message is what a person has to do."""


@dataclass(frozen=True)
class Target:
    """Everything the deploys know of a place before they look at it."""

    inventory: str
    environment: str
    domain: str
    addresses: tuple[str, ...]
    ssh: Mapping[str, object]
    site: Mapping[str, str]
    secrets_file: Path
    tls: str
    setup: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def hosts_of(self, group: str) -> list[Host]:
        """The hosts of a group as pyinfra wants them; on one machine every group is that machine."""
        return [(address, self._data()) for address in self.groups.get(group, self.addresses)]

    def _data(self) -> dict[str, object]:
        return {
            **self.ssh,
            "inventory": self.inventory,
            "comptoir_env": self.environment,
            "domain": self.domain,
            "site": dict(self.site),
            "secrets_file": str(self.secrets_file),
            "tls": self.tls,
            "setup": self.setup,
        }


def target_file(inventory: str) -> Path:
    """The file that describes this target."""
    return Path(os.environ.get("COMPTOIR_TARGET") or HOSTS / f"{inventory}.toml").expanduser()


def read_target(inventory: str) -> Target:
    """Read the target behind an inventory (`production`, `staging`, `rehearsal`) or raise UnusableTarget."""
    path = target_file(inventory)
    if not path.is_file():
        raise UnusableTarget(
            f"Fichier {path} absent : lancez `make bootstrap HOST=adresse DOMAIN=domaine`."
            f" / {path} is missing: run `make bootstrap HOST=address DOMAIN=domain`."
        )
    return parse_target(inventory, tomllib.loads(path.read_text()))


def parse_target(inventory: str, content: Mapping[str, object]) -> Target:
    """Turn the content of a target file into a Target; every missing piece is named at once."""
    missing = [name for name in ("domain", "addresses") if not content.get(name)]
    if missing:
        raise UnusableTarget(f"Il manque {', '.join(missing)} dans la cible / missing in the target: {inventory}")
    addresses = _texts(content["addresses"])
    secrets = content.get("secrets_file") or SECRETS / f"{inventory}.env"
    groups = _table(content.get("groups"))
    return Target(
        inventory=inventory,
        environment="production" if inventory == "production" else "rehearsal",
        domain=str(content["domain"]),
        addresses=addresses,
        ssh=_ssh(_table(content.get("ssh"))),
        site={name: str(value) for name, value in _table(content.get("site")).items()},
        secrets_file=Path(str(secrets)).expanduser(),
        tls=str(content.get("tls", "own-authority")),
        setup=_setup(content.get("setup_file")),
        groups={group: _texts(groups[group]) for group in GROUPS if group in groups},
    )


def _setup(path: object) -> str:
    """The shop's file, shipped as it is; without one, `comptoir setup` is run by hand on the server."""
    return Path(str(path)).expanduser().read_text() if path else ""


def _ssh(table: Mapping[str, object]) -> dict[str, object]:
    key = Path(str(table.get("key", "~/.ssh/id_ed25519"))).expanduser()
    # Only the named key: an agent full of keys makes a hardened sshd hang up before the right one is tried.
    data: dict[str, object] = {
        "ssh_user": os.environ.get("COMPTOIR_SSH_USER") or table.get("user", "deploy"),
        "ssh_key": str(key),
        "ssh_port": table.get("port", 22),
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
        "deploy_public_key_file": str(Path(str(table.get("public_key", f"{key}.pub"))).expanduser()),
    }
    if "known_hosts" in table:
        data["ssh_known_hosts_file"] = str(Path(str(table["known_hosts"])).expanduser())
    return data


def _table(value: object) -> dict[str, object]:
    return {str(name): item for name, item in value.items()} if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
