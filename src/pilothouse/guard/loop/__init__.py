"""The control loop: paced cycles, commands, watchdog and emergency stop."""

from pilothouse.guard.loop.control import Command, NotNow, ResetUnderWay, State, after, possible
from pilothouse.guard.loop.counters import JITTER_BUCKETS_MS, Counters
from pilothouse.guard.loop.emergency import Cause, EmergencyStop
from pilothouse.guard.loop.hardware_input import HardwareInput
from pilothouse.guard.loop.loop import CycleListener, Engaged, Loop
from pilothouse.guard.loop.pacing import Pacer, RealPacer, Ticks
from pilothouse.guard.loop.rig import Rig
from pilothouse.guard.loop.turn import Judge, Risk, Session, Turn
from pilothouse.guard.loop.watchdog import Watchdog, hung

__all__ = [
    "JITTER_BUCKETS_MS",
    "Cause",
    "Command",
    "Counters",
    "CycleListener",
    "EmergencyStop",
    "Engaged",
    "HardwareInput",
    "Judge",
    "Loop",
    "NotNow",
    "Pacer",
    "RealPacer",
    "ResetUnderWay",
    "Rig",
    "Risk",
    "Session",
    "State",
    "Ticks",
    "Turn",
    "Watchdog",
    "after",
    "hung",
    "possible",
]
