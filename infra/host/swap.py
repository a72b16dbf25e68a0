"""A swap file of the given size in MB: `check 1024` says whether it is missing, `ensure 1024` makes it."""

import subprocess
import sys
from pathlib import Path

SWAP = Path("/swapfile")
FSTAB = Path("/etc/fstab")
LINE = f"{SWAP} none swap sw 0 0\n"


def is_active() -> bool:
    """True if the kernel uses any swap: a provider's own partition will do."""
    return len(Path("/proc/swaps").read_text().splitlines()) > 1


def ensure(size_mb: int) -> None:
    """Make the file, use it, and use it again after a reboot."""
    subprocess.run(["fallocate", "-l", f"{size_mb}M", str(SWAP)], check=True)
    SWAP.chmod(0o600)
    subprocess.run(["mkswap", "-q", str(SWAP)], check=True)
    subprocess.run(["swapon", str(SWAP)], check=True)
    if LINE not in FSTAB.read_text():
        with FSTAB.open("a") as stream:
            stream.write(LINE)


def main(arguments: list[str]) -> None:
    """`check SIZE` or `ensure SIZE`."""
    if len(arguments) != 2 or arguments[0] not in ("check", "ensure"):
        sys.exit("usage: swap.py check|ensure MEGABYTES")
    if is_active():
        return
    sys.stdout.write("swap is not active\n")
    if arguments[0] == "ensure":
        ensure(int(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
