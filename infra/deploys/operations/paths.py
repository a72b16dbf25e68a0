"""Files and folders, many at once: one question for all, and only what differs is sent, by the command's input.

pyinfra's own upload passes through a file in /tmp that everybody may read for a moment, and asks twice for each file.
"""

import base64
import hashlib
import io
import tarfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import operation

from infra.deploys.facts.states import PathStates

UNPACK = "base64 -d | tar --extract --gzip --preserve-permissions --touch --unlink-first --directory / --file -"


@dataclass(frozen=True)
class Text:
    """A file of the host as it should be."""

    path: str
    content: str
    mode: str = "644"
    owner: str = "root"
    group: str = "root"

    def state(self) -> str:
        """What the host would say of it."""
        return f"{self.mode} {self.owner}:{self.group} {hashlib.sha256(self.content.encode()).hexdigest()}"


@dataclass(frozen=True)
class Folder:
    """A folder of the host as it should be."""

    path: str
    owner: str
    group: str
    mode: str

    def state(self) -> str:
        """What the host would say of it."""
        return f"{self.mode} {self.owner}:{self.group}"


def put(name: str, *texts: Text) -> None:
    """These files have this content, owner and mode; secrets may be among them."""
    texts_placed(name=name, texts=texts, _stdin=pack(texts))


def pack(texts: Sequence[Text]) -> str:
    """An archive of the files as text, for a command's input."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for text in texts:
            member = tarfile.TarInfo(text.path.lstrip("/"))
            content = text.content.encode()
            member.size, member.mode = len(content), int(text.mode, 8)
            member.uname, member.gname = text.owner, text.group
            tar.addfile(member, io.BytesIO(content))
    return base64.b64encode(buffer.getvalue()).decode()


@operation()
def texts_placed(texts: tuple[Text, ...]) -> Generator[str, None, None]:
    """The operation behind `put`; the archive is its input, the command names what to take out of it."""
    states = host.get_fact(PathStates, paths=tuple(text.path for text in texts), _stdin="")
    differing = [text.path for text in texts if states.get(text.path) != text.state()]
    if not differing:
        host.noop("every file is as it should be")
        return
    yield f"{UNPACK} {' '.join(path.lstrip('/') for path in differing)}"


@operation()
def folders_placed(folders: tuple[Folder, ...]) -> Generator[str, None, None]:
    """These folders exist, with this owner and mode."""
    states = host.get_fact(PathStates, paths=tuple(folder.path for folder in folders))
    for folder in folders:
        if states.get(folder.path) != folder.state():
            yield f"install -d -o {folder.owner} -g {folder.group} -m {folder.mode} {folder.path}"
