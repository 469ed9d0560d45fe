"""Looking at texts that may be large."""

from __future__ import annotations

from codecs import getincrementaldecoder

# At once a text may take four times its bytes.
STEP_BYTES = 64 << 10

_Decoder = getincrementaldecoder("utf-8")


def is_utf8(content: bytes | bytearray) -> bool:
    """Whether bytes are text, looked at piece by piece."""
    decoder = _Decoder()
    try:
        for begin in range(0, len(content), STEP_BYTES):
            decoder.decode(content[begin : begin + STEP_BYTES])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True
