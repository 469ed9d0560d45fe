"""A real process, really killed: at most half a second of what it had appended is gone."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pilothouse.mcap import Spool, open_recording, recover_spool, verify
from tests.support.readers import read_as_stream, read_by_index

WRITER = """
import sys, time
from pathlib import Path
from pilothouse.mcap import Channel, Ring, Spool
from tests.support.lateness import Lateness

lateness = Lateness(Path(sys.argv[1]).with_name("lateness"))
spool = Spool(Path(sys.argv[1]), max_bytes=64 << 20, segment_bytes=4 << 20)
ring = Ring(window_s=60, max_bytes=64 << 20, spool=spool)
small = ring.add_channel(Channel("/small", "json"))
fat = ring.add_channel(Channel("/fat", "json"))
picture = bytes(range(256)) * 160
number = 0
while True:
    now = time.time_ns()
    ring.append(small, now, b"%d" % number)
    if number % 10 == 0:
        ring.append(fat, now, picture)
    number += 1
    if number % 20 == 0:
        print(now, number, lateness.worst_ns, flush=True)
    time.sleep(0.002)
"""
# What the promise allows: an open chunk of half a second. The rest is what a machine may delay a thread, and twice what
# it does delay one that only writes.
ALLOWED_NS = 500_000_000
LATE_THREAD_NS = 400_000_000


@pytest.mark.parametrize("seed", range(5))
def test_kill_9_loses_at_most_half_a_second(tmp_path: Path, seed: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path / "spool"], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        lines = [writer.stdout.readline()]
        until = time.monotonic() + 1 + random.Random(seed).random()
        while time.monotonic() < until:
            lines.append(writer.stdout.readline())
        assert Spool.leftovers(tmp_path / "spool") == []
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    lines += [line for line in writer.stdout if line.endswith("\n")]
    writer.stdout.close()
    last_ns, appended, late_ns = map(int, lines[-1].split())

    (leftover,) = Spool.leftovers(tmp_path / "spool")
    captured = recover_spool(leftover, tmp_path / "a.mcap", metadata={})

    assert captured is not None
    assert captured.end_ns is not None
    assert last_ns - captured.end_ns <= ALLOWED_NS + LATE_THREAD_NS + 2 * late_ns
    with open_recording(captured.path) as recording:
        numbers = [int(one.content) for one in recording.messages(topics=["/small"])]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > appended / 3 or late_ns > ALLOWED_NS
    assert verify(captured.path).ok
    assert len(read_as_stream(captured.path)) == len(read_by_index(captured.path)) == captured.message_count
