"""Readers we did not write: what we wrote must look the same to them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from mcap.reader import NonSeekingReader, SeekingReader
from mcap.stream_reader import StreamReader


class Read(NamedTuple):
    topic: str
    log_time_ns: int
    content: bytes


def read_as_stream(path: Path) -> list[Read]:
    """Every message in file order, as the ``mcap`` library streams it, all checksums validated."""
    with path.open("rb") as file:
        reader = NonSeekingReader(file, validate_crcs=True)
        return [
            Read(channel.topic, message.log_time, message.data)
            for _, channel, message in reader.iter_messages(log_time_order=False)
        ]


def read_by_index(path: Path) -> list[Read]:
    """Every message in log-time order, as the ``mcap`` library finds it through the summary."""
    with path.open("rb") as file:
        reader = SeekingReader(file, validate_crcs=True)
        assert reader.get_summary() is not None
        return [Read(channel.topic, message.log_time, message.data) for _, channel, message in reader.iter_messages()]


def read_every_record(path: Path) -> int:
    """How many records of any kind the ``mcap`` library reads, message indexes included."""
    with path.open("rb") as file:
        return sum(1 for _ in StreamReader(file, validate_crcs=True, emit_chunks=True).records)


def rerun_check(path: Path) -> str:
    """What ``rerun mcap check`` says; fails when it finds anything wrong."""
    rerun = Path(sys.executable).with_name("rerun")
    quiet = {**os.environ, "DO_NOT_TRACK": "1", "FORCE_ANALYTICS": "0", "NO_COLOR": "1"}
    done = subprocess.run([rerun, "mcap", "check", path], capture_output=True, text=True, env=quiet, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nok" in done.stdout, done.stdout
    return done.stdout
