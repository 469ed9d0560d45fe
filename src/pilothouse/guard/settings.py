"""Everything a guard can be told beside its Stackfile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from pilothouse.kit.host import host_robot_id
from pilothouse.kit.settings import setting
from pilothouse.web.settings import ServiceSettings
from pilothouse.wire.base import RobotId


class GuardSettings(ServiceSettings):
    """The guard: stands between policy and robot and decides each cycle."""

    port: Annotated[int, Field(ge=0, le=65_535)] = setting(8080, "Port to listen on; 0 takes any free one")
    data: Path = setting(
        Path("pilothouse-guard"), "Directory for the risk log, recorded sessions and the history of the Stackfile"
    )
    stackfile: Path | None = setting(None, "The Stackfile to run; `pilothouse guard run STACKFILE` sets it")
    start: bool = setting(
        False, "Start cycling at once, with the task of `task`, instead of on POST /api/control/start"
    )
    task: str = setting("default", "The task that `start` activates", min_length=1, max_length=200)
    robot_id: RobotId = Field(
        default_factory=host_robot_id,
        description="The robot's name, in risk events and recordings; the host's name when absent",
        json_schema_extra={"names": []},
    )
    recorder_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+",
        description="Where risk events go, on to the hub; nowhere when absent",
        json_schema_extra={"names": []},
    )
    recorder_token: SecretStr | None = setting(None, "Credential shown to the recorder")
    guard_token: SecretStr | None = setting(
        None, "Bearer token callers must show; required when listening on anything but loopback"
    )
    watchdog_timeout_s: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = setting(
        0.5, "How long the loop, a source or a sink may take for one call before the watchdog stops the robot"
    )
    policy_timeout_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = setting(
        2.0,
        "How long the policy may take for one action before the watchdog stops the robot; late ones get the fallback",
    )
    realtime_priority: Annotated[int, Field(ge=0, le=98)] = setting(
        10,
        "SCHED_FIFO priority of the loop while it cycles, one more for the watchdog and the emergency stop, where the "
        "system grants it (root, CAP_SYS_NICE or an rtprio limit); 0 asks for none",
    )
    callbacks_over_api: bool = setting(
        False,
        "Let boundaries that are made over the API run any function this computer can import, not only those of the "
        "Stackfile",
    )
    estop_function: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$",
        description="A hardware emergency stop: `module:function`, asked every 4 ms; true, a failure, no answer: stop",
        json_schema_extra={"names": []},
    )
    estop_channel: str | None = setting(
        None,
        "A hardware emergency stop: the channel of observations that stops at 0.5 and above, and when it is missing",
    )
