"""A host that only answers facts: what an operation would do there, without a host."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyinfra.context import ctx_host

Facts = Mapping[str, object]


@dataclass
class FactsOnly:
    """Stands where pyinfra has its connected host; a fact that was not given is a mistake of the test."""

    facts: Facts
    name: str = "203.0.113.10"
    data: Mapping[str, object] = field(default_factory=dict)
    noops: list[str] = field(default_factory=list)

    def get_fact(self, fact: type, **arguments: object) -> object:
        """The given value, or what a given function makes of the fact's arguments."""
        given = self.facts[fact.__name__]
        return given(**arguments) if callable(given) else given

    def noop(self, description: str) -> None:
        """Note that an operation had nothing to do."""
        self.noops.append(description)

    def get_temp_filename(self, path: str) -> str:
        """Where pyinfra would upload first."""
        return f"/tmp/{path.rsplit('/', 1)[-1]}"  # noqa: S108 - a name in a command, no file


@contextmanager
def on_host(facts: Facts) -> Iterator[FactsOnly]:
    """Inside the block, operations see these facts."""
    host = FactsOnly(facts)
    with ctx_host.use(host):
        yield host


def commands_of(operation: Callable[..., object], facts: Facts, **arguments: object) -> list[str]:
    """The commands that an operation would run on a host of these facts; none means that nothing would change."""
    with on_host(facts):
        generate = operation._inner  # type: ignore[attr-defined]
        return [str(command) for command in generate(**arguments)]
