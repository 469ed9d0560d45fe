"""Commands that ask a running recorder: save, status, tail, reload; and schema, which asks nobody."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli.parts.options import AsJson
from pilothouse.kit.errors import NotFound

# `recorder run` loads this module as well, and a robot has no use for what only looks at it.
if TYPE_CHECKING:
    from pilothouse.cli.recorder.link import RecorderLink

REFRESH_S = 1.0

Url = Annotated[str, typer.Option(help="Where the recorder listens; PILOTHOUSE_RECORDER_TOKEN is shown if it is set.")]
HERE = "http://127.0.0.1:7000"


class TopicUnheard(NotFound):
    """The recorder has heard nothing on {topic} yet{advice}."""


def save(
    label: Annotated[str | None, typer.Option(help="What to remember it by.")] = None,
    as_json: AsJson = False,
    url: Url = HERE,
) -> None:
    """Save the last minute of a running recorder as a recording, now."""
    saved = _link(url).save(label)
    if as_json:
        print(json.dumps(saved))
    else:
        print(f"{saved['session_id']}  {saved['duration_s']:.1f} s, {len(saved['topics'])} topics\n{saved['path']}")


def pin(
    session_id: Annotated[str, typer.Argument(help="The recording, as `status` names it.", show_default=False)],
    undo: Annotated[bool, typer.Option("--undo", help="Let retention remove it again.")] = False,
    url: Url = HERE,
) -> None:
    """Keep a recording on the robot, however old it gets and however full the disk is."""
    pinned = _link(url).pin(session_id, is_pinned=not undo)["pinned"]
    print(f"{session_id} {'is pinned: it stays until --undo' if pinned else 'may be removed again'}")


def status(
    once: Annotated[bool, typer.Option("--once", help="Print it once and end, as without a terminal.")] = False,
    as_json: AsJson = False,
    url: Url = HERE,
) -> None:
    """Watch a running recorder: sources, rates, buffer, rules, captures and how far their delivery is.

    Ends with Ctrl-C. Exit code 7: no recorder answers.
    """
    link = _link(url)
    state = link.everything()
    if as_json:
        print(json.dumps(state))
    elif once or not sys.stdout.isatty():
        from pilothouse.cli.recorder.view import overview

        print(overview(state, link.url))
    else:
        _watch(link, state)


def tail(
    topic: Annotated[str, typer.Argument(help="The topic to follow.", show_default=False)],
    lines: Annotated[int, typer.Option(min=0, help="End after so many lines; 0 goes on until Ctrl-C.")] = 0,
    interval: Annotated[float, typer.Option(min=0.05, max=3600, help="Seconds between lines.")] = 1.0,
    url: Url = HERE,
) -> None:
    """Follow one topic of a running recorder: how many messages, how fast, how long ago the last."""
    from datetime import datetime

    from pilothouse.cli.recorder.view import topic_line

    link = _link(url)
    before: int | None = None
    with _until_interrupted():
        for number in count(1):
            found = _topic(link, topic)
            print(topic_line(found, before, datetime.now().astimezone().strftime("%H:%M:%S")), flush=True)
            before = found["message_count"]
            if number == lines:
                return
            time.sleep(interval)


def reload(as_json: AsJson = False, url: Url = HERE) -> None:
    """Have a running recorder read its configuration file again and apply it; what it holds stays.

    Exit code 2: the file is wrong. Exit code 5: something in it needs a restart. Either way nothing is applied.
    """
    applied = _link(url).reload()
    if as_json:
        print(json.dumps(applied))
        return
    print(f"applied: {', '.join(applied['changed']) or 'nothing differs'}")
    for name in applied["stopped"]:
        print(f"stopped  {name}")
    for name in applied["started"]:
        print(f"started  {name}")


def schema() -> None:
    """Print the JSON Schema of a recorder's configuration file.

    With it an editor completes and checks recorder.yaml. For the YAML language server:
    pilothouse recorder schema > recorder.schema.json, and in the first line of recorder.yaml
    # yaml-language-server: $schema=recorder.schema.json
    """
    from pilothouse.recorder.config_schema import config_schema

    print(json.dumps(config_schema(), indent=2))


def _link(url: str) -> RecorderLink:
    from pilothouse.cli.recorder.link import RecorderLink

    return RecorderLink(url)


def _topic(link: RecorderLink, topic: str) -> dict[str, Any]:
    from pilothouse.kit.nearest import nearest

    topics: dict[str, dict[str, Any]] = link.get("/topics")["topics"]
    if topic not in topics:
        near = nearest(topic, topics)
        raise TopicUnheard(topic=topic, advice=f" (did you mean {near}?)" if near else "")
    return topics[topic]


def _watch(link: RecorderLink, state: dict[str, Any]) -> None:
    from rich.live import Live
    from rich.text import Text

    from pilothouse.cli.recorder.view import overview

    with _until_interrupted(), Live(screen=True, auto_refresh=False) as live:
        while True:
            # The rest of the screen is for rules and captures.
            most_topics = max(3, live.console.height // 2)
            live.update(Text(overview(state, link.url, most_topics=most_topics), no_wrap=True), refresh=True)
            time.sleep(REFRESH_S)
            state = link.everything()


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        return
