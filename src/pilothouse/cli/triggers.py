"""pilothouse triggers: try rules on stored recordings before a robot runs them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli.parts.options import AsJson
from pilothouse.kit.clock import NS_PER_S, at
from pilothouse.kit.errors import BadConfiguration, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pilothouse.mcap import Message
    from pilothouse.triggers import TriggerConfig
    from pilothouse.triggers.backtest import Backtest, Firing

app = typer.Typer(
    help="Try the rules of a recorder on stored recordings, and see the presets.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

CONFIG_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
BAG_SUFFIXES = frozenset({".bag", ".db3"})
# No recorder runs beside this: of a bag so much may be in memory at once.
MOST_BAG_BYTES = 1 << 30
INDENT = "    "


class NoSuchRecording(NotFound):
    """There is no recording {path}."""


@dataclass(slots=True)
class Stored:
    """A recording, whatever wrote it. What ``topics`` counts is all there when the messages have been read."""

    start_ns: int | None
    duration_s: float
    message_count: int
    topics: Counter[str]
    messages: Callable[[Backtest], Iterable[Message]]

    def to_read(self, run: Backtest) -> int:
        """How many messages this run will see, at most."""
        if run.topics is None or not self.topics:
            return self.message_count
        return sum(self.topics[topic] for topic in run.topics)


@dataclass(slots=True)
class Tested:
    """What the rules did with one file."""

    file: Path
    stored: Stored
    firings: list[Firing] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def offset_s(self, time_ns: int) -> float:
        return (time_ns - (self.stored.start_ns or 0)) / NS_PER_S


@app.command(name="test")
def run_rules(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="[CONFIG] FILE...",
            help="A YAML file with triggers, then recordings: .mcap, .bag, .db3, bag directories.",
        ),
    ],
    trigger: Annotated[
        list[str] | None,
        typer.Option(help="A rule in one line, '/speed.data > 9 for 0.5 s'; CONFIG may then be left out."),
    ] = None,
    around: Annotated[float, typer.Option(min=0.1, max=600, help="Seconds plotted on each side of a firing.")] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Run rules over recordings and show each firing, with a plot of what was measured around it.

    The rules are those of a recorder, judged by the same code on the time of the messages. CONFIG is the recorder's
    YAML file or any with a `triggers:` list. Exit code 0 with firings or without, 2 for a configuration or a recording
    that cannot be used.

    Example: pilothouse triggers test --trigger '/speed.data > 9' flight.mcap
    """
    config, files = _sorted_out(paths, has_rule=bool(trigger))
    rules = _rules(config, trigger or [])
    results = []
    for file in files:
        tested = _test(file, rules, around_s=around)
        results.append(tested)
        if not as_json:
            _print(tested)
    if as_json:
        print(json.dumps(_facts(results), indent=2, allow_nan=False))
    else:
        total = sum(len(one.firings) for one in results)
        print(f"{_count(total, 'firing')} of {_count(len(rules), 'rule')} in {_count(len(files), 'file')}")


@app.command()
def presets(
    name: Annotated[str | None, typer.Argument(help="Show the rules of this preset, ready to be changed.")] = None,
) -> None:
    """List the presets, or print one as the YAML it stands for."""
    import yaml

    from pilothouse.triggers.presets import PRESETS

    if name is None:
        for one, rules in PRESETS.items():
            print(f"{one:<15} {', '.join(rule['name'] for rule in rules)}")
    elif name in PRESETS:
        print(yaml.safe_dump({"triggers": list(PRESETS[name])}, sort_keys=False), end="")
    else:
        raise BadConfiguration(problem=f"there is no preset {name!r}; known: {', '.join(PRESETS)}")


def _sorted_out(paths: Sequence[Path], *, has_rule: bool) -> tuple[Path | None, Sequence[Path]]:
    config = paths[0] if paths[0].suffix.lower() in CONFIG_SUFFIXES else None
    files = paths[1:] if config else paths
    if config is None and not has_rule:
        raise BadConfiguration(problem=f"{paths[0]} is no .yaml file: give a CONFIG first, or --trigger")
    if not files:
        raise BadConfiguration(problem="give at least one recording after the configuration")
    for file in files:
        if not file.exists():
            raise NoSuchRecording(path=file)
    return config, files


def _rules(config: Path | None, expressions: Sequence[str]) -> tuple[TriggerConfig, ...]:
    from pilothouse.kit.settings import Settings, load, read_file
    from pilothouse.triggers import Triggers, parse_expression

    class TriggerList(Settings):
        """The part of a recorder's settings that counts here."""

        triggers: Triggers = ()

    added = tuple(parse_expression(text) for text in expressions)
    if config is None:
        return added
    written = read_file(config)
    if not written.get("triggers") and not added:
        raise BadConfiguration(problem=f"{config} has no rules under 'triggers:'")
    try:
        own = load(TriggerList, overrides={"triggers": written.get("triggers")}, environ={})
    except BadConfiguration as problem:
        raise BadConfiguration(problem=f"{config}: {problem.sentence}") from None
    return (*own.triggers, *added)


