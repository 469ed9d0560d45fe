"""How the C library keeps memory that Python has given back."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# glibc takes blocks above this from the system and gives them back when they are freed. By itself it raises the limit
# to the largest block it has seen freed, up to 32 MiB, and from then on such blocks leave holes in a heap that grows.
LARGE_BYTES = 128 << 10
_M_MMAP_THRESHOLD = -3
# By itself glibc also gives each thread a heap of its own, and each keeps what its thread once needed. Under the
# interpreter's lock threads hardly ever allocate at the same moment: one heap is as fast and holds less.
_M_ARENA_MAX = -8


def give_back_large_blocks() -> bool:
    """Hold the limit where it is, and the heap at one; whether the C library knows how.

    For programs that pass many large blocks on; to be called before there are threads.
    """
    return _told(_M_MMAP_THRESHOLD, LARGE_BYTES) and _told(_M_ARENA_MAX, 1)


@contextmanager
def loading() -> Iterator[None]:
    """What is imported in the block stays until the end of the program, and the collector never looks through it.

    Otherwise it does so again and again while that grows: a fifth of what a hub takes to start.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def unload(*names: str) -> None:
    """Let go of modules and packages that were needed once: what is loaded next takes their place.

    Whoever imports one again loads it again. Not for native code, nor for what others still hold.
    """
    for name in list(sys.modules):
        if any(name == one or name.startswith(f"{one}.") for one in names):
            module: object = sys.modules.pop(name)
            package, _, own = name.rpartition(".")
            if module is not None and getattr(sys.modules.get(package), own, None) is module:
                delattr(sys.modules[package], own)
    gc.collect()


def build_models_when_used() -> None:
    """FastAPI alone brings models of all of OpenAPI, which most programs on a robot are never asked for: 2 MiB.

    To be called before models are defined.
    """
    from pydantic import BaseModel, ConfigDict

    BaseModel.model_config = ConfigDict(defer_build=True)


def trim() -> bool:
    """Give the system what loading has left free; whether there was anything, and a C library that knows how."""
    gc.collect()
    malloc_trim = getattr(_libc(), "malloc_trim", None)
    return malloc_trim is not None and malloc_trim(0) == 1


def _told(option: int, value: int) -> bool:
    mallopt = getattr(_libc(), "mallopt", None)
    return mallopt is not None and mallopt(option, value) == 1


def _libc() -> object:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    return ctypes.CDLL(None)
