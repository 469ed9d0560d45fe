"""The two robots of the demo: a drone that flies what was recorded once, and an arm whose policy misbehaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DRONE, ARM = "drone-1", "arm-1"
# Each second would heat the motors to the 80 °C at which the guard stops the arm for good, within a minute.
MISBEHAVIOUR = (("misbehave: none", "misbehave: mixed"), ("misbehave_every_s: 10", "misbehave_every_s: 2"))


def drone_recorder(data: Path, *, hub_url: str, flight: Path, speed: str) -> Path:
    """The configuration of the recorder that plays the flight and watches it by one rule."""
    from pilothouse.cli.demo.flight import RULE

    replay = {"kind": "replay", "path": str(flight), "speed": speed if speed == "max" else float(speed)}
    return _written(data, DRONE, hub_url, {"sources": [replay], "triggers": [RULE]})


def arm_recorder(data: Path, *, hub_url: str, guard_port: int) -> Path:
    """The configuration of the recorder beside the guard: what the guard shows is what it records."""
    cycles = {"kind": "foxglove", "url": f"ws://127.0.0.1:{guard_port}/foxglove"}
    # Robot and hub are the same machine here: a person at one is a person at the other.
    relay = {"relay": "control", "guard_url": f"http://127.0.0.1:{guard_port}"}
    return _written(data, ARM, hub_url, {"sources": [cycles], "pre_s": 20.0, "post_s": 3.0, **relay})


def arm_guard(data: Path, *, recorder_url: str) -> list[str]:
    """The command for the guard of the Stackfile that `pilothouse guard init` writes, but for its policy."""
    from importlib.resources import files

    stackfile = data / "stack.yaml"
    template = files("pilothouse.guard.stackfile").joinpath("template.yaml").read_text(encoding="utf-8")
    for good, bad in MISBEHAVIOUR:
        template = template.replace(good, bad)
    stackfile.write_text(template, encoding="utf-8")
    own = ["--data", str(data / "guard"), "--robot-id", ARM, "--recorder", recorder_url]
    return ["guard", "run", str(stackfile), "--start", *own]


def _written(data: Path, robot_id: str, hub_url: str, more: dict[str, Any]) -> Path:
    """Left where a reader can look at it."""
    import yaml

    settings = {"robot_id": robot_id, "data": str(data / robot_id), "hub_url": hub_url, **more}
    config = data / f"{robot_id}.yaml"
    config.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return config
