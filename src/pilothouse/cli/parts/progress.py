"""How far something long is, for whoever watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_of(what: str, *, of: str = "bytes") -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal; nothing where nobody watches. Called with the bytes, or what else is counted, that are
    done and all there are, -1 when that is not known."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    counted: tuple[ProgressColumn, ...] = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    if of != "bytes":
        counted = (MofNCompleteColumn(), TextColumn(of))
    bar = (TextColumn("{task.description}", markup=False), BarColumn())
    with Progress(*bar, *counted, console=Console(stderr=True)) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=None if total < 0 else total)
