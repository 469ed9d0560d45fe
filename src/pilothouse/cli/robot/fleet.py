"""The robots of a hub, from a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.parts.hub_link import CREDENTIALS, DEFAULT_URL, HubUrl, hub_at
from pilothouse.cli.parts.options import AsJson
from pilothouse.cli.parts.tables import at, printable, table

if TYPE_CHECKING:
    from pilothouse.wire import Robot
    from pilothouse.wire.robot import RobotHealth

RobotName = Annotated[str, typer.Argument(help="The robot's id.")]


class HealthFilter(StrEnum):
    HEALTHY = "healthy"
    STALE = "stale"
    SILENT = "silent"


def list_robots(
    url: HubUrl = DEFAULT_URL,
    site: Annotated[str | None, typer.Option(help="Only robots of this site.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only robots with this tag.")] = None,
    health: Annotated[HealthFilter | None, typer.Option(help="Only robots in this state.")] = None,
    text: Annotated[str | None, typer.Option(help="Only robots with this in their id, name or site.")] = None,
    retired: Annotated[bool, typer.Option("--retired", help="Those that are retired instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the robots a hub knows, and how they are."""
    from pilothouse.wire.robot import Health

    asked_health = None if health is None else Health(health.value)
    found = hub_at(url).robots(site=site, tag=tag, health=asked_health, text=text, retired=retired, limit=200)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    now = datetime.now(UTC)
    print(
        table(
            ("robot", "health", "last seen", "recordings", "site", "tags", "name"),
            [_row(one, now) for one in found.items],
        )
    )
    if found.total > len(found.items):
        print(f"and {found.total - len(found.items)} more; narrow the list with --site, --tag or --text")


def show(robot_id: RobotName, url: HubUrl = DEFAULT_URL, as_json: AsJson = False) -> None:
    """Show one robot: what it is, how it is, how it was."""
    hub = hub_at(url)
    robot, history = hub.robot(robot_id), hub.robot_health(robot_id, changes=10)
    if as_json:
        shown = {"robot": robot.model_dump(mode="json"), "health": history.model_dump(mode="json")}
        print(json.dumps(shown, indent=2))
        return
    for name, value in _facts(robot, history):
        if value:
            print(f"{name:<12} {printable(value)}")
    for change in history.changes:
        was = change.previous.value if change.previous else "unknown"
        print(f"{at(change.changed_at)}  {was} -> {change.health.value}")


def invite(
    robot_id: Annotated[str | None, typer.Option(help="The one robot the code is good for; any when absent.")] = None,
    site: Annotated[str | None, typer.Option(help="Where the robot is.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag it gets; repeatable.")] = None,
    expires_in_s: Annotated[int, typer.Option(min=60, max=30 * 86_400, help="How long the code is good.")] = 3_600,
    as_json: AsJson = False,
    url: HubUrl = DEFAULT_URL,
) -> None:
    """Make a one-time code, and say what to type on the robot."""
    from pydantic import ValidationError

    from pilothouse.kit.errors import BadConfiguration
    from pilothouse.kit.settings import explain
    from pilothouse.wire import NewEnrolment

    try:
        new = NewEnrolment(robot_id=robot_id, site=site, tags=tag or [], expires_in_s=expires_in_s)
    except ValidationError as error:
        raise BadConfiguration(problem=explain(error, NewEnrolment)) from None
    made = hub_at(url).administration.let_in(new)
    if as_json:
        print(made.model_dump_json(indent=2))
        return
    typer.echo(f"good for one robot until {at(made.expires_at)}; type on it:", err=True)
    print(made.command)


def retire(robot_id: RobotName, url: HubUrl = DEFAULT_URL) -> None:
    """Take a robot out of service: its tokens end, what it recorded stays."""
    robot = hub_at(url).administration.retire_robot(robot_id)
    print(f"{robot.robot_id} is retired; its recordings stay, and inviting it again brings it back")


for command in (list_robots, show, invite, retire):
    command.__doc__ = f"{command.__doc__}\n\n    {CREDENTIALS}\n    "


def _row(robot: Robot, now: datetime) -> tuple[str, ...]:
    seen = "never" if robot.last_seen_at is None else f"{_age(robot.last_seen_at, now)} ago"
    health = "retired" if robot.retired_at else robot.health.value if robot.health else "unknown"
    return (
        robot.robot_id,
        health,
        seen,
        str(robot.recordings),
        robot.site or "-",
        ",".join(robot.tags) or "-",
        robot.name or "-",
    )


def _facts(robot: Robot, history: RobotHealth) -> list[tuple[str, str | None]]:
    skew = None if robot.clock_skew_s is None else f"{robot.clock_skew_s:+.3f} s against the hub"
    since = f" since {at(robot.health_since)}" if robot.health_since else ""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(robot.versions.items()))
    return [
        ("robot", robot.robot_id),
        ("name", robot.name),
        ("site", robot.site),
        ("tags", ", ".join(robot.tags)),
        ("health", f"{robot.health.value if robot.health else 'unknown'}{since}"),
        ("interval", None if robot.interval_s is None else f"{robot.interval_s:g} s"),
        ("clock", skew),
        ("versions", versions),
        ("recordings", str(robot.recordings)),
        (
            "heartbeats",
            str(sum(hour.heartbeats for hour in history.hours)) + " in the last day" if history.hours else None,
        ),
        ("retired", None if robot.retired_at is None else at(robot.retired_at)),
    ]


def _age(moment: datetime, now: datetime) -> str:
    seconds = max(0.0, (now - moment).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
