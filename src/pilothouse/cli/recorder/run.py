"""pilothouse recorder run, and how its flags, the environment and a file become settings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilothouse.cli.parts.flags import Flags
from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.memory import build_models_when_used, give_back_large_blocks, trim, unload
from pilothouse.recorder.asking.signals import Signals

if TYPE_CHECKING:
    from pilothouse.recorder.settings import RecorderSettings
    from pilothouse.web import Service

DESCRIPTION = """\
Record until told to stop.

The last 60 seconds stay in memory and, against crashes, on disk. When a trigger fires, or somebody asks with
`curl -X POST http://127.0.0.1:7000/sessions/save`, they become a file in DATA/sessions, and go to the hub if there
is one. Prints `ready URL` when it serves; SIGTERM ends it cleanly, SIGUSR1 saves, SIGHUP reads the file again.

Example: pilothouse recorder run --source replay:flight.mcap --speed 4 --trigger '/speed.data > 9'
"""


def flags() -> Flags:
    """Every flag of the command."""
    parser = Flags("pilothouse recorder run", DESCRIPTION)
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help="YAML file with settings; flags and environment win over it")
    add(
        "--source", action="append",
        help="What to record: replay:FLIGHT.mcap, foxglove:ws://ROBOT:8765, zenoh:…, mqtt:…, ros2:…; repeatable",
    )  # fmt: skip
    add("--speed", help="Speed of a replay: 1 is real time, 4 four times as fast, or max")
    add("--loop", action="store_true", help="Start a replay again at its end, for ever")
    add(
        "--trigger", action="append", metavar="RULE",
        help="Capture when this holds: '/speed.data > 9 for 0.5 s'. Several allowed; added to the file's",
    )  # fmt: skip
    add("--data", type=Path, metavar="DIR", help="Directory for recordings, spool and outbox")
    add("--hub", metavar="URL", help="URL of the hub that recordings are delivered to")
    add("--robot-id", metavar="NAME", help="The robot's name; the host's when absent")
    add("--host", help="Address to listen on [127.0.0.1]")
    add("--port", type=int, help="Port to listen on [7000]; 0 takes any free one")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run a recorder until it is told to stop; the exit code."""
    # Before anything else: from here on a signal is kept, whatever is still being loaded.
    signals = Signals.installed()
    give_back_large_blocks()
    # FastAPI asks whether types are of pydantic 1, and does without when that is absent: 3 MiB that a robot can use.
    sys.modules["pydantic.v1"] = None  # type: ignore[assignment]
    # The part of the parser in C is not used, and it cannot be unloaded.
    sys.modules["yaml.cyaml"] = None  # type: ignore[assignment]
    build_models_when_used()
    given = flags().parse_args(arguments)
    read = partial(
        read_settings, given.config, triggers=given.trigger or [],
        overrides={
            "sources": sources_of(given.source, given.speed, loop=given.loop),
            "data": given.data,
            "hub_url": given.hub,
            "robot_id": given.robot_id,
            "host": given.host,
            "port": given.port,
        },
    )  # fmt: skip
    settings = read()
    # Before the service is loaded: it takes the memory that the parser leaves behind.
    unload("yaml", "argparse", "gettext", "pilothouse.cli.parts.flags", "msgspec.inspect")

    from pilothouse.recorder.api.app import create_app
    from pilothouse.recorder.recorder import Recorder
    from pilothouse.web import run_service

    def opened() -> Recorder:
        recorder = Recorder.open(settings, read=read, signals=signals)
        trim()
        return recorder

    def built() -> Service:
        app = create_app(settings, opened)
        # Serving, too, leaves something free when it begins.
        app.before_ready = lambda url: trim()
        return app

    return run_service(built, settings)


def read_settings(
    config: Path | None, *, triggers: Sequence[str] = (), overrides: dict[str, Any] | None = None
) -> RecorderSettings:
    """What a file, the environment, flags and triggers in one line say together; raises BadConfiguration."""
    from pilothouse.kit.settings import load
    from pilothouse.recorder.settings import RecorderSettings
    from pilothouse.triggers import parse_expression

    settings = load(RecorderSettings, file=config, overrides=overrides)
    if not triggers:
        return settings
    added = tuple(parse_expression(text) for text in triggers)
    every = {**(overrides or {}), "triggers": (*settings.triggers, *added)}
    return load(RecorderSettings, file=config, overrides=every)


def sources_of(sources: list[str] | None, speed: str | None, *, loop: bool) -> list[dict[str, Any] | str] | None:
    """Sources as settings want them; raises BadConfiguration."""
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
