"""Numbers in attributes of XML."""

from __future__ import annotations

import math


def numbers_of(text: str, count: int) -> tuple[float, ...] | None:
    """So many finite numbers, apart by spaces; None when it is anything else."""
    try:
        numbers = tuple(float(one) for one in text.split())
    except ValueError:
        return None
    return numbers if len(numbers) == count and all(map(math.isfinite, numbers)) else None
