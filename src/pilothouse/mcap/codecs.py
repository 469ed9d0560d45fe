"""Compression of chunks, with a bound on what comes out of them."""

from __future__ import annotations

import threading
import zlib

import zstandard

from pilothouse.mcap.model import Binary, Compression
from pilothouse.mcap.problems import Broken

# The fastest level: at higher ones the sealing thread of a small robot cannot keep up with two cameras.
ZSTD_LEVEL = 1
# A chunk that shrinks by less than this (JPEG, H.264) is stored as it is: readers then get it without decompressing.
WORTHWHILE = 0.95
CHUNK_LIMIT_BYTES = 1 << 30
# A chunk of large messages is tasted first, at its beginning, its middle and its end: pictures are not packed in vain.
TASTED_BYTES, TASTES = 32 << 10, 3
# The rest may be packed less well than what was tasted.
SURPRISE = 1.5
# What is stored as it is needs no copy. A smaller one has a copy, for its buffer may have room to spare that it keeps.
COPIED_BELOW_BYTES = 128 << 10

crc32 = zlib.crc32


class _Contexts(threading.local):
    # Contexts of libzstd are reused within a thread and must not be shared between threads.
    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def compress(raw: bytearray, compression: Compression) -> tuple[str, Binary]:
    """MCAP's name of the compression used, and the bytes; falls back to none where compression gains nothing.

    These may be ``raw`` itself: nobody may change it any more.
    """
    if compression == "zstd":
        packed = _contexts.compressor.compress(raw)
    elif compression == "lz4":
        import lz4.frame

        packed = lz4.frame.compress(raw)
    else:
        return "", _kept(raw)
    if len(packed) > len(raw) * WORTHWHILE:
        return "", _kept(raw)
    # It was made in a place as large as the chunk: what is left of that would be a hole too small for the next one.
    return compression, bytes(memoryview(packed))


def taste(raw: bytearray, compression: Compression) -> tuple[Compression, int]:
    """How to compress a chunk of large messages, and how many bytes that takes for a moment beside it, about."""
    size = len(raw)
    if compression == "none" or size < 2 * TASTES * TASTED_BYTES:
        return compression, 0 if compression == "none" else size
    places = (round(part * (size - TASTED_BYTES) / (TASTES - 1)) for part in range(TASTES))
    tasted = b"".join(raw[at : at + TASTED_BYTES] for at in places)
    part = len(_contexts.compressor.compress(tasted)) / len(tasted)
    return ("none", 0) if part > WORTHWHILE else (compression, min(size, round(size * part * SURPRISE)))


def _kept(raw: bytearray) -> Binary:
    return raw if len(raw) >= COPIED_BELOW_BYTES else bytes(raw)


def decompress(compression: str, body: Binary, size: int, *, limit: int = CHUNK_LIMIT_BYTES) -> Binary:
    """The content of a chunk that says it has ``size`` bytes; never makes more than ``limit``."""
    if size > limit:
        raise Broken(f"a chunk claims {size} bytes uncompressed, more than the limit of {limit}")
    if compression == "":
        raw: Binary = body
    elif size == 0:
        return b""
    elif compression == "zstd":
        raw = _unzstd(body, size)
    elif compression == "lz4":
        raw = _unlz4(body, size)
    else:
        raise Broken(f"a chunk is compressed with {compression[:20]!r}, which is not zstd or lz4")
    if len(raw) != size:
        raise Broken(f"a chunk has {len(raw)} bytes where it says {size}")
    return raw


def _unzstd(body: Binary, size: int) -> bytes:
    try:
        # A frame that names a size is given that much memory before a byte is read: check it first.
        if zstandard.frame_content_size(body) > size:
            raise Broken("a zstd frame is larger than its chunk says")
        return _contexts.decompressor.decompress(body, max_output_size=size)
    except zstandard.ZstdError as error:
        raise Broken(f"a zstd chunk does not decompress ({error})") from None


def _unlz4(body: Binary, size: int) -> bytes:
    import lz4.frame

    try:
        # The library takes memory for all of max_length at once; lz4 cannot make more than 255 bytes of one.
        most = min(size + 1, len(body) * 255 + 1024)
        unpacked: bytes = lz4.frame.LZ4FrameDecompressor().decompress(body, max_length=most)
    except (RuntimeError, EOFError) as error:
        raise Broken(f"an lz4 chunk does not decompress ({error})") from None
    return unpacked
