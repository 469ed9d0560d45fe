"""The services of this slice, built together."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.db import Database
from pilothouse.hub.events import Events
from pilothouse.hub.fleet.service.enrolments import Enrolments
from pilothouse.hub.fleet.service.health import RobotHealths
from pilothouse.hub.fleet.service.robots import CountRecordings, Robots, none_known
from pilothouse.hub.identity import Tokens
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class FleetServices:
    """One of each."""

    robots: Robots
    healths: RobotHealths
    enrolments: Enrolments


def build_services(
    database: Database, events: Events, clock: Clock, *, tokens: Tokens, count_recordings: CountRecordings = none_known
) -> FleetServices:
    """Build all of them."""
    robots = Robots(events, clock, count_recordings, tokens)
    return FleetServices(
        robots=robots,
        healths=RobotHealths(database, events, clock),
        enrolments=Enrolments(database, events, clock, tokens=tokens, robots=robots),
    )
