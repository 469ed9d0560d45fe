"""What a recording says about itself, made safe to store and to show; nonsense in a file is never an error here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pilothouse.hub.recordings.domain.naming import robot_id_of
from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import ChannelSummary, Summary
from pilothouse.wire import RECORDING_METADATA, CaptureFacts, TopicSummary

# MCAP times are unsigned 64 bit, columns are signed: what lies beyond 2262 is shown as 2262.
LATEST_NS = 2**63 - 1
# As many as a heartbeat may name; a file with more is listed with the first.
MOST_TOPICS = 2_000
_LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """The facts of one readable recording."""

    robot_id: str
    label: str = ""
    reason: str | None = None
    incident_id: str | None = None
    trigger: dict[str, Any] | None = None
    drops: dict[str, int] = field(default_factory=dict)
    channels: list[dict[str, Any]] = field(default_factory=list)
    message_count: int = 0
    started_ns: int | None = None
    ended_ns: int | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """These facts as a row keeps them, with what is derived from them."""
        return {**asdict(self), **derived(self.channels, self.trigger, self.started_ns, self.ended_ns)}


def derived(
    channels: Iterable[Mapping[str, Any]],
    trigger: Mapping[str, Any] | None,
    started_ns: int | None,
    ended_ns: int | None,
) -> dict[str, Any]:
    """What lists show, filter and sort by, so that they need not read the rest."""
    return {
        "topics": [channel["topic"] for channel in channels if channel["message_count"]],
        "rule": None if trigger is None else clean(trigger["rule"], 200),
        "duration_ns": 0 if started_ns is None or ended_ns is None else max(0, ended_ns - started_ns),
    }


def contents_of(session_id: str, summary: Summary, announced_robot: str | None = None) -> Contents:
    """Read the facts out of a file's summary."""
    facts = facts_in(summary.metadata)
    started_ns, ended_ns = _span(summary.start_ns, summary.end_ns)
    common: dict[str, Any] = {
        "robot_id": robot_id_of(session_id, summary.metadata, announced_robot),
        "channels": list(_topics(summary.channels, (ended_ns or 0) - (started_ns or 0))),
        "message_count": min(summary.message_count, LATEST_NS),
        "started_ns": started_ns,
        "ended_ns": ended_ns,
    }
    if facts is None:
        return Contents(**common)
    return Contents(
        **common,
        label=clean(facts.label),
        reason=clean(facts.reason, 100),
        incident_id=clean(facts.incident_id, 100) if facts.incident_id else None,
        # By way of JSON, so that a measured NaN becomes null and not a value no database takes.
        trigger=_cleaned(json.loads(facts.trigger.model_dump_json())) if facts.trigger else None,
        drops={clean(topic): min(max(count, 0), LATEST_NS) for topic, count in list(facts.lost.items())[:MOST_TOPICS]},
    )


def facts_in(metadata: Mapping[str, Mapping[str, str]]) -> CaptureFacts | None:
    """The recorder's own facts, or None when there are none that can be read."""
    record = metadata.get(RECORDING_METADATA)
    if not record:
        return None
    try:
        return CaptureFacts.from_metadata(dict(record))
    except (ValueError, RecursionError):
        return None


def clean(text: str, longest: int = _LONGEST_NAME) -> str:
    """Text that every database stores and JSON carries: no NUL, no lone surrogates, not without end."""
    return text[:longest].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: clean(value) if isinstance(value, str) else value for key, value in fields.items()}


def _span(start_ns: int | None, end_ns: int | None) -> tuple[int | None, int | None]:
    if start_ns is None or end_ns is None:
        return None, None
    first, last = sorted((min(start_ns, LATEST_NS), min(end_ns, LATEST_NS)))
    return first, last


def _topics(channels: Iterable[ChannelSummary], span_ns: int) -> Iterable[dict[str, Any]]:
    """One row per topic; channels of a topic whose schema changed are counted together."""
    merged: dict[str, dict[str, Any]] = {}
    for channel in sorted(channels, key=lambda one: one.topic):
        topic = clean(channel.topic)
        if len(merged) == MOST_TOPICS and topic not in merged:
            break
        row = merged.setdefault(topic, {"topic": topic, "message_count": 0})
        row["message_type"] = clean(channel.schema_name)
        row["encoding"] = clean(channel.message_encoding)
        row["message_count"] += min(channel.message_count, LATEST_NS)
    for row in merged.values():
        rate = row["message_count"] * NS_PER_S / span_ns if span_ns > 0 else None
        yield TopicSummary(**row, rate_hz=round(rate, 3) if rate is not None else None).model_dump(mode="json")
