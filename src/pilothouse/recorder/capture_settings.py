"""What can be said of captures: how many, how long, what goes with them, and how long their files stay."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import ByteSize, ConfigDict, Field, StringConstraints, model_validator

from pilothouse.kit.settings import setting
from pilothouse.recorder.attachment_config import MIB, AttachmentConfig
from pilothouse.recorder.byte_sizes import Bytes
from pilothouse.triggers.rule import DuringPostRoll, Limit, Seconds
from pilothouse.web.settings import ServiceSettings

Text = Annotated[str, StringConstraints(max_length=500)]
MOST_ATTACHMENTS = 32


class CaptureSettings(ServiceSettings):
    """Part of the recorder's settings."""

    # Built with the settings they are part of, and not once more by themselves: the robot is light.
    model_config = ConfigDict(defer_build=True)

    during_post_roll: DuringPostRoll = setting(
        "add",
        "What a trigger does that fires during another's post-roll: `add` makes a recording of its own, `extend` lets "
        "the one under way go on until this one's post-roll has passed too. A rule may say otherwise",
    )
    max_post_s: Seconds = setting(
        60.0, "Longest post-roll that `extend` makes; the next trigger after it begins a recording of its own"
    )
    captures_per_hour: Limit | None = setting(
        60, "Recordings that all triggers and alerts together may make in an hour; null is without limit"
    )
    captures_per_day: Limit | None = setting(300, "The same for a day")
    rule_captures_per_hour: Limit | None = setting(
        20, "Recordings that one rule may make in an hour, if it does not say otherwise; alerts count as one rule"
    )
    rule_captures_per_day: Limit | None = setting(100, "The same for a day")
    attachments: tuple[AttachmentConfig, ...] = setting(
        (), "Files of the robot that every recording carries", max_length=MOST_ATTACHMENTS
    )
    robot: dict[Text, Text] = Field(
        default_factory=dict,
        max_length=100,
        description="What every recording says of the robot: model, serial number, site",
        json_schema_extra={"names": []},
    )
    silent_after_s: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = setting(
        10.0, "Health is no longer ok when no message at all has arrived for so long"
    )
    min_free_bytes: Annotated[Bytes, Field(ge=0)] = setting(
        ByteSize(256 * MIB), "Disk space that recordings leave free"
    )
    min_free_percent: Annotated[float, Field(ge=0, lt=100, allow_inf_nan=False)] = setting(
        0.0, "The same as a share of the disk; the larger of both holds"
    )
    when_full: Literal["stop", "delete_oldest_delivered"] = setting(
        "stop", "When recordings would take the space to leave free: wait for room, or delete the oldest the hub has"
    )
    recordings_max_age_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = setting(
        None, "Recordings older than this are removed; they are kept when absent"
    )
    recordings_max_bytes: Annotated[Bytes, Field(ge=0)] | None = setting(
        None, "When recordings take more than this, the oldest are removed; without limit when absent"
    )
    delete_undelivered: bool | None = setting(
        None,
        "Whether age and bytes may remove a recording the hub does not have, when no other is left. When absent: only "
        "if there is no hub_url. One that is pinned is never removed",
    )

    @model_validator(mode="after")
    def _attachments_are_distinct(self) -> Self:
        repeated = [name for name, count in Counter(one.called for one in self.attachments).items() if count > 1]
        if repeated:
            raise ValueError(f"two attachments are called {repeated[0]!r}; give each a name of its own")
        return self
