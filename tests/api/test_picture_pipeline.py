"""What a picture costs the worker: time, memory, bytes before and after. Figures: docs/proofs/picture_pipeline.json."""

import ast
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from PIL import Image

from app.files import decide_kind
from app.files.jobs import ENCODER
from app.files.rules import SUFFIXES
from app.files.schemas import Made
from tests.factories import pictures
from tests.proofs import proof_size, record_proof
from tests.rows import row

MOST_MEMORY_MB = 400  # what is left of 2 GB beside everything else, with room
SIDE = proof_size(350, 7_000)


def encode(content: bytes, folder: Path) -> tuple[Made, float, int]:
    """What the encoder made, in how many seconds, with how many MB at most (the kernel's high-water mark of it)."""
    source, peak = folder / "source", 0
    source.write_bytes(content)
    began, pause = time.monotonic(), threading.Event()
    command = [sys.executable, "-I", str(ENCODER), str(source), str(folder)]
    with subprocess.Popen(command, env={}, stdout=subprocess.PIPE) as child:
        while child.poll() is None and time.monotonic() - began < 200:
            status = Path(f"/proc/{child.pid}/status").read_text()
            peak = max([peak, *(int(kb) for kb in re.findall(r"VmHWM:\s+(\d+)", status))])
            pause.wait(0.01)
        assert child.stdout is not None
        made = Made.model_validate_json(child.stdout.read())
    return made, time.monotonic() - began, peak // 1024


def cases() -> dict[str, bytes]:
    """The worst that is taken of each kind, and what a telephone makes."""
    small = max(2, SIDE * 4 // 7)
    grain = pictures.noise(small, small)
    return {
        "telephone_12_mpx_jpeg": pictures.encoded(grain.resize((small, small * 3 // 4)), quality=88),
        "largest_jpeg": pictures.encoded(grain.resize((SIDE, SIDE)), quality=60, progressive=True),
        "largest_png": pictures.encoded(Image.new("RGBA", (SIDE, SIDE), (200, 30, 30, 128)), "PNG"),
        "largest_webp": pictures.encoded(grain, "WEBP", quality=60, method=0),
        "largest_avif": pictures.encoded(grain, "AVIF", quality=40, speed=10),
        "bomb_png": pictures.bomb(SIDE, SIDE),
    }


@row("S0-073", "S0-165")
def test_the_worst_pictures_stay_within_memory_and_become_light(tmp_path: Path) -> None:
    figures: dict[str, float | int | str] = {"side_pixels": SIDE}
    for name, content in cases().items():
        folder = tmp_path / name
        folder.mkdir()
        made, seconds, megabytes = encode(content, folder)
        assert (made.refusal, len(made.sizes)) == (None, 9), name
        sizes = {suffix: (folder / suffix).stat().st_size for suffix in SUFFIXES}
        assert max(sizes.values()) <= 500_000, name
        assert megabytes <= MOST_MEMORY_MB, name
        figures |= {
            f"{name}_kb_before": len(content) // 1000,
            f"{name}_kb_webp": sizes[".webp"] // 1000,
            f"{name}_kb_avif": sizes[".avif"] // 1000,
            f"{name}_kb_jpg": sizes[".jpg"] // 1000,
            f"{name}_seconds": round(seconds, 2),
            f"{name}_peak_mb": megabytes,
        }
    record_proof("picture_pipeline", figures)


def test_the_encoder_and_the_web_process_take_the_same_pictures() -> None:
    """The encoder imports nothing of ours: what both know is compared here."""
    tree = ast.parse(ENCODER.read_text())
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    most = ast.literal_eval(values["MOST_PIXELS"])
    else_most = ast.literal_eval(values["MOST_PIXELS_ELSE"])
    asked = {"jpeg": most["JPEG"], "png": most["PNG"], "webp": most["WEBP"], "avif": most["AVIF"], "gif": else_most}
    assert asked == decide_kind.MOST_PIXELS
    assert ast.literal_eval(values["LONGEST_SIDE"]) == decide_kind.LONGEST_SIDE
    formats, sides = ast.literal_eval(values["FORMATS"]), ast.literal_eval(values["SIDES"])
    assert {f"{size}.{kind}" for size in sides for kind in formats} == set(SUFFIXES)
