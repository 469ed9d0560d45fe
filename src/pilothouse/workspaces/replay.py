"""`pilothouse-replay`: plays a recording in a session, as JSON lines, to a program's standard input or over Zenoh."""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pilothouse.kit.errors import Invalid, NotFound, Problem
from pilothouse.mcap.decoding.decoding import Decoders
from pilothouse.mcap.model import Message
from pilothouse.mcap.problems import Undecodable
from pilothouse.mcap.reading.reading import open_recording

NS_PER_S = 1_000_000_000
RECORDING = "PILOTHOUSE_RECORDING"
RECORDINGS = "PILOTHOUSE_RECORDINGS"
# Shorter waits cost more than they bring.
_EARLY_S = 0.001
_LOOK_S = 0.02
_ENCODINGS = {"json": "application/json", "protobuf": "application/protobuf", "cdr": "application/cdr"}

Take = Callable[[Message], None]


class NoRecording(Invalid):
    """Which recording? This session has {some}; name one, by id or as a file."""


class RecordingAbsent(NotFound):
    """There is no recording {name} in this session."""


class ZenohAbsent(Invalid):
    """Zenoh is not installed where this session runs: pip install 'pilothouse[zenoh]' there."""


class NobodyListens(NotFound):
    """Nobody has subscribed within {seconds:g} s."""


@dataclass(frozen=True, slots=True)
class Playing:
    """What is played, and how fast; ``speed`` None is as fast as it goes."""

    file: Path
    topics: frozenset[str] | None
    speed: float | None
    start_s: float | None
    end_s: float | None
    loop: bool


def main(words: Sequence[str]) -> int:
    """Play as the words of a command line say; the exit code."""
    ours, theirs = _divided(list(words))
    asked = _parser().parse_args(ours)
    try:
        playing = _playing(asked)
        if asked.zenoh:
            with _zenoh(asked, playing) as take:
                play(playing, take)
            return 0
        if theirs:
            return _feed(theirs, playing, raw=asked.raw)
        try:
            play(playing, _lines(sys.stdout.buffer, raw=asked.raw, prompt=playing.speed is not None))
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read has gone; what is left to be written at the end goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except Problem as problem:
        print(f"pilothouse-replay: {problem.sentence}", file=sys.stderr)  # noqa: T201 - a program
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def play(playing: Playing, take: Take) -> None:
    """Hand over the messages at their time."""
    while True:
        with open_recording(playing.file) as recording:
            begins_ns = recording.summary().start_ns or 0
            window = (_at(begins_ns, playing.start_s), _at(begins_ns, playing.end_s))
            first_ns, began_s = None, time.monotonic()
            for message in recording.messages(topics=playing.topics, start_ns=window[0], end_ns=window[1]):
                first_ns = message.log_time_ns if first_ns is None else first_ns
                if playing.speed is not None:
                    due_s = began_s + (message.log_time_ns - first_ns) / NS_PER_S / playing.speed
                    early_s = due_s - time.monotonic()
                    if early_s > _EARLY_S:
                        time.sleep(early_s)
                take(message)
        if not playing.loop or first_ns is None:
            return


def _at(begins_ns: int, offset_s: float | None) -> int | None:
    return None if offset_s is None else begins_ns + round(offset_s * NS_PER_S)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pilothouse-replay",
        description="Play a recording: as JSON lines on standard output, to the standard input of a command, or over "
        "Zenoh. A line is {topic, log_time_ns, publish_time_ns, sequence, type, message}; what cannot be decoded has "
        "{encoding, base64} in the place of message.",
        usage="pilothouse-replay [RECORDING] [options] [-- COMMAND ...]",
    )
    add = parser.add_argument
    add("recording", nargs="?", help=f"its id, or a file; ${RECORDING} when absent")
    add("--topic", action="append", metavar="TOPIC", help="only this one; may be said again")
    add("--speed", type=_speed, default=1.0, help="1 as it was recorded, 10 ten times as fast, max as fast as it goes")
    add("--start", type=float, metavar="S", help="begin so many seconds after its start")
    add("--end", type=float, metavar="S", help="end so many seconds after its start")
    add("--loop", action="store_true", help="begin again at its end")
    add("--raw", action="store_true", help="decode nothing")
    add("--zenoh", action="store_true", help="publish each message on the key of its topic, as it was recorded")
    add("--prefix", default="", help="stands before the keys")
    add("--listen", action="append", default=[], metavar="ENDPOINT", help="such as tcp/127.0.0.1:7447")
    add("--connect", action="append", default=[], metavar="ENDPOINT", help="such as tcp/127.0.0.1:7447")
    add("--wait", type=float, default=0.0, metavar="S", help="first wait so long for a subscriber")
    return parser


