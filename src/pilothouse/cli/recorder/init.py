"""pilothouse recorder init: listens to a source, and writes a configuration that fits it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.parts.new_file import refuse_to_replace, write_new

if TYPE_CHECKING:
    from pilothouse.recorder.sources.survey import Survey


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
    from pilothouse.cli.recorder.run import read_settings
    from pilothouse.kit.host import host_robot_id
    from pilothouse.recorder.proposal import Load, propose

    refuse_to_replace(out, force=force)
    survey = _listen(source, seconds, wait)
    topics, span_s = survey.topics(), survey.span_s
    text = propose(source, robot_id or host_robot_id(), topics, span_s)
    write_new(out, text, force=force)
    for one in topics:
        print(f"{one.topic}  {Load.of(one, span_s).summary}")
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
