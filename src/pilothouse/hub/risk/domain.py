"""The order of risk levels."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.wire import RiskLevel

RANKS = {level: rank for rank, level in enumerate(RiskLevel)}
"""From the least to the worst."""


def worst(levels: Iterable[RiskLevel]) -> RiskLevel:
    return max(levels, key=RANKS.__getitem__)
