"""What a fake vendor remembers: in memory, and in a file it can be killed beside without losing what it answered."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A thing with an id and fields that JSON can hold."""

    id: str


_K = TypeVar("_K", bound=Kept)


class Journal:
    """The newest state of each thing. One line is appended per change; the file is made short again at the start."""

    def __init__(self, path: Path | None, kinds: Sequence[type[Kept]]) -> None:
        self._things: dict[str, dict[str, Kept]] = {kind.__name__: {} for kind in kinds}
        if path is not None:
            self._load(path, {kind.__name__: kind for kind in kinds})
            self._rewrite(path)
        self._file = path.open("a", encoding="utf-8") if path else None

    def put(self, thing: Kept) -> None:
        """Remember this state, instead of an older one with the same id."""
        self._things[type(thing).__name__][thing.id] = thing
        if self._file is not None:
            self._file.write(_line(thing))
            # To the system, not to the disk: a killed process loses nothing, and that is what is played here.
            self._file.flush()

    def find(self, kind: type[_K], thing_id: str) -> _K | None:
        """That thing, if it is known."""
        found = self._things[kind.__name__].get(thing_id)
        return found if isinstance(found, kind) else None

    def list_all(self, kind: type[_K]) -> list[_K]:
        """Every thing of a kind, oldest first."""
        return [thing for thing in self._things[kind.__name__].values() if isinstance(thing, kind)]

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _load(self, path: Path, kinds: dict[str, type[Kept]]) -> None:
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                name, fields = json.loads(line)
            except ValueError:
                # Cut off by the end of the process that wrote it: nobody was answered on the strength of it.
                continue
            thing = kinds[name](**fields)
            self._things[name][thing.id] = thing

    def _rewrite(self, path: Path) -> None:
        fresh = path.with_suffix(f"{path.suffix}.new")
        lines = [_line(thing) for things in self._things.values() for thing in things.values()]
        fresh.write_text("".join(lines), encoding="utf-8")
        os.replace(fresh, path)


def _line(thing: Kept) -> str:
    return json.dumps([type(thing).__name__, asdict(thing)]) + "\n"
