"""What is written down of the cycles and told to the recorder, each by a thread of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pilothouse.guard.loop import CycleListener, Session
from pilothouse.guard.loopback.loopback import Loopback
from pilothouse.guard.loopback.session_writer import LoopbackOptions
from pilothouse.guard.loopback.sessions import Sessions
from pilothouse.guard.risk.log import RiskLog
from pilothouse.guard.settings import GuardSettings
from pilothouse.guard.stackfile import Stackfile
from pilothouse.guard.stackfile.sections import LoopbackConfig
from pilothouse.kit.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

    from pilothouse.guard.forwarding.forwarder import Forwarder

RISK_LOG = "risk.db"
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Records:
    """The writers, and what reads what they have written."""

    risk_log: RiskLog
    loopback: Loopback | None
    sessions: Sessions
    forwarder: Forwarder | None = None
    held: int | None = None
    """The lock on where they lie."""

    @property
    def listeners(self) -> tuple[CycleListener, ...]:
        return (self.risk_log,) if self.loopback is None else (self.risk_log, self.loopback)

    def session(self, session: Session | None) -> None:
        """A session begins, or the one that began is over."""
        if self.loopback is None:
            return
        if session is None:
            self.loopback.end()
        else:
            self.loopback.begin(session.session_id)

    def start(self) -> None:
        self.risk_log.start()
        if self.loopback is not None:
            self.loopback.start()
        if self.forwarder is not None:
            self.forwarder.start()

    def stop(self) -> None:
        if self.forwarder is not None:
            self.forwarder.stop()
        if self.loopback is not None:
            self.loopback.stop()
        self.risk_log.stop()
        if self.held is not None:
            os.close(self.held)

    def problems(self) -> list[str]:
        """What cannot be written at the moment; the robot moves all the same."""
        loopback = None if self.loopback is None else self.loopback.problem
        return [words for words in (self.risk_log.problem, loopback) if words]


def open_records(settings: GuardSettings, stack: Stackfile, clock: Clock) -> Records:
    """Nothing is written before they start."""
    risk, config = stack.risk, stack.loopback
    risk_log = RiskLog(
        settings.data / RISK_LOG, log_all=risk.log_all, max_rows=risk.max_rows, max_age_s=risk.max_age_s, clock=clock
    )
    forwarder = _forwarder(settings, risk_log, clock)
    if config is None or config.backend == "none":
        return Records(risk_log, None, Sessions(None), forwarder)
    loopback = Loopback(_directory(settings, config), _options(settings, config), clock)
    return Records(risk_log, loopback, Sessions(loopback.directory, loopback), forwarder)


def _directory(settings: GuardSettings, config: LoopbackConfig) -> Path:
    return settings.data / config.output_dir.expanduser()


def _options(settings: GuardSettings, config: LoopbackConfig) -> LoopbackOptions:
    return LoopbackOptions(
        robot_id=settings.robot_id,
        rotate_bytes=round(config.rotate_mb * MB),
        rotate_s=config.rotate_minutes * 60,
        compression=config.compression,
        images=config.images,
        image_rate_hz=config.image_rate_hz,
        max_total_bytes=None if config.max_total_mb is None else round(config.max_total_mb * MB),
    )


def _forwarder(settings: GuardSettings, risk_log: RiskLog, clock: Clock) -> Forwarder | None:
    url, token = settings.recorder_url, settings.recorder_token
    if url is None:
        return None
    from pilothouse.guard.forwarding.forwarder import Forwarder
    from pilothouse.guard.forwarding.link import HttpRecorderLink

    secret = None if token is None else token.get_secret_value()
    return Forwarder(risk_log.events, lambda: HttpRecorderLink(url, secret), robot_id=settings.robot_id, clock=clock)
