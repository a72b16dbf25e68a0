"""A square to draw on, a hundred units wide, in flat colours: what the pictures of the demo shop are made with."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFilter

SIDE = 800
OVERSAMPLING = 2  # drawn larger, then reduced: smooth edges
UNIT = SIDE * OVERSAMPLING / 100
QUALITY = 84

Rgb = tuple[int, int, int]
Point = tuple[float, float]


def rgb(hexadecimal: str) -> Rgb:
    """`#c9a24b` as three numbers."""
    value = int(hexadecimal.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """A colour between two; `share` is how much of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(colour: Rgb, share: float = 0.3) -> Rgb:
    """The colour in the light."""
    return mix(colour, (255, 255, 255), share)


def darker(colour: Rgb, share: float = 0.25) -> Rgb:
    """The colour in the shade."""
    return mix(colour, (18, 20, 30), share)


@dataclass
class Canvas:
    """One picture being drawn; coordinates go from 0 to 100, downwards."""

    background: Rgb
    image: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        side = SIDE * OVERSAMPLING
        self.image = Image.new("RGB", (side, side), self.background)
        self.circle(50, 50, 41, lighter(self.background, 0.35))

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """Pillow's pen on this picture."""
        return ImageDraw.Draw(self.image)

    def shadow(self, x: float, y: float, width: float, height: float = 4) -> None:
        """A soft shadow on the ground, below an object."""
        # Drawn and blurred on a small copy: the same softness for a fraction of the time.
        small = Image.new("L", (SIDE // 4, SIDE // 4), 0)
        corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        ImageDraw.Draw(small).ellipse([value * SIDE / 400 for value in corners], fill=70)
        mask = small.filter(ImageFilter.GaussianBlur(SIDE / 200)).resize(self.image.size, Image.Resampling.BILINEAR)
        self.image.paste(darker(self.background, 0.9), mask=mask)

    def circle(self, x: float, y: float, radius: float, colour: Rgb) -> None:
        """A filled circle."""
        self.draw.ellipse(_box(x - radius, y - radius, x + radius, y + radius), fill=colour)

    def ring(self, x: float, y: float, radius: float, colour: Rgb, width: float) -> None:
        """A circle's outline."""
        self.draw.ellipse(_box(x - radius, y - radius, x + radius, y + radius), outline=colour, width=_size(width))

    def ellipse(self, left: float, top: float, right: float, bottom: float, colour: Rgb) -> None:
        """A filled ellipse."""
        self.draw.ellipse(_box(left, top, right, bottom), fill=colour)

    def block(self, left: float, top: float, right: float, bottom: float, colour: Rgb, radius: float = 0) -> None:
        """A filled rectangle with round corners."""
        self.draw.rounded_rectangle(_box(left, top, right, bottom), radius=_size(radius), fill=colour)

    def frame(
        self, left: float, top: float, right: float, bottom: float, colour: Rgb, *, radius: float, width: float
    ) -> None:
        """A rectangle's outline with round corners."""
        box = _box(left, top, right, bottom)
        self.draw.rounded_rectangle(box, radius=_size(radius), outline=colour, width=_size(width))

    def shape(self, points: Sequence[Point], colour: Rgb) -> None:
        """A filled polygon."""
        self.draw.polygon([(x * UNIT, y * UNIT) for x, y in points], fill=colour)

    def line(self, points: Sequence[Point], colour: Rgb, width: float) -> None:
        """A line with round joints and ends."""
        self.draw.line([(x * UNIT, y * UNIT) for x, y in points], fill=colour, width=_size(width), joint="curve")
        for x, y in (points[0], points[-1]):
            self.circle(x, y, width / 2, colour)

    def arc(
        self, box: tuple[float, float, float, float], angles: tuple[float, float], colour: Rgb, width: float
    ) -> None:
        """A part of an ellipse's outline, angles in degrees from three o'clock, clockwise."""
        self.draw.arc(_box(*box), angles[0], angles[1], fill=colour, width=_size(width))

    def chord(self, box: tuple[float, float, float, float], angles: tuple[float, float], colour: Rgb) -> None:
        """A part of a filled ellipse, cut straight."""
        self.draw.chord(_box(*box), angles[0], angles[1], fill=colour)

    def webp(self) -> bytes:
        """The finished picture."""
        buffer = io.BytesIO()
        self.image.reduce(OVERSAMPLING).save(buffer, "WEBP", quality=QUALITY, method=2)
        return buffer.getvalue()


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left * UNIT, top * UNIT, right * UNIT, bottom * UNIT


def _size(units: float) -> int:
    return max(1, round(units * UNIT))
