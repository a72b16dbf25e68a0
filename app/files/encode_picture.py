"""A program of its own: makes the sizes of one picture, and says in JSON what it made or why it refuses.

    python -I encode_picture.py SOURCE FOLDER

It decodes what strangers send, so it runs as a child of the worker that has no secret, no connection and no import of
ours, under limits of memory and time that it sets before it loads anything: what goes wrong in a decoder ends it alone.
What it writes holds pixels only: no EXIF (with the place where the photo was taken), no comment, nothing appended.
"""

import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

# What is read band by band, or decodes to a fraction, may have more pixels than what its decoder holds twice.
MOST_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "PNG": 50_000_000, "WEBP": 16_000_000, "AVIF": 16_000_000}
MOST_PIXELS_ELSE = 16_000_000
LONGEST_SIDE = 20_000
MOST_MEMORY_BYTES = 640 << 20  # of addresses; what is really taken is measured (docs/proofs/picture_pipeline.json)
MOST_SECONDS = 60
NICENESS = 10  # the web processes go first

# The longest side of each size, by what follows the picture's name; nothing is made larger than it is.
SIDES = {"": 1600, "-800": 800, "-400": 400}
LARGEST = max(SIDES.values())
FORMATS = {"webp": "WEBP", "avif": "AVIF", "jpg": "JPEG"}
OPTIONS: dict[str, dict[str, int | bool]] = {
    "webp": {"method": 4, "alpha_quality": 70},
    "avif": {"speed": 7, "max_threads": 1},
    "jpg": {"optimize": True, "progressive": True},
}
QUALITIES = {"webp": (80, 68, 55, 40, 25, 10), "avif": (62, 54, 45, 35, 25, 15), "jpg": (82, 72, 60, 45, 30, 15)}
MOST_BYTES = 500_000
SHRINKS = 8  # noise may weigh more at the lowest quality too: then the picture gets smaller
READ = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
BAND = 64  # rows of the result that are made at once
ORIENTATION = 0x0112
WHITE = (255, 255, 255)
# What Pillow raises for content that is not what its header says.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError)

resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
os.nice(NICENESS)

from PIL import Image, ImageCms  # noqa: E402 - not before the limits

Image.MAX_IMAGE_PIXELS = None  # ours is compared below, before anything is decoded
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
KEEPING_SIDES = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)


class Refused(Exception):
    """The picture cannot be shown; the code says why."""


def make_sizes(source: Path, folder: Path) -> dict[str, object]:
    """Every size of `source` in `folder`, and an answer that names each by what follows the picture's name."""
    try:
        picture, (width, height) = read_picture(source)
        return {"width": width, "height": height, "sizes": list(write_sizes(picture, folder))}
    except Refused as refused:
        return {"refusal": str(refused)}
    except MemoryError:
        return {"refusal": "too_heavy"}


def read_picture(source: Path) -> tuple[Image.Image, tuple[int, int]]:
    """The picture as it is looked at (upright, sRGB, perhaps transparent, less than 3200 a side), and its own size."""
    try:
        with Image.open(source, formats=READ) as opened:
            demand_showable(opened)
            size = opened.size
            opened.draft(None, (LARGEST, LARGEST))  # a JPEG decodes to a fraction of its pixels by itself
            opened.load()
            profile, turn = opened.info.get("icc_profile"), TURNS.get(opened.getexif().get(ORIENTATION, 1))
            picture = to_srgb(reduce_in_bands(opened), profile)
    except BROKEN as broken:
        raise Refused("damaged") from broken
    if turn is None:
        return picture, size
    return picture.transpose(turn), size if turn in KEEPING_SIDES else size[::-1]


def demand_showable(opened: Image.Image) -> None:
    """Refuse by the header alone what has too many pixels, and what moves."""
    most = MOST_PIXELS.get(opened.format or "", MOST_PIXELS_ELSE)
    if opened.width * opened.height > most or max(opened.size) > LONGEST_SIDE:
        raise Refused("too_many_pixels")
    # A telephone's photo may hold a second one for its own use (MPO): the first is the photo.
    if opened.format != "MPO" and getattr(opened, "is_animated", False):
        raise Refused("animated")


def reduce_in_bands(opened: Image.Image) -> Image.Image:
    """Less than twice the largest size, in plain colours: what follows never works on all pixels at once."""
    factor = max(1, max(opened.size) // LARGEST)
    width, height = (-(-side // factor) for side in opened.size)
    reduced: Image.Image | None = None
    for top in range(0, height, BAND):
        bottom = min(opened.height, (top + BAND) * factor)
        band = to_plain(opened.crop((0, top * factor, opened.width, bottom))).reduce(factor)
        reduced = reduced or Image.new(band.mode, (width, height))
        reduced.paste(band, (0, top))
    if reduced is None:
        raise Refused("damaged")
    return reduced


def to_plain(band: Image.Image) -> Image.Image:
    """RGB, RGBA, CMYK or grey of 8 bits, whatever the file's own kind of pixels."""
    if band.mode.startswith("I"):
        return band.convert("I").point(lambda value: value / 256).convert("L")
    if band.mode in ("LA", "La", "PA", "RGBa") or "transparency" in band.info:
        return band.convert("RGBA")
    if band.mode in ("RGB", "RGBA", "CMYK", "L"):
        return band
    return band.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as a browser without colour management shows them; a profile that nothing can read counts not."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    if profile and colours.mode in ("RGB", "CMYK"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.profileToProfile(colours, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
            colours = shown or colours
        except (ImageCms.PyCMSError, *BROKEN):
            pass
    colours = colours.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours.putalpha(alpha)
    return colours


def write_sizes(picture: Image.Image, folder: Path) -> Iterator[dict[str, object]]:
    """One file per size and format; sizes that come to the same pixels are encoded once."""
    made: dict[tuple[str, tuple[int, int]], tuple[bytes, tuple[int, int]]] = {}
    for suffix, side in SIDES.items():
        shown = picture.copy()
        shown.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=None)
        for extension in FORMATS:
            key = (extension, shown.size)
            made[key] = content, (width, height) = made.get(key) or encode(shown, extension)
            (folder / f"{suffix}.{extension}").write_bytes(content)
            yield {"suffix": f"{suffix}.{extension}", "width": width, "height": height}


def encode(shown: Image.Image, extension: str) -> tuple[bytes, tuple[int, int]]:
    """The best quality that is light enough; when there is none, a smaller picture at the lowest."""
    if extension == "jpg":
        shown = on_white(shown)
    for quality in QUALITIES[extension]:
        content = encode_at(shown, extension, quality)
        if len(content) <= MOST_BYTES:
            return content, shown.size
    for step in range(1, SHRINKS):
        smaller = shown.resize(tuple(max(1, side * (SHRINKS - step) // SHRINKS) for side in shown.size))
        content = encode_at(smaller, extension, QUALITIES[extension][-1])
        if len(content) <= MOST_BYTES:
            return content, smaller.size
    raise Refused("too_heavy")


def encode_at(shown: Image.Image, extension: str, quality: int) -> bytes:
    """The file's bytes: of an image that holds nothing but its pixels."""
    file = io.BytesIO()
    shown.save(file, FORMATS[extension], quality=quality, **OPTIONS[extension])
    return file.getvalue()


def on_white(shown: Image.Image) -> Image.Image:
    """JPEG knows no transparency."""
    if shown.mode != "RGBA":
        return shown
    ground = Image.new("RGB", shown.size, WHITE)
    ground.paste(shown, mask=shown.getchannel("A"))
    return ground


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make_sizes(Path(sys.argv[1]), Path(sys.argv[2]))))
