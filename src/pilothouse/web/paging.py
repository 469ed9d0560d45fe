"""Lists are read page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_OFFSET = 2**31


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    limit: int
    offset: int


async def _page(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many to answer at most")] = DEFAULT_LIMIT,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="How many to skip")] = 0,
) -> Page:
    return Page(limit, offset)


Paging = Annotated[Page, Depends(_page)]
"""``page: Paging`` in a route's signature gives it ``limit`` and ``offset``."""

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A number in a path that a database holds."""
