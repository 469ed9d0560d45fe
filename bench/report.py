"""One way to print what was measured: ours beside a peer's, the ratio, and what was promised."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path


def machine() -> str:
    """The processor, its cores, the system and the Python this runs on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    python = sys.version.split()[0]
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {python}"


def explain(what: str | None) -> None:
    """Asked for ``--help``, say what a benchmark measures and how it is run, and end."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print((what or "").strip())
        raise SystemExit


def median_of(measure: Callable[[], float], *, runs: int = 5) -> float:
    """The median of several runs."""
    return statistics.median(measure() for _ in range(runs))


class Report:
    """Rows of a benchmark, printed as they come."""

    def __init__(self, title: str) -> None:
        self.missed: list[str] = []
        print(f"\n{title}\n{machine()}")
        print(f"{'':<48}{'ours':>13}{'peer':>13}{'ratio':>8}   promise", flush=True)

    def row(
        self,
        name: str,
        ours: float,
        peer: float | None = None,
        unit: str = "s",
        promise: float | str = "",
        *,
        kept: bool | None = None,
    ) -> None:
        """One measurement. The ratio says how many times better ours is: more for a rate (``1/s``), less for a time.

        A number as promise is the ratio that was promised; for one in words, ``kept`` says whether it holds.
        """
        ratio = None if peer is None else ours / peer if unit.endswith("/s") else peer / ours
        if isinstance(promise, float) and ratio is not None:
            kept, promise = ratio >= promise, f">= {promise:g}x"
        if kept is False:
            self.missed.append(name)
        verdict = {True: "kept", False: "MISSED", None: ""}[kept]
        beside = "" if peer is None else f"{peer:,.4g} {unit}"
        times = "" if ratio is None else f"{ratio:.1f}x"
        line = f"{name:<48}{f'{ours:,.4g} {unit}':>13}{beside:>13}{times:>8}   {promise} {verdict}"
        print(line.rstrip(), flush=True)

    def print(self) -> None:
        """The verdict over all rows."""
        print(f"missed: {', '.join(self.missed)}" if self.missed else "every promise kept", flush=True)
