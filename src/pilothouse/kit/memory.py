"""How the C library keeps memory that Python has given back."""

from __future__ import annotations

import sys

# glibc takes blocks above this from the system and gives them back when they are freed. By itself it raises the limit
# to the largest block it has seen freed, up to 32 MiB, and from then on such blocks leave holes in a heap that grows.
LARGE_BYTES = 128 << 10
_M_MMAP_THRESHOLD = -3


def give_back_large_blocks() -> bool:
    """Hold the limit where it is; whether the C library knows how. For programs that pass many large blocks on."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES) == 1
