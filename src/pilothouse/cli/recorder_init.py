"""pilothouse recorder init: listens to a source, and writes a configuration that fits it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.kit.errors import Conflict

if TYPE_CHECKING:
    from pilothouse.recorder.sources.survey import Survey


class FileThere(Conflict):
    """{path} is there already; give another --out, or --force to write it anew."""


def init(
    source: Annotated[str, typer.Argument(help="What to listen to: foxglove:ws://ROBOT:8765, replay:FILE.mcap, …")],
    out: Annotated[Path, typer.Option(help="Where to write the configuration.")] = Path("recorder.yaml"),
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="How long to listen.")] = 5.0,
    wait: Annotated[float, typer.Option(min=0.1, max=3600, help="How long to wait for the first message.")] = 15.0,
    robot_id: Annotated[str | None, typer.Option(help="The robot's name; the host's when absent.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Listen to a source for a few seconds and propose a configuration that fits it.

    The buffer is sized for what was heard, cameras get budgets of their own, and a preset of rules is chosen if one
    finds its topics. Read it, change it; `pilothouse recorder check FILE` says what it means.
    """
    from pilothouse.cli.recorder_run import read_settings
    from pilothouse.kit.host import host_robot_id
    from pilothouse.recorder.proposal import Load, propose

    if out.exists() and not force:
        raise FileThere(path=out)
    survey = _listen(source, seconds, wait)
    text = propose(source, robot_id or host_robot_id(), survey.topics(), survey.span_s)
    _write(out, text, force=force)
    for one in survey.topics():
        print(f"{one.topic}  {Load.of(one, survey.span_s).summary}")
    read_settings(out)
    print(f"{out} is written. Next: pilothouse recorder run --config {out}")


def _listen(source: str, seconds: float, wait: float) -> Survey:
    from pilothouse.kit.clock import SystemClock
    from pilothouse.kit.settings import load
    from pilothouse.recorder.settings import RecorderSettings
    from pilothouse.recorder.sources import open_source
    from pilothouse.recorder.sources.config import ReplayConfig
    from pilothouse.recorder.sources.survey import listen

    (config,) = load(RecorderSettings, overrides={"sources": [source]}, environ={}).sources
    if isinstance(config, ReplayConfig):
        config = config.model_copy(update={"speed": "max"})
    return listen(open_source(config, SystemClock()), seconds=seconds, wait_s=wait)


def _write(path: Path, text: str, *, force: bool) -> None:
    """Whole or not at all, and never over a file that has appeared meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    try:
        if force:
            Path(name).replace(path)
        else:
            path.hardlink_to(name)
    except FileExistsError:
        raise FileThere(path=path) from None
    finally:
        Path(name).unlink(missing_ok=True)
