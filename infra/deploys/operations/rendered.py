"""Text made on the laptop, put on the host as a file of root."""

from io import StringIO

from pyinfra.operations import files


def put_text(name: str, content: str, dest: str, mode: str = "644", group: str = "root") -> None:
    """The file has this content, belongs to root, and is replaced only if it differs."""
    files.put(name=name, src=StringIO(content), dest=dest, user="root", group=group, mode=mode)