def _divided(words: list[str]) -> tuple[list[str], list[str]]:
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1 :]


def _speed(word: str) -> float | None:
    if word == "max":
        return None
    speed = float(word)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError("a speed is a number above 0, or max")
    return speed


def _playing(asked: argparse.Namespace) -> Playing:
    topics = None if asked.topic is None else frozenset(asked.topic)
    return Playing(_file(asked.recording), topics, asked.speed, asked.start, asked.end, asked.loop)


def _file(name: str | None) -> Path:
    here = [Path(one) for one in os.environ.get(RECORDINGS, "").split(":") if one]
    if name is None:
        only = os.environ.get(RECORDING)
        if not only:
            raise NoRecording(some="none")
        return Path(only)
    found = next((one for one in (*here, Path(name)) if name in (one.stem, str(one)) and one.is_file()), None)
    if found is None:
        raise RecordingAbsent(name=name)
    return found


def _lines(output: IO[bytes], *, raw: bool, prompt: bool) -> Take:
    import msgspec

    decoders, encoder = Decoders(), msgspec.json.Encoder(enc_hook=_plain)

    def take(message: Message) -> None:
        channel = message.channel
        line: dict[str, Any] = {
            "topic": channel.topic,
            "log_time_ns": message.log_time_ns,
            "publish_time_ns": message.publish_time_ns,
            "sequence": message.sequence,
            "type": channel.schema.name if channel.schema is not None else None,
        }
        try:
            decoded = None if raw else decoders.decode(channel, message.content)
        except Undecodable:
            decoded = None
        if decoded is None:
            line |= {"encoding": channel.message_encoding, "base64": base64.b64encode(message.content).decode()}
        else:
            line["message"] = decoded
        output.write(encoder.encode(line) + b"\n")
        if prompt:
            output.flush()

    return take


def _plain(value: Any) -> Any:
    """numpy's arrays and numbers, of which only the decoders know."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise NotImplementedError


def _feed(command: list[str], playing: Playing, *, raw: bool) -> int:
    """Run a command that reads the lines; its exit code, as a shell would say it."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - that is what was asked for
    except OSError as error:
        print(f"pilothouse-replay: {command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - a program
        return 127
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin:
        play(playing, _lines(process.stdin, raw=raw, prompt=playing.speed is not None))
    code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _zenoh(asked: argparse.Namespace, playing: Playing) -> Iterator[Take]:
    try:
        import zenoh
    except ModuleNotFoundError:
        raise ZenohAbsent from None
    import json

    config = zenoh.Config()
    config.insert_json5("scouting/multicast/enabled", json.dumps(not (asked.listen or asked.connect)))
    for name, endpoints in (("listen", asked.listen), ("connect", asked.connect)):
        if endpoints:
            config.insert_json5(f"{name}/endpoints", json.dumps(endpoints))
    with open_recording(playing.file) as recording:
        topics = [one.topic for one in recording.summary().channels]
    wanted = [topic for topic in topics if playing.topics is None or topic in playing.topics]
    with zenoh.open(config) as session:
        publishers = {topic: session.declare_publisher(_key(asked.prefix, topic)) for topic in wanted}
        _await_subscriber(asked.wait, lambda: any(map(_matches, publishers.values())))

        def take(message: Message) -> None:
            encoding = _ENCODINGS.get(message.channel.message_encoding, "application/octet-stream")
            publishers[message.channel.topic].put(message.content, encoding=zenoh.Encoding(encoding))

        yield take


def _matches(publisher: Any) -> bool:
    return bool(publisher.matching_status.matching)  # its own stubs take this for a bool


def _key(prefix: str, topic: str) -> str:
    return "/".join(part for part in (prefix.strip("/"), topic.strip("/")) if part)


def _await_subscriber(seconds: float, is_there: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while seconds > 0 and not is_there():
        if time.monotonic() > until:
            raise NobodyListens(seconds=seconds)
        time.sleep(_LOOK_S)
