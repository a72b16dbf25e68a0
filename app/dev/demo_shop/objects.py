"""Drawings of what one holds, charges, reads or drinks from."""

from app.dev.demo_shop.canvas import Canvas, Rgb, darker, lighter, mix

INK: Rgb = (35, 37, 43)
PAPER: Rgb = (250, 247, 240)
BRASS: Rgb = (201, 162, 75)
WOOD: Rgb = (196, 148, 98)


def hard_case(canvas: Canvas, colour: Rgb) -> None:
    """A glasses case with a flap and a button."""
    canvas.shadow(50, 74, 78, 6)
    canvas.block(11, 36, 89, 72, darker(colour, 0.2), 16)
    canvas.block(11, 32, 89, 60, colour, 14)
    canvas.line([(20, 36.5), (80, 36.5)], lighter(colour, 0.25), 0.7)
    canvas.block(43, 52, 57, 66, darker(colour, 0.35), 5)
    canvas.circle(50, 60, 2.4, BRASS)


def soft_pouch(canvas: Canvas, colour: Rgb) -> None:
    """A felt pouch with a drawstring."""
    canvas.shadow(50, 84, 50, 6)
    canvas.shape([(30, 32), (70, 32), (78, 82), (22, 82)], colour)
    canvas.ellipse(22, 76, 78, 87, colour)
    canvas.ellipse(29, 26, 71, 38, darker(colour, 0.25))
    canvas.ellipse(32, 27.5, 68, 34, darker(colour, 0.5))
    canvas.line([(30, 42), (70, 42)], BRASS, 1.6)
    canvas.line([(70, 42), (78, 52), (76, 60)], BRASS, 1.6)
    canvas.line([(70, 42), (82, 48), (84, 56)], BRASS, 1.6)


def cloths(canvas: Canvas, colour: Rgb) -> None:
    """Three folded cloths."""
    canvas.shadow(50, 80, 66, 6)
    for number, share in enumerate((0.0, 0.3, 0.55)):
        y = 62 - number * 14
        shade = lighter(colour, share)
        canvas.block(22 + number, y, 78 - number, y + 15, darker(shade, 0.15), 6)
        canvas.block(22 + number, y, 78 - number, y + 11, shade, 6)
    canvas.line([(30, 39), (58, 39)], PAPER, 0.8)


def spray(canvas: Canvas, colour: Rgb) -> None:
    """A spray bottle for lenses."""
    canvas.shadow(50, 86, 36)
    canvas.block(36, 42, 64, 85, mix(colour, PAPER, 0.25), 7)
    canvas.block(36, 58, 64, 85, colour, 7)
    canvas.block(36, 54, 64, 64, colour)
    canvas.block(44, 28, 56, 43, PAPER, 2)
    canvas.block(40, 16, 60, 30, INK, 4)
    canvas.block(30, 19, 42, 24, INK, 2)
    for x, y in ((24, 17), (21, 22), (24, 27), (17, 18), (16, 25)):
        canvas.circle(x, y, 1, colour)
    canvas.block(41, 62, 59, 76, PAPER, 2)


def nose_pads(canvas: Canvas, colour: Rgb) -> None:
    """Two pairs of silicone pads."""
    for top in (28, 54):
        for x, lean in ((36, 4), (64, -4)):
            canvas.shadow(x, top + 23, 18)
            canvas.ellipse(x - 9 + lean, top, x + 9 + lean, top + 22, mix(colour, PAPER, 0.35))
            canvas.ellipse(x - 6 + lean, top + 3, x + 3 + lean, top + 15, lighter(colour, 0.65))
            canvas.circle(x + lean, top + 12, 1.6, darker(colour, 0.2))


def charger(canvas: Canvas, colour: Rgb) -> None:
    """A wall charger with two sockets."""
    canvas.shadow(50, 82, 46)
    canvas.block(38, 16, 43, 30, (150, 154, 160), 1)
    canvas.block(57, 16, 62, 30, (150, 154, 160), 1)
    canvas.block(27, 27, 73, 80, darker(colour, 0.12), 9)
    canvas.block(27, 27, 69, 80, colour, 9)
    for y in (46, 60):
        canvas.block(39, y, 57, y + 6, INK, 3)
    canvas.circle(48, 38, 1.3, (96, 214, 160))


def cable(canvas: Canvas, colour: Rgb) -> None:
    """A coiled magnetic cable."""
    canvas.shadow(50, 82, 52)
    for radius in (28, 23.5, 19):
        canvas.ring(50, 48, radius, colour, 2.6)
    canvas.block(43, 18, 57, 30, darker(colour, 0.3), 2)
    canvas.line([(69, 68), (80, 80)], colour, 2.6)
    canvas.block(74, 76, 90, 86, INK, 3)
    canvas.circle(79, 81, 1.4, BRASS)
    canvas.circle(85, 81, 1.4, BRASS)


def battery(canvas: Canvas, colour: Rgb) -> None:
    """A power bank with its gauge."""
    canvas.shadow(50, 86, 44)
    canvas.block(32, 16, 70, 84, darker(colour, 0.2), 8)
    canvas.block(30, 16, 67, 84, colour, 8)
    for number in range(4):
        lit = (96, 214, 160) if number < 3 else darker(colour, 0.35)
        canvas.circle(39 + number * 6.4, 72, 1.7, lit)
    canvas.shape([(50, 30), (40, 50), (47.5, 50), (45, 63), (57, 43), (49.5, 43)], lighter(colour, 0.6))


