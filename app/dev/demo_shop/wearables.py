"""Drawings of what one wears: glasses, sound, clothes."""

from app.dev.demo_shop.canvas import Canvas, Rgb, darker, lighter, mix

GLASS: Rgb = (190, 214, 226)
INK: Rgb = (35, 37, 43)
PAPER: Rgb = (250, 247, 240)


def round_glasses(canvas: Canvas, colour: Rgb) -> None:
    """Round lenses."""
    canvas.shadow(50, 70, 70)
    _temples(canvas, colour)
    for x in (30, 70):
        canvas.circle(x, 50, 16, GLASS)
        canvas.shape([(x - 11, 52), (x - 1, 38), (x + 3, 38), (x - 8, 56)], lighter(GLASS, 0.55))
        canvas.ring(x, 50, 17, colour, 3)
    canvas.arc((42, 42, 58, 56), (200, 340), colour, 3)
    _light(canvas, colour)


def square_glasses(canvas: Canvas, colour: Rgb) -> None:
    """Square lenses."""
    canvas.shadow(50, 70, 72)
    _temples(canvas, colour)
    for x in (29, 71):
        canvas.block(x - 17, 37, x + 17, 63, GLASS, 7)
        canvas.shape([(x - 11, 56), (x - 2, 40), (x + 3, 40), (x - 6, 60)], lighter(GLASS, 0.55))
        canvas.frame(x - 18, 36, x + 18, 64, colour, radius=8, width=3.4)
    canvas.line([(46, 45), (54, 45)], colour, 3.4)
    _light(canvas, colour)


def sun_glasses(canvas: Canvas, colour: Rgb) -> None:
    """Dark lenses, fading towards the bottom."""
    canvas.shadow(50, 70, 72)
    _temples(canvas, colour)
    for x in (29, 71):
        for step in range(26):
            share = step / 26
            inset = 22 * max(0.0, abs(share - 0.5) - 0.25) ** 2 * 4
            canvas.block(x - 17 + inset, 37 + step, x + 17 - inset, 38.2 + step, mix(INK, GLASS, share * 0.75))
        canvas.frame(x - 18, 36, x + 18, 64, colour, radius=9, width=3)
    canvas.line([(46, 43), (54, 43)], colour, 3)
    canvas.line([(46, 48), (54, 48)], colour, 2)
    _light(canvas, colour)


def sport_glasses(canvas: Canvas, colour: Rgb) -> None:
    """One lens across, open below."""
    canvas.shadow(50, 70, 74)
    _temples(canvas, colour)
    lens = mix(colour, GLASS, 0.45)
    canvas.shape([(11, 40), (89, 40), (87, 58), (72, 64), (57, 60), (50, 52), (43, 60), (28, 64), (13, 58)], lens)
    canvas.shape([(18, 44), (36, 44), (26, 60), (20, 58)], lighter(lens, 0.45))
    canvas.line([(11, 39), (89, 39)], colour, 4)
    _light(canvas, colour)


def reading_glasses(canvas: Canvas, colour: Rgb) -> None:
    """Half lenses in a thin frame."""
    canvas.shadow(50, 70, 66)
    _temples(canvas, colour)
    for x in (31, 69):
        canvas.chord((x - 15, 32, x + 15, 64), (0, 180), GLASS)
        canvas.arc((x - 15, 32, x + 15, 64), (0, 180), colour, 2)
        canvas.line([(x - 15, 48), (x + 15, 48)], colour, 2.4)
    canvas.arc((44, 44, 56, 54), (190, 350), colour, 2.2)
    _light(canvas, colour)


def _temples(canvas: Canvas, colour: Rgb) -> None:
    shade = darker(colour, 0.3)
    canvas.line([(14, 43), (5, 37), (3, 44)], shade, 2.6)
    canvas.line([(86, 43), (95, 37), (97, 44)], shade, 2.6)


def _light(canvas: Canvas, colour: Rgb) -> None:
    """The small light that tells connected glasses from others."""
    canvas.circle(87, 42, 1.5, darker(colour, 0.6))
    canvas.circle(87, 42, 0.9, (96, 214, 160))


def headset(canvas: Canvas, colour: Rgb) -> None:
    """A bone conduction headset."""
    canvas.shadow(50, 82, 50)
    canvas.arc((22, 18, 78, 86), (180, 360), darker(colour, 0.2), 4)
    for x, side in ((22, -1), (78, 1)):
        canvas.line([(x + side, 52), (x - side * 2, 64), (x - side * 8, 70)], colour, 5)
        canvas.block(x - 7 - side * 6, 64, x + 7 - side * 6, 80, colour, 6)
        canvas.block(x - 4 - side * 6, 68, x + 4 - side * 6, 76, lighter(colour, 0.25), 4)


