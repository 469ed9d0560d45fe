"""What the recorder answers."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState
from pilothouse.recorder.sources.runner import SourceState
from pilothouse.wire import DeliveryAlert, SavedRecording, TopicHealth, TriggerFired
from pilothouse.wire.base import Moment


class Ignored(BaseModel):
    """Nothing was captured, and that is right."""

    ignored: str = Field(description="Why; `resolved` when no alert fires any more, else the budget")


class SourceStatus(BaseModel):
    name: str
    state: SourceState
    messages: int
    fraction: float | None = Field(None, description="How much of a replay has been played; null where there is no end")
    error: str | None = None
    restarts: int = Field(0, description="How often it was started again")
    refused: list[str] = Field(default=[], description="Topics it has that cannot be recorded")
    uncounted: list[str] = Field(
        default=[], description="Topics of which nobody can tell what is lost before it comes here; `*` is all of them"
    )


class Waiting(BaseModel):
    """What the hub does not have yet."""

    announcements: int
    risk_events: int
    recordings: dict[str, int] = Field(description="By urgency: incident, manual, guard, recovered")
    recording_bytes: int


class TokenStatus(BaseModel):
    """The robot's own token, without the token."""

    token_id: str
    created_at: Moment
    expires_at: Moment | None = None
    age_s: float


class DeliveryStatus(BaseModel):
    """Whether the hub gets what it should."""

    hub: str
    problem: str | None = Field(None, description="Why nothing can be delivered at the moment")
    failing_since: Moment | None = None
    open: bool = Field(description="Whether recordings may be sent at this hour; announcements always go")
    waiting: Waiting
    risk_events_dropped: int = Field(description="Left out because there was no more room for them, since ever")
    risk_events_refused: int = Field(description="Ones the hub would not have, since ever")
    alerts: list[DeliveryAlert] = Field(description="When delivery began to fail and worked again, newest first")
    token: TokenStatus | None = Field(None, description="The robot's own token, once it is enrolled")


class RecorderHealth(BaseModel):
    """Beside `ok`, what the recorder is doing."""

    ok: bool = Field(description="Messages arrive, and nothing keeps them from being recorded")
    buffer_size: int = Field(description="Messages in the buffer")
    robot_id: str
    buffer_bytes: int
    buffer_fill: float = Field(description="Share of the memory the buffer may take")
    sources: list[SourceStatus]
    captures: dict[CaptureState, int] = Field(description="How many captures are in which state")
    disk: DiskStatus
    problems: list[str] = Field(description="What does not work at the moment, in sentences")
    delivery: DeliveryStatus | None = Field(None, description="Null without a hub")


class DiskStatus(BaseModel):
    """The disk that recordings are on."""

    free_bytes: int
    total_bytes: int
    reserved_bytes: int = Field(description="What stays free: the larger of min_free_bytes and min_free_percent")
    removed: int = Field(description="Recordings removed since the start")


class TopicList(BaseModel):
    """Every topic heard since the start."""

    topics: dict[str, TopicStatus]
    total: int
    unreadable: int = Field(0, description="What was pushed, was no message and named no topic")
    too_large: int = Field(0, description="What was pushed, was too large to be read and named no topic known")


class TopicStatus(TopicHealth):
    bytes: int = 0
    last_log_time_ns: int | None = None
    undecodable: int = Field(0, description="Messages a rule wanted to see but that could not be decoded")
    bad: int = Field(0, description="Messages that could not be recorded")


class RuleStatus(BaseModel):
    name: str
    kind: str
    condition: str
    topics: list[str]
    pre_s: float
    post_s: float
    label: str
    fired: int = Field(description="Firings since the start")
    merged: int = Field(0, description="Of those, the ones held by a recording under way")
    over_budget: int = Field(0, description="Of those, the ones that made no recording because the budget was used up")
    unmeasured: int = Field(description="Messages that had nothing where the rule looks")
    last: TriggerFired | None = None


class Reloaded(BaseModel):
    """The configuration as it is now is applied."""

    changed: list[str] = Field(description="Settings that differ from before")
    started: list[str] = Field(description="Sources that are new or have changed")
    stopped: list[str] = Field(description="Sources that are gone or have changed")


class Capture(BaseModel):
    """One capture, from the moment it was asked for."""

    session_id: str
    incident_id: str = Field(description="What everything that follows from it is known by, at the hub too")
    state: CaptureState
    reason: str
    label: str
    requested_at: Moment
    pre_s: float
    post_s: float
    trigger: TriggerFired | None = None
    why: str | None = Field(None, description="Why there is no recording yet, or none, or an unusual one")
    merged_into: str | None = None
    more: int = Field(0, description="Further triggers of the same rule that this row speaks for")
    last_fired_at_ns: int | None = Field(None, description="The last of them")
    pinned: bool = Field(False, description="Never removed from the robot")
    size_bytes: int | None = None
    sent_bytes: int | None = Field(None, description="How much of it the hub has, while it is being delivered")
    duration_s: float | None = None


class TriggerStatus(BaseModel):
    rules: list[RuleStatus]
    pending: list[Capture] = Field(description="Captures that are not on disk yet")
    recent: list[Capture] = Field(description="The last captures, newest first")


class LastRecording(SavedRecording):
    """The newest recording, and whether the hub has it."""

    state: CaptureState
    reason: str
    incident_id: str
    requested_at: Moment
    trigger: TriggerFired | None = None


def duration_s(row: CaptureRow) -> float | None:
    return None if row.start_ns is None or row.end_ns is None else (row.end_ns - row.start_ns) / 1e9
