"""The web process holds no memory that it needs no more."""

import subprocess
import sys

import pytest

# Four threads check a password each, one after the other has ended its own: nothing of it is needed afterwards.
CHECK = """
import sys, threading
from pathlib import Path
from app.core.auth import hash_password
from app.core.memory import give_back_large_blocks

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def work():
    hash_password("un mot de passe assez long")
    hash_password("un mot de passe assez long")
    done.release()
    end.wait()

if sys.argv[1] == "as-served":
    give_back_large_blocks()
before, done, end = resident_mb(), threading.Semaphore(0), threading.Event()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for _ in threads:
    done.acquire()
print(resident_mb() - before)
end.set()
"""


def held_mb(how: str) -> float:
    """What a process holds after four threads have checked passwords."""
    done = subprocess.run([sys.executable, "-c", CHECK, how], capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, and is about glibc")
def test_a_checked_password_leaves_no_memory_behind() -> None:
    assert held_mb("as-served") < 15
    # The control: as glibc does it by itself, each thread keeps Argon2's 19 MB.
    assert held_mb("by-itself") > 30
