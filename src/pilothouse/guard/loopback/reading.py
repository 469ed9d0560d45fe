"""Notable cycles of a recorded file, newest first, through the event contract of the risk log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pilothouse.guard.loopback.channels import CYCLE
from pilothouse.guard.risk.events import is_notable_record
from pilothouse.guard.risk.filters import SEVERITY, Filter
from pilothouse.mcap.cutting.pieces import Piece
from pilothouse.wire.risk_event import RiskLevel


def events_in(piece: Piece, wanted: Filter, limit: int) -> list[dict[str, Any]]:
    """The newest matching cycles that are notable; with ``outcome=pass`` every passed one. Closes the file."""
    found: list[dict[str, Any]] = []
    try:
        for event in _newest_first(piece):
            if _matches(event, wanted):
                found.append({"event_id": None, **event})
                if len(found) == limit:
                    break
        return found
    finally:
        piece.source.close()


def _newest_first(piece: Piece) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    for place in reversed(piece.places):
        for content in reversed(piece.contents(place, CYCLE)):
            yield decode(content)


def _matches(event: dict[str, Any], wanted: Filter) -> bool:
    if wanted.outcome is None:
        if not is_notable_record(event):
            return False
    elif event["outcome"] != wanted.outcome:
        return False
    if wanted.failure_type is not None and event["failure_type"] != wanted.failure_type:
        return False
    lowest = wanted.min_risk_level
    return lowest is None or SEVERITY[RiskLevel(event["risk_level"])] >= SEVERITY[lowest]
