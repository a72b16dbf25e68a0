"""What a host program still has to do, one line each; nothing printed means that nothing is missing."""

from collections.abc import Iterable

from pyinfra.api import FactBase

MISSING_PROGRAM = "the program is not installed yet"


class Pending(FactBase[list[str]]):
    """`host.get_fact(Pending, program="/usr/local/lib/comptoir/infra/host/x.py", arguments="a b")`."""

    default = list

    def command(self, program: str, arguments: str = "") -> str:
        """Ask the program; a program that is not there yet has everything to do."""
        return f"if test -f {program}; then python3 {program} check {arguments}; else echo '{MISSING_PROGRAM}'; fi"

    def process(self, output: Iterable[str]) -> list[str]:
        """Its lines, blank ones dropped."""
        return [line.strip() for line in output if line.strip()]


class SetupPending(FactBase[bool]):
    """True if the setup file exists and differs from the one that `comptoir setup` read last."""

    default = bool

    def command(self, setup_file: str, mark: str) -> str:
        """Compare the file with the mark."""
        return f"if test -f {setup_file} && ! sha256sum --quiet --check {mark} >/dev/null 2>&1; then echo pending; fi"

    def process(self, output: Iterable[str]) -> bool:
        """Any line means yes."""
        return any(line.strip() for line in output)


class NothingMatches(FactBase[bool]):
    """True if no file matches the pattern."""

    default = bool

    def command(self, pattern: str) -> str:
        """The shell expands the pattern; `ls` fails when nothing matches."""
        return f"ls {pattern} >/dev/null 2>&1 || echo nothing"

    def process(self, output: Iterable[str]) -> bool:
        """Any line means yes."""
        return any(line.strip() for line in output)


class NewerThanStamp(FactBase[list[str]]):
    """Those of the given files that changed since the stamp was set; all of them if it never was."""

    default = list

    def command(self, stamp: str, paths: tuple[str, ...]) -> str:
        """`find -newer` where there is a stamp."""
        wanted = " ".join(paths)
        return f"if test -e {stamp}; then find {wanted} -maxdepth 0 -newer {stamp}; else echo {wanted}; fi"

    def process(self, output: Iterable[str]) -> list[str]:
        """Their paths."""
        return [line.strip() for line in output if line.strip()]


class MissingPackages(FactBase[list[str]]):
    """Those of the given Debian packages that are not installed."""

    default = list

    def command(self, names: tuple[str, ...]) -> str:
        """One query for all of them; a package never heard of makes dpkg-query fail, hence `true`."""
        wanted = " ".join(names)
        query = r"dpkg-query -W -f='${Package} ${db:Status-Status}\n'"
        return (
            f"have=$({query} {wanted} 2>/dev/null | grep ' installed$' | cut -d' ' -f1); "
            f'for name in {wanted}; do echo "$have" | grep -qx "$name" || echo "$name"; done; true'
        )

    def process(self, output: Iterable[str]) -> list[str]:
        """Their names."""
        return [line.strip() for line in output if line.strip()]
