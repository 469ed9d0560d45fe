"""Why a recording exists, as it travels inside the file and to the hub."""

from __future__ import annotations

import json
from collections import Counter
from math import isfinite
from typing import Annotated

from pydantic import BeforeValidator, Field

from pilothouse.wire.base import VERSION, Label, Message, RobotId

RECORDING_METADATA = "pilothouse"
"""Name of the MCAP metadata record that holds :class:`CaptureFacts`."""


def _finite_or_none(value: object) -> object:
    # NaN has no place in JSON or in a database's JSON column; a rule that saw one says so in its label.
    return None if isinstance(value, float) and not isfinite(value) else value


FiniteOrNone = Annotated[float | None, BeforeValidator(_finite_or_none)]


class TriggerFired(Message):
    """A rule fired, or somebody asked: what was measured against what."""

    rule: str = Field(max_length=200)
    kind: str = Field(max_length=50, description="threshold, manual, alert, recovered, …")
    topic: str | None = None
    field: str | None = None
    value: FiniteOrNone = Field(None, description="The measured value; None when nothing finite was measured")
    op: str | None = None
    threshold: FiniteOrNone = None
    fired_at_ns: int = Field(description="Message time at which the rule fired, Unix nanoseconds")


class MergedTrigger(Message):
    """A trigger that fired while a capture ran already, and whose window that capture holds too."""

    session_id: str = Field(description="The row that speaks of it on the robot")
    label: Label = ""
    trigger: TriggerFired | None = None
    more: int = Field(0, ge=0, description="Further firings of the same rule that the capture holds")
    last_fired_at_ns: int | None = Field(None, description="The last of them")


class CaptureFacts(Message):
    """Everything a capture says about itself."""

    version: int = VERSION
    session_id: str
    robot_id: RobotId
    incident_id: str | None = None
    label: Label = ""
    reason: str = Field("trigger", description="trigger, manual, alert or recovered")
    trigger: TriggerFired | None = None
    pre_s: float = 0.0
    post_s: float = 0.0
    merged: list[MergedTrigger] = Field(default_factory=list, description="Other triggers whose windows it holds")
    drops: dict[str, int] = Field(default_factory=dict, description="Messages lost per topic within the window")
    thinned: dict[str, int] = Field(default_factory=dict, description="Messages left out by rate limits, per topic")
    rejected: dict[str, int] = Field(default_factory=dict, description="Messages that were no messages, per topic")
    too_large: dict[str, int] = Field(
        default_factory=dict, description="Messages above a quarter of max_bytes, turned away, per topic"
    )
    missed: dict[str, int] = Field(
        default_factory=dict, description="Messages that were sent and never came, per topic, where they bear numbers"
    )
    software: dict[str, str] = Field(default_factory=dict, description="Versions, and config_sha256")
    robot: dict[str, str] = Field(default_factory=dict, description="What the robot's configuration says of it")
    missing_attachments: dict[str, str] = Field(default_factory=dict, description="Attachments left out, and why")

    @property
    def lost(self) -> dict[str, int]:
        """Messages per topic that were said and are not in it, though nobody asked for that."""
        return dict(Counter(self.drops) + Counter(self.too_large) + Counter(self.missed))

    def to_metadata(self) -> dict[str, str]:
        """The string map of an MCAP metadata record; nested parts are JSON."""
        present = self.model_dump(mode="json", exclude_none=True)
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in present.items()}

    @classmethod
    def from_metadata(cls, record: dict[str, str]) -> CaptureFacts:
        """Read the string map back, whatever else is in it; raises ``ValueError`` (as pydantic does) on nonsense."""
        text = {"session_id", "robot_id", "incident_id", "label", "reason"}
        known = {key: value for key, value in record.items() if key in cls.model_fields}
        return cls.model_validate({key: value if key in text else json.loads(value) for key, value in known.items()})
