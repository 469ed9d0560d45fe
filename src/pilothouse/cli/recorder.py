"""pilothouse recorder: the flight recorder on the robot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli import recorder_watch
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.recorder.settings import RecorderSettings

app = typer.Typer(
    help="Keep the last minute on the robot, crash-safe, and seal it when a trigger fires.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Flag = typer.Option
LATER = (recorder_watch.save, recorder_watch.status, recorder_watch.tail, recorder_watch.schema)


@app.command()
def run(
    config: Annotated[Path | None, Flag(help="YAML file with settings; flags and environment win over it.")] = None,
    source: Annotated[
        list[str] | None,
        Flag(help="What to record: replay:FLIGHT.mcap, foxglove:ws://ROBOT:8765, zenoh:…, mqtt:…; repeatable."),
    ] = None,
    speed: Annotated[str | None, Flag(help="Speed of a replay: 1 is real time, 4 four times as fast, or max.")] = None,
    loop: Annotated[bool, Flag("--loop", help="Start a replay again at its end, for ever.")] = False,
    trigger: Annotated[
        list[str] | None,
        Flag(help="Capture when this holds: '/speed.data > 9 for 0.5 s'. Several allowed; added to the file's."),
    ] = None,
    data: Annotated[Path | None, Flag(help="Directory for recordings, spool and outbox.")] = None,
    hub: Annotated[str | None, Flag(help="URL of the hub that recordings are delivered to.")] = None,
    robot_id: Annotated[str | None, Flag(help="The robot's name; the host's when absent.")] = None,
    host: Annotated[str | None, Flag(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, Flag(help="Port to listen on [7000]; 0 takes any free one.")] = None,
) -> None:
    """Record until told to stop.

    The last 60 seconds stay in memory and, against crashes, on disk. When a trigger fires, or somebody asks with
    `curl -X POST http://127.0.0.1:7000/sessions/save`, they become a file in DATA/sessions, and go to the hub if there
    is one. Prints `ready URL` when it serves; SIGTERM ends it cleanly.

    Example: pilothouse recorder run --source replay:flight.mcap --speed 4 --trigger '/speed.data > 9'
    """
    from pilothouse.recorder.app import create_app
    from pilothouse.web import run_service

    settings = _settings(
        config,
        triggers=trigger or [],
        overrides={
            "sources": _sources(source, speed, loop=loop),
            "data": data,
            "hub_url": hub,
            "robot_id": robot_id,
            "host": host,
            "port": port,
        },
    )
    raise typer.Exit(run_service(lambda: create_app(settings), settings))


@app.command()
def check(config: Annotated[Path, typer.Argument(help="The YAML file to check.")]) -> None:
    """Say what a configuration file means, or what is wrong with it, without starting anything."""
    from pilothouse.triggers import build_rule

    settings = _settings(config, triggers=[], overrides={})
    print(f"{config} is fine: robot {settings.robot_id}, {settings.window_s:g} s in {settings.max_bytes} bytes")
    for source in settings.sources:
        print(f"source   {source.summary}")
    for rule in settings.triggers:
        pre_s = settings.default_pre_s if rule.pre_s is None else rule.pre_s
        post_s = settings.post_s if rule.post_s is None else rule.post_s
        print(f"trigger  {build_rule(rule).name}: {rule.condition}, {pre_s:g} s before and {post_s:g} s after")
    print(f"hub      {settings.hub_url or 'none: recordings stay here'}")


for command in LATER:
    app.command()(command)


def _settings(config: Path | None, *, triggers: list[str], overrides: dict[str, Any]) -> RecorderSettings:
    from pilothouse.kit.settings import load
    from pilothouse.recorder.settings import RecorderSettings
    from pilothouse.triggers import parse_expression

    settings = load(RecorderSettings, file=config, overrides=overrides)
    if not triggers:
        return settings
    added = tuple(parse_expression(text) for text in triggers)
    return load(RecorderSettings, file=config, overrides={**overrides, "triggers": (*settings.triggers, *added)})


def _sources(sources: list[str] | None, speed: str | None, *, loop: bool) -> list[dict[str, Any] | str] | None:
    if not sources:
        if speed is not None or loop:
            raise BadConfiguration(
                problem="--speed and --loop say how a --source replay:FILE.mcap plays; give that too"
            )
        return None
    return [_source(source, speed, loop=loop) for source in sources]


def _source(source: str, speed: str | None, *, loop: bool) -> dict[str, Any] | str:
    kind, _, path = source.partition(":")
    if kind != "replay":
        return source
    if not path:
        raise BadConfiguration(problem=f"cannot read --source {source!r}; write --source replay:FILE.mcap")
    return {"kind": kind, "path": path, "loop": loop, "speed": _speed(speed or "1")}


def _speed(text: str) -> float | str:
    if text == "max":
        return text
    try:
        return float(text)
    except ValueError:
        raise BadConfiguration(problem=f"--speed takes a number or max, not {text!r}") from None
