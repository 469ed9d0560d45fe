"""`kill -9` of a recorder again and again while it records the real flight, and what is left afterwards."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pilothouse.mcap import open_recording, verify
from tests.support.flights import NS_PER_S, drone_flight
from tests.support.lateness import Lateness
from tests.support.processes import Program, eventually, pilothouse

POSE = "/groundtruth/pose"
# Long enough for something to have been sealed; what is lost before that is less than half a second.
SHORTEST_S, LONGEST_S = 0.7, 1.7


@dataclass
class Kills:
    """What came of it: one recording for each kill, if all is well."""

    rounds: int = 0
    missing_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    """How late the machine made a thread that writes to disk, in each round: what the recorder cannot help."""
    problems: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def beyond_the_machine_s(self) -> list[float]:
        """What is missing, without what the machine delayed: a look at the clock and a write to disk."""
        return [max(0.0, missing - 2 * late) for missing, late in zip(self.missing_s, self.late_s, strict=True)]


def get(program: Program, path: str) -> Any:
    with urllib.request.urlopen(program.url + path, timeout=30) as answer:
        return json.load(answer)


def newest_ns(program: Program) -> int:
    topics = get(program, "/topics")["topics"]
    return int(topics[POSE]["last_log_time_ns"] or 0) if POSE in topics else 0


def recordings(data: Path) -> list[Path]:
    return sorted((data / "sessions").glob("*.mcap"))


def rows(data: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(data / "outbox.db")
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM captures ORDER BY requested_at_ns, session_id")]
    finally:
        connection.close()


def settled(data: Path) -> list[dict[str, Any]]:
    """The rows once nothing is waiting any more."""
    return eventually(lambda: (found := rows(data)) and all(r["state"] != "waiting" for r in found) and found) or []


def poses(path: Path) -> list[tuple[int, bytes]]:
    with open_recording(path) as recording:
        return [(one.log_time_ns, one.content) for one in recording.messages(topics=[POSE])]


def kill_again_and_again(data: Path, rounds: int, *, seed: int, most_s: float = float("inf")) -> Kills:
    """As many rounds as asked for, fewer if they take longer than ``most_s``; then everything is looked at."""
    chance, until = random.Random(seed), time.monotonic() + most_s
    kills, heard_ns = Kills(), []
    while kills.rounds < rounds and time.monotonic() < until:
        source = ("--source", f"replay:{drone_flight()}")
        lateness = Lateness(data.with_name(f"{data.name}-lateness"))
        with pilothouse("recorder", "run", *source, "--data", data, "--port", "0") as program:
            eventually(lambda program=program: newest_ns(program), what="the first message")
            threading.Event().wait(chance.uniform(SHORTEST_S, LONGEST_S))
            heard_ns.append(newest_ns(program))
            program.kill()
        kills.late_s.append(lateness.worst_ns / NS_PER_S)
        lateness.stop()
        kills.rounds += 1
    with pilothouse("recorder", "run", "--data", data, "--port", "0") as program:
        eventually(lambda: len(recordings(data)) == kills.rounds, what="every round's recording")
        kills.reasons = [row["reason"] for row in settled(data)]
        program.stop()
    _examine(data, heard_ns, kills)
    return kills


def _examine(data: Path, heard_ns: list[int], kills: Kills) -> None:
    known = {content: number for number, (_, content) in enumerate(poses(drone_flight()))}
    assert len(known) > 7000, "no two poses are equal"
    ends = []
    for path in recordings(data):
        kills.problems += [f"{path.name}: {one}" for one in verify(path).problems]
        found = poses(path)
        numbers = [known[content] for _, content in found]
        if numbers != list(range(len(numbers))):
            kills.problems.append(f"{path.name}: a gap, or a message twice")
        ends.append(found[-1][0] if found else 0)
    kills.missing_s = [
        max(0, heard - end) / NS_PER_S for heard, end in zip(sorted(heard_ns), sorted(ends), strict=True)
    ]
