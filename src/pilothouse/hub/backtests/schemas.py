"""What is asked and answered about backtests."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pilothouse.hub.backtests.domain import MAX_RECORDINGS, BacktestState
from pilothouse.wire import TriggerFired
from pilothouse.wire.base import Message, Moment, SessionId


class NewBacktest(Message):
    """Rules, and the recordings to run them over: those named, or all that fit the other fields."""

    triggers: list[Any] = Field(
        min_length=1,
        max_length=50,
        description="As a recorder is given them: rules, one-line expressions, presets",
    )
    name: str | None = Field(None, max_length=200)
    session_ids: list[SessionId] | None = Field(None, min_length=1, max_length=MAX_RECORDINGS)
    robot_id: str | None = Field(None, max_length=100)
    label: str | None = Field(None, max_length=500, description="Recordings with exactly this label")
    since: Moment | None = Field(None, description="Recordings that ended at or after this time")
    until: Moment | None = Field(None, description="Recordings that ended before this time")
    around_s: float = Field(5.0, ge=0.1, le=600, description="Seconds kept of the curve on each side of a firing")


class Backtest(Message):
    """One backtest; ``completed`` of ``total`` recordings are through, ``failed`` of them could not be read."""

    id: str
    name: str | None
    state: BacktestState
    rules: list[str]
    total: int
    completed: int
    failed: int
    firings: int
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class BacktestList(Message):
    items: list[Backtest]
    total: int
    limit: int
    offset: int


class BacktestFiring(Message):
    """What fired; ``curve`` is what the rule measured around it, as (message time in nanoseconds, value)."""

    fired: TriggerFired
    curve: list[tuple[int, float | None]] = Field(default_factory=list)


class BacktestResult(Message):
    """What the rules did with one recording; ``problem`` says why it could not be read, if it could not."""

    session_id: str
    robot_id: str
    firing_count: int
    firings: list[BacktestFiring] = Field(description="The first of them, in order of time")
    warnings: list[str]
    problem: str | None
    seconds: float = Field(description="How long the rules took over this recording")


class BacktestResults(Message):
    items: list[BacktestResult]
    total: int
    limit: int
    offset: int
