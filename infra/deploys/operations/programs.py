"""Programs of `infra/host/`: shipped to the host, asked what is missing, run only if something is."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import operation

from infra.deploys.facts.pending import Pending
from infra.deploys.operations import paths
from infra.target import ROOT

LIBRARY = "/usr/local/lib/comptoir"
PROGRAMS = f"{LIBRARY}/infra/host"


def ship(*names: str, folder: str = "infra/host") -> None:
    """Put programs into the host's library folder, root's alone to write."""
    texts = [paths.Text(f"{LIBRARY}/{folder}/{name}", (ROOT / folder / name).read_text(), mode="755") for name in names]
    paths.put(f"Programs: {', '.join(names)}", *texts)


@operation()
def converged(program: str, arguments: str = "") -> Generator[str, None, None]:
    """Run `program ensure` if `program check` names anything missing."""
    path = f"{PROGRAMS}/{program}"
    missing = host.get_fact(Pending, program=path, arguments=arguments)
    if not missing:
        host.noop(f"{program}: nothing to do")
        return
    yield f"python3 {path} ensure {arguments}".strip()
