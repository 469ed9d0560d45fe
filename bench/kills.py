"""Recorders are killed with `kill -9` two hundred times while they record: what is missing, unreadable or there twice.

Two recorders run beside each other. What a machine that is busy with something else delays is measured in each round
and told beside what is missing.

Run: python -m bench.kills  (PILOTHOUSE_KILL_ROUNDS and PILOTHOUSE_KILL_SECONDS make it shorter)
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, explain
from tests.support.kills import Kills, kill_again_and_again

ROUNDS = int(os.environ.get("PILOTHOUSE_KILL_ROUNDS", "200"))
MOST_S = float(os.environ.get("PILOTHOUSE_KILL_SECONDS", "1200"))
MAY_BE_LOST_S = 0.5
RECORDERS = 2


def all_kills(folder: Path) -> Kills:
    """Of every recorder; each has a data directory of its own."""

    def kill(number: int) -> Kills:
        data = folder / str(number)
        data.mkdir()
        rounds = ROUNDS // RECORDERS + (number < ROUNDS % RECORDERS)
        return kill_again_and_again(data, rounds, seed=os.getpid() + number, most_s=MOST_S)

    whole = Kills()
    with ThreadPoolExecutor(RECORDERS) as threads:
        for one in threads.map(kill, range(RECORDERS)):
            whole.rounds += one.rounds
            whole.missing_s += one.missing_s
            whole.late_s += one.late_s
            whole.problems += one.problems
            whole.reasons += one.reasons
    return whole


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilothouse-bench-") as name:
        kills = all_kills(Path(name))
    report = Report(f"`kill -9` while a real flight is recorded, {kills.rounds} times")
    report.row("rounds", kills.rounds, None, "", f"{ROUNDS} in {MOST_S:g} s", kept=kills.rounds == ROUNDS)
    more = sum(one > MAY_BE_LOST_S for one in kills.missing_s)
    beyond = max(kills.beyond_the_machine_s)
    report.row("evidence missing, median", statistics.median(kills.missing_s), None, "s")
    report.row(f"evidence missing, worst ({more} above {MAY_BE_LOST_S} s)", max(kills.missing_s), None, "s")
    report.row("a write to disk was late by, median", statistics.median(kills.late_s), None, "s")
    report.row("a write to disk was late by, worst", max(kills.late_s), None, "s")
    report.row("missing without that, worst", beyond, None, "s", "<= 0.5 s", kept=beyond <= MAY_BE_LOST_S)
    bad = len(kills.problems)
    report.row("recordings unreadable or with a gap", bad, None, "", "none", kept=not bad)
    recovered = kills.reasons.count("recovered")
    report.row("recovered, one for each kill", recovered, None, "", "all", kept=recovered == kills.rounds)
    for problem in kills.problems:
        print(problem)
    report.print()
    sys.exit(bool(report.missed))


if __name__ == "__main__":
    explain(__doc__)
    main()
