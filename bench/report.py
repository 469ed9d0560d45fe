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


def median_of(measure: Callable[[], float], *, runs: int = 5) -> float:
    """The median of several runs."""
    return statistics.median(measure() for _ in range(runs))


class Report:
    """Rows of a benchmark, printed as they come."""

    def __init__(self, title: str) -> None:
        print(title)
        print(machine())
        print(f"{'':<46}{'ours':>14}{'peer':>14}{'ratio':>9}   promise")

    def row(
        self,
        name: str,
        ours: float,
        peer: float | None = None,
        unit: str = "s",
        promise: str = "",
        *,
        higher_is_better: bool = False,
        kept: bool | None = None,
    ) -> None:
        """One measurement; the ratio says how many times better ours is, ``kept`` whether the promise holds."""
        ratio = "" if peer is None else f"{(ours / peer if higher_is_better else peer / ours):.1f}×"
        beside = "" if peer is None else f"{peer:,.4g} {unit}"
        verdict = "" if kept is None else ("  kept" if kept else "  MISSED")
        print(f"{name:<46}{f'{ours:,.4g} {unit}':>14}{beside:>14}{ratio:>9}   {promise}{verdict}", flush=True)
