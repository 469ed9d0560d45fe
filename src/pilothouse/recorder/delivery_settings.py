"""How recordings get to the hub: how fast, when, and by which way; and whose files come along."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pilothouse.recorder.byte_sizes import Bytes
from pilothouse.recorder.windows import Window, WindowText, is_open
from pilothouse.wire.base import Label


def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name; raises ``ValueError``."""
    from zoneinfo import ZoneInfo  # only robots with windows need the zones

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"no time zone {name!r} is known on this machine; write it like Europe/Berlin") from None


def _checked(name: str) -> str:
    zone_of(name)
    return name


class DeliverySettings(BaseModel):
    """Announcements, risk events and heartbeats are small and urgent: the cap and the windows are for recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes_per_s: Annotated[Bytes, Field(ge=1024)] | None = Field(
        None, description="Most that recordings may take of the link, such as 250KB; no limit when absent"
    )
    windows: tuple[WindowText, ...] = Field(
        (), max_length=50, description="When recordings may be sent, such as 22:00-06:00; at any time when empty"
    )
    time_zone: Annotated[str, AfterValidator(_checked)] | None = Field(
        None, description="Whose clocks the windows mean, such as Europe/Berlin; the machine's own when absent"
    )
    direct: bool = Field(True, description="Whether a file may go straight to the hub's object store if it offers that")
    alert_after_s: float = Field(
        30.0, ge=0, le=86_400, description="A shorter outage is only logged; a longer one is alerted, and so is its end"
    )
    rotate_token_days: float = Field(
        30.0, gt=0, le=3_650, description="How old the robot's own token may become before it is replaced"
    )

    def is_open(self, now: datetime) -> bool:
        """Whether recordings may be sent at this aware time."""
        if not self.windows:
            return True
        zone = zone_of(self.time_zone) if self.time_zone else None
        return is_open([Window.parse(one) for one in self.windows], now, zone)


class AdoptConfig(BaseModel):
    """Finished ``.mcap`` files in a directory of another program become recordings of this robot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    directory: Path = Field(description="Where they appear; names that end in .active are not finished")
    label: Label = Field("guard session", description="Label of those that do not bring their own")