def _test(file: Path, configs: Sequence[TriggerConfig], *, around_s: float) -> Tested:
    from pilothouse.mcap import Decoders
    from pilothouse.triggers import build_rule
    from pilothouse.triggers.backtest import Backtest

    run = Backtest([build_rule(config) for config in configs], Decoders(), around_s=around_s)
    with (_bag if file.is_dir() or file.suffix in BAG_SUFFIXES else _mcap)(file) as stored:
        tested = Tested(file, stored)
        with _progress(tested, run) as told:
            tested.firings += run.run(told(stored.messages(run)))
    tested.firings.sort(key=lambda one: one.fired.fired_at_ns)
    tested.warnings += _warnings(stored, run)
    return tested


@contextmanager
def _mcap(file: Path) -> Iterator[Stored]:
    from pilothouse.mcap import open_recording

    with open_recording(file) as recording:
        summary = recording.summary()
        topics = Counter[str]()
        for channel in summary.channels:
            topics[channel.topic] += channel.message_count
        yield Stored(
            summary.start_ns, summary.duration_s, summary.message_count, topics,
            lambda run: recording.messages(topics=run.topics),
        )  # fmt: skip


@contextmanager
def _bag(file: Path) -> Iterator[Stored]:
    from pilothouse.recorder.sources.flights import Unread
    from pilothouse.recorder.sources.replay import open_flight

    flight, extent = open_flight(file)

    def messages(run: Backtest) -> Iterator[Message]:
        for one in flight.messages(MOST_BAG_BYTES, lambda size: None):
            if isinstance(one, Unread):
                stored.topics[one.topic] += 1
                run.undecodable[one.topic] += 1
            else:
                stored.topics[one.channel.topic] += 1
                yield one

    duration_s = (extent.end_ns - extent.start_ns) / NS_PER_S
    stored = Stored(extent.start_ns, duration_s, extent.message_count, Counter(), messages)
    yield stored


def _warnings(stored: Stored, run: Backtest) -> Iterator[str]:
    for rule in run.rules:
        absent = sorted(rule.topics - stored.topics.keys())
        if absent:
            yield f"{rule.name}: nothing in this file on {', '.join(absent)}"
        if rule.unmeasured:
            yield f"{rule.name}: {_count(rule.unmeasured, 'message')} had nothing to measure; check its field"
    for topic, count in sorted(run.undecodable.items()):
        yield f"{topic}: {_count(count, 'message')} could not be decoded"


@contextmanager
def _progress(tested: Tested, run: Backtest) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere; what it yields wraps the messages."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ModuleNotFoundError:  # a robot has no rich, and needs no bar
        yield iter
        return
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(tested.file.name, total=tested.stored.to_read(run))

        def told(messages: Iterable[Message]) -> Iterator[Message]:
            for number, message in enumerate(messages):
                if number % 500 == 0:
                    bar.update(task, completed=number)
                yield message

        yield told


def _print(tested: Tested) -> None:
    from pilothouse.triggers.plot import plot

    stored = tested.stored
    print(f"{tested.file}: {stored.duration_s:.1f} s, {_count(stored.message_count, 'message')}")
    for warning in tested.warnings:
        print(f"  warning: {warning}")
    for one in tested.firings:
        fired = one.fired
        offset_s = tested.offset_s(fired.fired_at_ns)
        print(f"  {fired.rule}  at {offset_s:.3f} s ({_moment(fired.fired_at_ns)})  {_against(one)}")
        curve = [(tested.offset_s(time_ns), value) for time_ns, value in one.samples]
        for line in plot(curve, mark_at=offset_s, limit=fired.threshold):
            print(f"{INDENT}{line}")
    if not tested.firings:
        print("  no firing")


def _against(firing: Firing) -> str:
    from pilothouse.triggers.kinds.limit import SYMBOLS

    fired = firing.fired
    where = ".".join(part for part in (fired.topic, fired.field) if part)
    value = "no number" if fired.value is None else f"{fired.value:.4g}"
    symbol = next((text for op, text in SYMBOLS.items() if op.value == fired.op), fired.op or "")
    threshold = "" if fired.threshold is None else f" {fired.threshold:.4g}"
    return f"{where}: {value} {symbol}{threshold}".rstrip()


def _moment(time_ns: int) -> str:
    try:
        return at(time_ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return f"{time_ns} ns"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _facts(results: Sequence[Tested]) -> dict[str, object]:
    return {
        "firings": sum(len(one.firings) for one in results),
        "files": [
            {
                "file": str(one.file),
                "messages": one.stored.message_count,
                "start_ns": one.stored.start_ns,
                "duration_s": one.stored.duration_s,
                "warnings": one.warnings,
                "firings": [_firing_facts(one, firing) for firing in one.firings],
            }
            for one in results
        ],
    }


def _firing_facts(tested: Tested, firing: Firing) -> dict[str, object]:
    fired = firing.fired
    return {
        **fired.model_dump(mode="json"),
        "at": _moment(fired.fired_at_ns),
        "offset_s": tested.offset_s(fired.fired_at_ns),
    }
