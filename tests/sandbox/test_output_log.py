"""The output of a command: every byte has its offset, whatever is dropped, and a crash takes nothing that was there."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.kit.clock import ManualClock
from pilothouse.sandbox.log import LogCaps, OutputLog, Stream
from pilothouse.sandbox.log.model import Line
from pilothouse.sandbox.log.segments import HEADER
from pilothouse.sandbox.model import Ending, TerminationReason
from pilothouse.sandbox.problems import LogDamaged
from tests.support.processes import eventually

OUT, ERR = Stream.STDOUT, Stream.STDERR
ENDED = Ending(TerminationReason.EXIT, 0)


def content(log: OutputLog, stream: Stream | None = None, start: int = 0) -> bytes:
    return b"".join(frame.content for frame in log.read(start, 1 << 40, stream))


def texts(lines: tuple[Line, ...]) -> list[bytes]:
    return [line.content for line in lines]


def test_both_streams_are_kept_in_the_order_they_came_with_their_times(tmp_path: Path) -> None:
    clock = ManualClock()
    log = OutputLog.create(tmp_path, clock)
    log.append(OUT, b"one\n")
    clock.advance(1)
    log.append(ERR, b"two\n")
    log.append(OUT, b"three\n")
    log.close(ENDED)

    frames = OutputLog.open(tmp_path).read()
    assert [(frame.offset, frame.stream, frame.content) for frame in frames] == [
        (0, OUT, b"one\n"), (4, ERR, b"two\n"), (8, OUT, b"three\n"),
    ]  # fmt: skip
    assert frames[1].time_ns - frames[0].time_ns == 1_000_000_000
    assert content(log, OUT) == b"one\nthree\n"
    assert content(log, ERR) == b"two\n"
    assert log.status().size_bytes == 14
    assert log.status().ending == ENDED


@pytest.mark.parametrize("start", range(15))
def test_reading_goes_on_from_any_offset(tmp_path: Path, start: int) -> None:
    log = OutputLog.create(tmp_path)
    for piece in (b"one\n", b"two\n", b"three\n"):
        log.append(OUT, piece)

    assert content(log, start=start) == b"one\ntwo\nthree\n"[start:]
    assert all(frame.offset >= start for frame in log.read(start))
    log.close(ENDED)


def test_a_limit_is_kept_to_the_byte(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"x" * 1000)
    log.append(ERR, b"y" * 1000)

    frames = log.read(900, 150)
    assert [(frame.offset, len(frame.content)) for frame in frames] == [(900, 100), (1000, 50)]
    log.close(ENDED)


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.sampled_from(list(Stream)), st.binary(max_size=700)), max_size=40),
    head=st.integers(0, 3000),
    tail=st.integers(0, 5000),
)
def test_whatever_the_caps_offsets_are_honest(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[Stream, bytes]], head: int, tail: int
) -> None:
    log = OutputLog.create(tmp_path_factory.mktemp("log"), caps=LogCaps(head, tail))
    for stream, piece in pieces:
        log.append(stream, piece)
    whole = b"".join(piece for _, piece in pieces)

    status = log.status()
    assert status.size_bytes == len(whole)
    kept = log.read(0, 1 << 40)
    assert all(whole[frame.offset : frame.end] == frame.content for frame in kept)
    kept_bytes = sum(len(frame.content) for frame in kept)
    dropped = 0 if status.dropped is None else status.dropped[1] - status.dropped[0]
    assert kept_bytes + dropped == len(whole)
    if status.dropped is not None:
        assert all(frame.end <= status.dropped[0] or frame.offset >= status.dropped[1] for frame in kept)
        stored_tail = sum(len(one.content) + HEADER.size for one in kept if one.offset >= status.dropped[1])
        assert stored_tail >= min(tail, 256)
    log.close(ENDED)


def test_the_disk_a_log_takes_is_bounded_even_a_byte_at_a_time(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path, caps=LogCaps(20_000, 20_000))
    for _ in range(20_000):
        log.append(OUT, b"x")
    log.close(ENDED)

    stored = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert stored < 20_000 + 20_000 * 9 // 8 + 4096
    assert log.status().size_bytes == 20_000


def test_lines_before_and_after_what_was_dropped_are_not_joined(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path, caps=LogCaps(1000, 1000))
    for number in range(1000):
        log.append(OUT, f"line {number}\n".encode())

    head, tail = log.head(10_000), log.tail(3)
    assert head.lines[0].content == b"line 0"
    assert texts(tail.lines) == [b"line 997", b"line 998", b"line 999"]
    assert head.dropped_bytes > 0
    assert tail.dropped_bytes == 0
    whole = {f"line {number}".encode() for number in range(1000)}
    broken = [line for line in head.lines if line.content not in whole]
    assert len(broken) <= 2
    log.close(ENDED)


def test_the_first_lines_and_the_last(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    for number in range(5000):
        log.append(ERR if number % 10 == 0 else OUT, f"{number}\n".encode())
    log.append(OUT, b"unfinished")

    assert texts(log.head(3).lines) == [b"0", b"1", b"2"]
    assert log.head(3).next_offset == 6
    assert texts(log.tail(3).lines) == [b"4998", b"4999", b"unfinished"]
    assert texts(log.tail(2, ERR).lines) == [b"4980", b"4990"]
    assert texts(log.head(2, ERR).lines) == [b"0", b"10"]
    assert texts(log.head(0).lines) == texts(log.tail(0).lines) == []
    assert len(log.tail(10_000).lines) == 5001
    log.close(ENDED)


@pytest.mark.parametrize(
    "pieces", [[b"a\nb", b"\nc\n"], [b"a\n", b"b\n", b"c\n"], [b"a\nb\nc\n"], [bytes([one]) for one in b"a\nb\nc\n"]]
)
def test_lines_do_not_depend_on_how_the_bytes_came(tmp_path: Path, pieces: list[bytes]) -> None:
    log = OutputLog.create(tmp_path)
    for piece in pieces:
        log.append(OUT, piece)

    assert [(line.offset, line.content) for line in log.head(9).lines] == [(0, b"a"), (2, b"b"), (4, b"c")]
    assert [(line.offset, line.content) for line in log.tail(2).lines] == [(2, b"b"), (4, b"c")]
    assert [(line.offset, line.content) for line in log.grep(b"b").lines] == [(2, b"b")]
    log.close(ENDED)


def test_lines_are_found_by_what_they_contain_and_the_search_goes_on(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    for number in range(1000):
        log.append(OUT, f"step {number}: {'ERROR' if number % 100 == 7 else 'fine'}\n".encode())
    log.append(ERR, b"the last error, without a newline")

    first = log.grep(b"ERROR", limit=4)
    rest = log.grep(b"ERROR", start=first.next_offset)
    assert texts(first.lines) == [f"step {number}: ERROR".encode() for number in (7, 107, 207, 307)]
    assert texts(rest.lines) == [f"step {number}: ERROR".encode() for number in (407, 507, 607, 707, 807, 907)]
    assert texts(log.grep(b"error").lines) == [b"the last error, without a newline"]
    assert len(log.grep(b"error", ignore_case=True).lines) == 11
    assert log.grep(b"absent").next_offset == log.status().size_bytes
    line = first.lines[2]
    assert content(log, start=line.offset).startswith(line.content)
    log.close(ENDED)


def test_a_pattern_that_would_hang_a_backtracking_search_is_only_text(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"a" * 5_000_000 + b"\n(a+)+$\n")

    assert texts(log.grep(b"(a+)+$").lines) == [b"(a+)+$"]
    log.close(ENDED)


def test_a_line_of_many_megabytes_is_shown_cut_and_read_whole(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"short\n")
    for _ in range(20):
        log.append(OUT, b"\xff\x00" * 250_000)
    log.append(OUT, b"needle\nafter\n")

    long = log.head(2).lines[1]
    assert (long.offset, long.truncated, len(long.content)) == (6, True, 64 * 1024)
    assert texts(log.tail(1).lines) == [b"after"]
    assert len(log.grep(b"needle").lines) == 1
    assert log.status().size_bytes == 6 + 10_000_000 + 13
    log.close(ENDED)


@pytest.mark.anyio
async def test_following_gives_history_then_what_comes_then_ends(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"before\n")
    heard: list[bytes] = []
    caught_up = asyncio.Event()

    async def follow(source: OutputLog, start: int = 0) -> None:
        async for frame in source.follow(start):
            heard.append(frame.content)
            caught_up.set()

    async with asyncio.timeout(30):
        following = asyncio.create_task(follow(OutputLog.open(tmp_path)))
        await caught_up.wait()
        for number in range(100):
            log.append(OUT, f"{number}\n".encode())
            await asyncio.sleep(0)
        log.close(ENDED)
        await following
        assert b"".join(heard) == b"before\n" + b"".join(f"{number}\n".encode() for number in range(100))
        heard.clear()
        await follow(log, 7)

    assert heard[0] == b"0\n"


WRITER = """
import sys
from functools import partial
from pathlib import Path
from pilothouse.sandbox.log import OutputLog, Stream, LogCaps
log = OutputLog.create(Path(sys.argv[1]), caps=LogCaps(1 << 16, 1 << 16))
number = 0
print("writing", flush=True)
while True:
    log.append(Stream.STDOUT, b"%d\\n" % number * 50)
    number += 1
