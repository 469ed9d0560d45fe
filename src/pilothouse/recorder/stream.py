"""What has come in so far; written by the pipeline for every message, read by everybody else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Stream:
    """How many messages arrived, and the log time of the last one."""

    received: int = 0
    last_ns: int | None = None
