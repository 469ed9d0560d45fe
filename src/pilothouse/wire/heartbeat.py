"""A robot says that it lives, and how well it hears."""

from __future__ import annotations

from pydantic import Field

from pilothouse.wire.alert import DeliveryAlert
from pilothouse.wire.base import Message, Moment, RobotId, Text
from pilothouse.wire.robot import Health


class TopicHealth(Message):
    """Whether messages of one topic really arrive."""

    message_count: int = 0
    rate_hz: float | None = None
    last_age_s: float | None = Field(None, description="Seconds since the last message")
    dropped: int = Field(0, description="Messages that left the robot's buffer before their time")
    thinned: int = Field(0, description="Messages left out by a rate limit")
    too_large: int = Field(0, description="Messages turned away: each above a quarter of the robot's max_bytes")
    missed: int = Field(0, description="Messages that were sent and never came; counted where they bear numbers")


class NoRecording(Message):
    """What asked for a recording and got none, and what came after it for the same reason."""

    session_id: str = Field(description="Of the row on the robot that says so")
    label: Text
    reason: str
    why: str
    fired_at: Moment
    more: int = Field(0, description="Firings beside this one that are counted in the same row")
    last_fired_at: Moment | None = Field(None, description="The newest of these")


class Heartbeat(Message):
    """Sent every ``interval_s``; only ``robot_id`` is required."""

    robot_id: RobotId
    sent_at: Moment | None = None
    interval_s: float | None = Field(None, gt=0, le=86_400)
    buffer_size: int | None = Field(None, ge=0, description="Messages in the ring")
    buffer_bytes: int | None = Field(None, ge=0)
    topics: dict[Text, TopicHealth] = Field(default_factory=dict, max_length=2_000)
    versions: dict[str, str] = Field(default_factory=dict, max_length=100)
    disk_free_bytes: int | None = Field(None, ge=0)
    outbox_depth: int | None = Field(None, ge=0, description="Recordings waiting for delivery")
    outbox_bytes: int | None = Field(None, ge=0, description="What these recordings take")
    risk_events_waiting: int | None = Field(None, ge=0)
    without_recording: list[NoRecording] = Field(
        default_factory=list, max_length=100, description="Triggers of the last day without a recording, newest first"
    )
    alerts: list[DeliveryAlert] = Field(
        default_factory=list, max_length=100, description="Sent again until a heartbeat with them was accepted"
    )


class HeartbeatAccepted(Message):
    ok: bool = True
    robot_id: str
    received_at: Moment
    is_watched: bool = Field(False, description="Somebody wants to see the robot live: connect to its relay")


class Robot(Message):
    """A robot known by enrolment, by heartbeat or by recording."""

    robot_id: str
    name: str | None = Field(None, description="What people call it")
    site: str | None = None
    tags: list[str] = Field(default_factory=list)
    versions: dict[str, str] = Field(default_factory=dict, description="Of what runs on it, as it said last")
    health: Health | None = Field(None, description="null for a robot that never sent a heartbeat")
    health_since: Moment | None = None
    clock_skew_s: float | None = Field(None, description="Its clock minus the hub's; positive when it is ahead")
    first_seen_at: Moment | None = None
    enrolled_at: Moment | None = None
    retired_at: Moment | None = None
    last_seen_at: Moment | None = None
    interval_s: float | None = None
    recordings: int = 0
    heartbeat: Heartbeat | None = Field(None, description="The last heartbeat as sent")


class RobotList(Message):
    items: list[Robot]
    total: int
    limit: int
    offset: int
    by_health: dict[str, int] = Field(
        default_factory=dict,
        description="How many are healthy, stale, silent, unheard and retired, whatever `health` asks for",
    )