"""


def _has_more_than(log: OutputLog, size: int) -> bool:
    return log.status().size_bytes > size


def test_kill_9_of_the_writer_leaves_a_log_without_holes(tmp_path: Path) -> None:
    for round_ in range(5):
        place = tmp_path / str(round_)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            log = OutputLog.open(place)
            eventually(partial(_has_more_than, log, 30_000 * round_), what="the log to grow")
            writer.send_signal(signal.SIGKILL)

        status, frames = log.status(), log.read(0, 1 << 40)
        assert not status.closed
        assert frames[-1].end == status.size_bytes
        assert log.tail(1).lines[0].content.isdigit()


def test_what_a_crash_cut_short_is_not_there(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"whole\n")
    log.append(OUT, b"torn\n")
    log.close(ENDED)
    (segment,) = tmp_path.glob("*.log")
    for cut in range(1, HEADER.size + 5):
        os.truncate(segment, 2 * HEADER.size + 11 - cut)
        assert content(OutputLog.open(tmp_path)) == b"whole\n"
        assert OutputLog.open(tmp_path).status().size_bytes == 6


def test_an_ending_that_cannot_be_read_is_said_to_be_damaged(tmp_path: Path) -> None:
    OutputLog.create(tmp_path).close(ENDED)
    (tmp_path / "ending.json").write_text("{")

    with pytest.raises(LogDamaged):
        OutputLog.open(tmp_path).status()


def test_a_second_attempt_begins_anew(tmp_path: Path) -> None:
    before = OutputLog.create(tmp_path, caps=LogCaps(300, 300))
    before.append(OUT, b"x" * 5000)
    before.close(ENDED)
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"again\n")

    assert content(log) == b"again\n"
    assert log.status().ending is None
    assert log.status().dropped is None
    log.close(ENDED)


def test_the_first_ending_stands(tmp_path: Path) -> None:
    OutputLog.create(tmp_path).close(ENDED)
    OutputLog.open(tmp_path).close(Ending(TerminationReason.LOST))

    assert OutputLog.open(tmp_path).status().ending == ENDED


def test_a_full_disk_drops_output_and_does_not_stop_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = OutputLog.create(tmp_path)
    log.append(OUT, b"before\n")
    write = os.write

    def full(descriptor: int, content: bytes) -> int:
        write(descriptor, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    log.append(OUT, b"lost\n")
    monkeypatch.setattr(os, "write", write)
    log.append(OUT, b"after\n")

    assert [(frame.offset, frame.content) for frame in log.read()] == [(0, b"before\n"), (12, b"after\n")]
    log.close(ENDED)
