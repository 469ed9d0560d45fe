"""A recorder is killed with `kill -9` two hundred times while it records: what is missing, unreadable or there twice.

Run: python -m bench.kills  (PILOTHOUSE_KILL_ROUNDS and PILOTHOUSE_KILL_SECONDS make it shorter)
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report
from tests.support.kills import kill_again_and_again

ROUNDS = int(os.environ.get("PILOTHOUSE_KILL_ROUNDS", "200"))
MOST_S = float(os.environ.get("PILOTHOUSE_KILL_SECONDS", "1200"))
MAY_BE_LOST_S = 0.5


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilothouse-bench-") as name:
        kills = kill_again_and_again(Path(name), ROUNDS, seed=os.getpid(), most_s=MOST_S)
    report = Report(f"`kill -9` while a real flight is recorded, {kills.rounds} times")
    worst = max(kills.missing_s)
    report.row("evidence missing, worst", worst, None, "s", "<= 0.5 s", kept=worst <= MAY_BE_LOST_S)
    report.row("evidence missing, median", statistics.median(kills.missing_s), None, "s")
    bad = len(kills.problems)
    report.row("recordings unreadable or with a gap", bad, None, "", "none", kept=not bad)
    recovered = kills.reasons.count("recovered")
    report.row("recovered, one for each kill", recovered, None, "", "all", kept=recovered == kills.rounds)
    for problem in kills.problems:
        print(problem)
    report.print()
    sys.exit(bool(report.missed))


if __name__ == "__main__":
    main()
