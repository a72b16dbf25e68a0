"""What the C library does with memory that is needed no more."""

import ctypes

M_MMAP_THRESHOLD = -3  # malloc.h
LARGE_BYTES = 1 << 20


def give_back_large_blocks() -> None:
    """Ask glibc to return blocks of a megabyte and more to the system when they are freed.

    Else it raises that limit to the largest block it has seen: each thread that once checked a password would hold
    Argon2's 19 MB for good. Another C library is left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