def shield(canvas: Canvas, colour: Rgb) -> None:
    """The open-ear sound module that clips to a temple."""
    canvas.shadow(50, 80, 46)
    points = [(50.0, 18.0), (76.0, 27.0), (74.0, 56.0), (50.0, 80.0), (26.0, 56.0), (24.0, 27.0)]
    canvas.shape(points, darker(colour, 0.2))
    canvas.shape([(50 + (x - 50) * 0.88, 48 + (y - 48) * 0.88) for x, y in points], colour)
    for number, height in enumerate((7, 15, 24, 13, 19, 9)):
        x = 35 + number * 6
        canvas.line([(x, 47 - height / 2), (x, 47 + height / 2)], PAPER, 2.4)


def speaker(canvas: Canvas, colour: Rgb) -> None:
    """A pebble that sings."""
    canvas.shadow(50, 78, 64, 6)
    canvas.ellipse(19, 34, 81, 80, darker(colour, 0.2))
    canvas.ellipse(19, 30, 81, 74, colour)
    for row in range(5):
        for column in range(11 - abs(row - 2) * 2):
            x = 50 + (column - (10 - abs(row - 2) * 2) / 2) * 4.4
            canvas.circle(x, 43 + row * 4.4, 1.1, darker(colour, 0.35))
    canvas.ellipse(27, 33, 45, 38, lighter(colour, 0.25))


def microphone(canvas: Canvas, colour: Rgb) -> None:
    """A clip microphone and its cable."""
    canvas.shadow(52, 82, 40)
    canvas.arc((34, 50, 74, 92), (300, 480), INK, 1.8)
    canvas.block(40, 22, 58, 58, colour, 8)
    canvas.block(40, 22, 58, 40, darker(colour, 0.4), 8)
    for step in range(4):
        canvas.line([(43, 27 + step * 3.4), (55, 27 + step * 3.4)], lighter(colour, 0.2), 0.8)
    canvas.block(45, 55, 53, 72, darker(colour, 0.15), 2)
    canvas.circle(49, 48, 2, (220, 90, 80))


def t_shirt(canvas: Canvas, colour: Rgb) -> None:
    """A T-shirt with glasses on it."""
    canvas.shadow(50, 86, 50)
    outline = [(36, 20), (64, 20), (88, 34), (80, 48), (70, 43), (70, 84), (30, 84), (30, 43), (20, 48), (12, 34)]
    canvas.shape(outline, colour)
    canvas.ellipse(40, 13, 60, 27, canvas.background)
    canvas.arc((39, 12, 61, 28), (0, 180), darker(colour, 0.2), 1.6)
    print_colour = PAPER if sum(colour) < 380 else INK
    for x in (43, 57):
        canvas.ring(x, 52, 5.5, print_colour, 1.4)
    canvas.line([(48.5, 51), (51.5, 51)], print_colour, 1.4)


def beanie(canvas: Canvas, colour: Rgb) -> None:
    """A knitted cap."""
    canvas.shadow(50, 80, 60)
    canvas.circle(50, 22, 7, lighter(colour, 0.35))
    canvas.chord((24, 24, 76, 100), (180, 360), colour)
    canvas.block(24, 58, 76, 66, colour)
    for step in range(7):
        x = 29 + step * 7
        canvas.line([(x, 58), (50 + (x - 50) * 0.55, 32)], darker(colour, 0.12), 1.2)
    canvas.block(21, 60, 79, 77, darker(colour, 0.18), 6)
    for step in range(12):
        canvas.line([(26 + step * 4.4, 63), (26 + step * 4.4, 74)], darker(colour, 0.3), 1)
    canvas.block(44, 65, 56, 72, PAPER, 1.5)


def cord(canvas: Canvas, colour: Rgb) -> None:
    """A cord that holds glasses around the neck."""
    canvas.shadow(50, 84, 44)
    canvas.arc((22, 14, 78, 84), (0, 360), darker(colour, 0.25), 3.4)
    canvas.arc((22, 13, 78, 83), (0, 360), colour, 2.6)
    for x in (44, 56):
        canvas.block(x - 3, 78, x + 3, 88, INK, 2.5)
        canvas.ring(x, 90, 2.4, INK, 1)
    canvas.circle(50, 78, 2.6, (201, 162, 75))
