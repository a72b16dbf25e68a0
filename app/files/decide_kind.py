"""What a file is, by its first bytes: asked in the web process, which has no library of pictures.

Pure: bytes in, decision or refusal out. The worker decodes all of it afterwards and refuses what only that shows.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.files.errors import FileTooLarge, NotAPicture, UnusablePicture, WrongExtension

MOST_UPLOAD_BYTES = 10 * 1024 * 1024
# As the program that encodes has them (a test compares).
MOST_PIXELS = {"jpeg": 50_000_000, "png": 50_000_000, "webp": 16_000_000, "avif": 16_000_000, "gif": 16_000_000}
LONGEST_SIDE = 20_000
EXTENSIONS = {
    "jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "png": ("png",),
    "webp": ("webp",),
    "avif": ("avif",),
    "gif": ("gif",),
}
TYPES = {
    "jpeg": ("image/jpeg", "image/jpg", "image/pjpeg"),
    "png": ("image/png", "image/x-png"),
    "webp": ("image/webp",),
    "avif": ("image/avif",),
    "gif": ("image/gif",),
}
# `text/plain` is what the official SDK says of every content that is no `File` object.
UNSAID = ("", "application/octet-stream", "binary/octet-stream", "text/plain")
# Start of frame: where a JPEG says its size. C4, C8 and CC are other things.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
HEIF_SEARCHED = 64 * 1024


@dataclass(frozen=True)
class Kind:
    """What kind of picture it is, and how large by its own word (0: its header does not say so plainly)."""

    name: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        """Its media type."""
        return TYPES[self.name][0]


def decide_kind(content: bytes) -> Kind:
    """A picture is what begins like one and says a bearable size (issue 5 §3, S0-084); its name counts for nothing.

    Raises `FileTooLarge`, `NotAPicture`, `UnusablePicture`.
    """
    if len(content) > MOST_UPLOAD_BYTES:
        raise FileTooLarge
    try:
        kind = _kind_of(content)
    except (struct.error, IndexError) as cut:
        raise UnusablePicture("The picture is cut off or damaged. Export it again, then send it.") from cut
    if kind is None:
        raise NotAPicture
    if kind.width * kind.height > MOST_PIXELS[kind.name] or max(kind.width, kind.height) > LONGEST_SIDE:
        most = MOST_PIXELS[kind.name] // 1_000_000
        raise UnusablePicture(f"The picture has too many pixels: {most} million at most for {kind.name.upper()}.")
    return kind


def check_announced(kind: Kind, name: str, content_type: str) -> None:
    """Name and announced type must not say another thing than the content (issue 5 §3: wrong extensions).

    An unknown type is no lie: some clients send none. Raises `WrongExtension`.
    """
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    announced = content_type.partition(";")[0].strip().lower()
    if extension and extension not in EXTENSIONS[kind.name]:
        right = EXTENSIONS[kind.name][0]
        raise WrongExtension(
            f"The content is {kind.name.upper()} and the name says otherwise. Rename it to end in .{right}."
        )
    if announced not in (*UNSAID, *TYPES[kind.name]):
        raise WrongExtension(f"The content is {kind.name.upper()} and is announced as something else.")


def _kind_of(content: bytes) -> Kind | None:
    if content.startswith(b"\xff\xd8\xff"):
        return Kind("jpeg", *_jpeg_size(content))
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content.startswith((b"GIF87a", b"GIF89a")):
        return Kind("gif", *struct.unpack_from("<HH", content, 6))
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _webp(content)
    if content[4:8] == b"ftyp":
        return _avif(content)
    return None


def _jpeg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while True:
        while content[place] == 0xFF and content[place + 1] == 0xFF:
            place += 1
        if content[place] != 0xFF:
            raise IndexError  # no marker where one must be
        marker = content[place + 1]
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        if marker in BARE_MARKERS:
            place += 2
            continue
        (length,) = struct.unpack_from(">H", content, place + 2)
        place += 2 + max(2, length)


def _png(content: bytes) -> Kind:
    if content[12:16] != b"IHDR":
        raise IndexError
    for name in _png_chunks(content):
        if name == b"acTL":
            raise UnusablePicture("The picture moves. Send one still picture.")
        if name == b"IDAT":
            break
    return Kind("png", *struct.unpack_from(">II", content, 16))


def _png_chunks(content: bytes) -> Iterator[bytes]:
    place = 8
    while place + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        yield content[place + 4 : place + 8]
        place += 12 + length


def _webp(content: bytes) -> Kind:
    first = content[12:16]
    if first == b"VP8X":
        if content[20] & 0b10:
            raise UnusablePicture("The picture moves. Send one still picture.")
        width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
        return Kind("webp", width, height)
    if first == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return Kind("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", content, 26)
    return Kind("webp", width & 0x3FFF, height & 0x3FFF)


def _avif(content: bytes) -> Kind | None:
    (length,) = struct.unpack_from(">I", content, 0)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, min(length, 256), 4))}
    if content[8:12] == b"avis":
        raise UnusablePicture("The picture moves. Send one still picture.")
    if b"avif" not in brands:
        if brands & {b"heic", b"heix", b"hevc", b"mif1"}:
            raise NotAPicture("HEIC pictures of telephones are not taken. Export it as JPEG, then send it.")
        return None
    found = content.find(b"ispe", 0, HEIF_SEARCHED)
    width, height = struct.unpack_from(">II", content, found + 8) if found > 0 else (0, 0)
    return Kind("avif", width, height)
