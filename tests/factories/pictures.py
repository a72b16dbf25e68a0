"""Pictures as people have them, and as attackers make them: small, and drawn anew in each test."""

import io
import random
import struct
import zlib

from PIL import Image, ImageCms

GPS = 0x8825
ORIENTATION = 0x0112
SECRET = "TAKEN AT 48.85,2.35"


def noise(width: int, height: int, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """What compresses worst."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(width * height * channels))  # noqa: S311


def halves(width: int, height: int, left: str = "red", right: str = "blue") -> Image.Image:
    """Two colours, so that one sees which side is up."""
    image = Image.new("RGB", (width, height), right)
    image.paste(Image.new("RGB", (width // 2, height), left), (0, 0))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(width: int = 600, height: int = 400, *, orientation: int = 1, kind: str = "JPEG") -> bytes:
    """As a telephone takes it: turned, with the place in its EXIF and a comment."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010E] = SECRET
    exif.get_ifd(GPS)[1] = "N"
    options = {"comment": SECRET.encode()} if kind == "JPEG" else {}
    return encoded(halves(width, height), kind, exif=exif, **options)


def printed() -> bytes:
    """CMYK, as a printer's agency sends it."""
    return encoded(halves(300, 200).convert("CMYK"))


def with_profile() -> bytes:
    """With a colour profile of its own."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encoded(halves(300, 200), icc_profile=profile)


def two_photos() -> bytes:
    """As many telephones save one: the photo and a smaller one beside it (MPO)."""
    file = io.BytesIO()
    halves(600, 400).save(file, "MPO", save_all=True, append_images=[halves(60, 40)])
    return file.getvalue()


def moving(kind: str) -> bytes:
    """An animation of two pictures."""
    file = io.BytesIO()
    noise(40, 30).save(file, kind, save_all=True, append_images=[noise(40, 30, seed=2)], duration=100)
    return file.getvalue()


def claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG whose header says so much, and whose body is small: a decompression bomb."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, content)
        for name, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(body)),
            (b"IEND", b""),
        )
    )


def chunk(name: bytes, content: bytes) -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int = 7000, height: int = 7000) -> bytes:
    """A whole PNG of one colour: 150 kB that become 147 MB of pixels."""
    line = b"\x00" + bytes(width * 3)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            chunk(b"IDAT", body),
            chunk(b"IEND", b""),
        )
    )