def dock(canvas: Canvas, colour: Rgb) -> None:
    """A wooden dock with glasses resting on it."""
    canvas.shadow(50, 80, 74, 6)
    for x in (33, 67):
        canvas.ring(x, 46, 13, colour, 2.6)
    canvas.arc((43, 40, 57, 52), (200, 340), colour, 2.6)
    canvas.block(16, 60, 84, 79, darker(WOOD, 0.2), 6)
    canvas.block(16, 58, 84, 72, WOOD, 6)
    for y in (61.5, 65, 68.5):
        canvas.line([(22, y), (78, y)], darker(WOOD, 0.08), 0.6)
    canvas.circle(50, 75.5, 1.2, (96, 214, 160))


def travel_plug(canvas: Canvas, colour: Rgb) -> None:
    """A travel adapter."""
    canvas.shadow(50, 82, 50)
    canvas.block(26, 26, 74, 80, colour, 12)
    canvas.circle(50, 53, 18, lighter(colour, 0.35))
    canvas.ring(50, 53, 18, darker(colour, 0.2), 1.2)
    for x, y in ((43, 53), (57, 53)):
        canvas.circle(x, y, 2.6, INK)
    canvas.circle(50, 43, 1.8, BRASS)
    canvas.line([(34, 31), (66, 31)], darker(colour, 0.2), 1)


def mug(canvas: Canvas, colour: Rgb) -> None:
    """An enamel mug."""
    canvas.shadow(48, 82, 56)
    canvas.arc((58, 40, 84, 70), (270, 450), darker(colour, 0.15), 4.6)
    canvas.block(24, 34, 68, 80, colour, 7)
    canvas.block(24, 34, 68, 44, colour)
    canvas.ellipse(24, 29, 68, 40, lighter(colour, 0.35))
    canvas.ellipse(27, 31, 65, 39, (92, 62, 46))
    canvas.line([(30, 46), (30, 72)], lighter(colour, 0.4), 1.6)
    for x in (41, 53):
        canvas.ring(x, 60, 5, PAPER if sum(colour) < 480 else INK, 1.3)


def bottle(canvas: Canvas, colour: Rgb) -> None:
    """An insulated bottle."""
    canvas.shadow(50, 88, 32)
    canvas.block(42, 12, 58, 22, INK, 3)
    canvas.block(37, 21, 63, 36, darker(colour, 0.12), 8)
    canvas.block(35, 28, 65, 87, colour, 8)
    canvas.line([(40, 38), (40, 78)], lighter(colour, 0.35), 1.8)
    canvas.block(35, 62, 65, 66, darker(colour, 0.2))


def desk_mat(canvas: Canvas, colour: Rgb) -> None:
    """A felt mat, seen at an angle, half rolled."""
    canvas.shadow(52, 74, 84, 6)
    canvas.shape([(22, 36), (92, 36), (86, 72), (10, 72)], colour)
    canvas.shape([(22, 36), (92, 36), (91.4, 39), (21.4, 39)], lighter(colour, 0.2))
    canvas.line([(20, 41), (12, 70)], darker(colour, 0.25), 0.7)
    canvas.block(8, 64, 88, 76, darker(colour, 0.25), 6)
    canvas.circle(88, 70, 6, darker(colour, 0.4))
    canvas.ring(88, 70, 3.4, colour, 1.2)


def poster(canvas: Canvas, colour: Rgb) -> None:
    """A print: sun, hills, and two circles that look back."""
    canvas.shadow(50, 88, 56)
    canvas.block(22, 10, 78, 86, INK)
    canvas.block(24, 12, 76, 84, PAPER)
    canvas.block(28, 16, 72, 80, mix(colour, PAPER, 0.55))
    canvas.circle(50, 38, 11, mix(colour, (240, 190, 90), 0.6))
    canvas.shape([(28, 64), (44, 48), (58, 62), (66, 54), (72, 60), (72, 80), (28, 80)], colour)
    canvas.shape([(28, 72), (50, 60), (72, 74), (72, 80), (28, 80)], darker(colour, 0.35))
    for x in (43, 57):
        canvas.ring(x, 38, 6.5, INK, 1.3)
    canvas.line([(49.4, 37), (50.6, 37)], INK, 1.3)


def tote_bag(canvas: Canvas, colour: Rgb) -> None:
    """A cotton bag."""
    canvas.shadow(50, 88, 56)
    canvas.arc((36, 10, 64, 62), (180, 360), darker(colour, 0.2), 3)
    canvas.shape([(24, 34), (76, 34), (80, 86), (20, 86)], colour)
    canvas.line([(25, 38), (75, 38)], darker(colour, 0.12), 0.8)
    ink = PAPER if sum(colour) < 380 else INK
    for x in (42, 58):
        canvas.ring(x, 60, 6.4, ink, 1.7)
    canvas.line([(48.6, 59), (51.4, 59)], ink, 1.7)


def book(canvas: Canvas, colour: Rgb) -> None:
    """A book with an eye on its cover."""
    canvas.shadow(52, 88, 52)
    canvas.block(28, 15, 78, 86, darker(colour, 0.35), 2)
    canvas.block(30, 14, 76, 83, PAPER, 1)
    canvas.block(26, 12, 74, 83, colour, 2)
    canvas.block(26, 12, 32, 83, darker(colour, 0.2), 2)
    cover = lighter(colour, 0.75)
    canvas.shape([(37, 42), (45, 35), (53, 33), (61, 35), (69, 42), (61, 49), (53, 51), (45, 49)], cover)
    canvas.circle(53, 42, 6.6, darker(colour, 0.3))
    canvas.circle(55, 40, 1.8, PAPER)
    for number, width in enumerate((22, 14)):
        canvas.line([(53 - width / 2, 64 + number * 5), (53 + width / 2, 64 + number * 5)], cover, 1.8)
