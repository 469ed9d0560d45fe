"""pilothouse recorder: the flight recorder on the robot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.recorder import watch
from pilothouse.cli.recorder.init import init

if TYPE_CHECKING:
    from pilothouse.recorder.settings import RecorderSettings

app = typer.Typer(
    help="Keep the last minute on the robot, crash-safe, and seal it when a trigger fires.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

LATER = (
    init,
    watch.save,
    watch.pin,
    watch.status,
    watch.tail,
    watch.reload,
    watch.schema,
)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
def run(context: typer.Context) -> None:
    """Record until told to stop."""
    from pilothouse.cli.recorder.run import main

    raise SystemExit(main(context.args))


@app.command()
def check(config: Annotated[Path, typer.Argument(help="The YAML file to check.")]) -> None:
    """Say what a configuration file means, or what is wrong with it, without starting anything."""
    from pilothouse.cli.recorder.run import read_settings
    from pilothouse.recorder.too_large import LARGEST_PART
    from pilothouse.triggers import build_rule

    settings = read_settings(config)
    kept = f"{settings.window_s:g} s in {settings.max_bytes / (1 << 20):g} MiB"
    print(f"{config} is fine: robot {settings.robot_id}, {kept}")
    print(f"largest  {settings.max_bytes / LARGEST_PART / (1 << 20):g} MiB a message; larger ones are turned away")
    for source in settings.sources:
        print(f"source   {source.summary}")
    if not settings.sources:
        print(f"source   none: {'only what programs push is recorded' if settings.push else 'nothing is recorded'}")
    for topic in settings.topics:
        print(f"topics   {topic.summary}")
    for rule in settings.triggers:
        pre_s = settings.default_pre_s if rule.pre_s is None else rule.pre_s
        post_s = settings.post_s if rule.post_s is None else rule.post_s
        print(f"trigger  {build_rule(rule).name}: {rule.condition}, {pre_s:g} s before and {post_s:g} s after")
    print(f"hub      {settings.hub_url or 'none: recordings stay here'}")
    for source in settings.sources:
        # A file may be written here for a robot that has it.
        if source.kind == "replay" and not source.path.exists():
            print(f"mind     {source.path} is not here: a recorder would not start without it", file=sys.stderr)
    for name, watched, rate_hz in _thinned(settings):
        said = f"{name} sees {watched} at most {rate_hz:g} times a second: max_rate_hz thins it out before rules see it"
        print(f"mind     {said}", file=sys.stderr)


def _thinned(settings: RecorderSettings) -> Iterator[tuple[str, str, float]]:
    """Rules that see only a part of a topic, and how much of it."""
    from pilothouse.triggers import build_rule

    for rule in settings.triggers:
        for topic in sorted(build_rule(rule).topics):
            selections = [one.selection for one in settings.sources if one.selection.wants(topic)]
            limits = [one.limit(topic) or settings.topic_rules.limit(topic) for one in selections]
            rates = [one.rate_hz for one in limits if one is not None]
            if rates:
                yield rule.called, topic, min(rates)


for command in LATER:
    app.command()(command)
