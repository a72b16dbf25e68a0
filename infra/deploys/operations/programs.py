"""Programs of `infra/host/`: shipped to the host, asked what is missing, run only if something is."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import operation
from pyinfra.operations import files

from infra.deploys.facts.pending import Pending

LIBRARY = "/usr/local/lib/comptoir"
PROGRAMS = f"{LIBRARY}/infra/host"


def ship(*names: str, folder: str = "infra/host") -> None:
    """Put programs into the host's library folder, root's alone to write."""
    files.directory(name="Library folder of Comptoir", path=LIBRARY, user="root", group="root", mode="755")
    for name in names:
        files.put(
            name=f"Program {name}",
            src=f"{folder}/{name}",
            dest=f"{LIBRARY}/{folder}/{name}",
            user="root",
            group="root",
            mode="755",
        )


@operation()
def converged(program: str, arguments: str = "") -> Generator[str, None, None]:
    """Run `program ensure` if `program check` names anything missing."""
    path = f"{PROGRAMS}/{program}"
    missing = host.get_fact(Pending, program=path, arguments=arguments)
    if not missing:
        host.noop(f"{program}: nothing to do")
        return
    yield f"python3 {path} ensure {arguments}".strip()
