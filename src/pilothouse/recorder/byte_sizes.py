"""Sizes as people write them in a configuration."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, ByteSize

_WRITTEN = re.compile(r"\s*\d*\.?\d+\s*[A-Za-z]*\s*")


def _whole(size: Any) -> Any:
    """Of text it reads what it can and leaves out the rest: 1,5GiB would be a single byte."""
    if isinstance(size, str) and _WRITTEN.fullmatch(size) is None:
        raise ValueError(f"cannot read the size {size!r}; write it like 64MiB or 1.5GB")
    return size


Bytes = Annotated[ByteSize, BeforeValidator(_whole)]
"""64MiB, 1.5GB, or a number of bytes."""
