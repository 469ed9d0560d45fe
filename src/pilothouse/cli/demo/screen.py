"""What the demo shows while it runs."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pilothouse.cli.demo import chain

STAGES = ("Flight", "Ring", "Trigger", "Recording", "Upload", "Hub", "Guard")


class Screen:
    """One line per stage, from the flight to the hub's row."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=28, pulse_style="grey37"),
            TextColumn("{task.fields[said]}"),
            console=console,
            transient=False,
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._stages = {stage: self._progress.add_task(stage, total=1.0, said="") for stage in STAGES}
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, now: chain.Progress) -> None:
        """Bring every line up to date."""
        health = now.health
        for source in health["sources"]:
            self._set("Flight", source["fraction"] or 0.0, f"{source['messages']:,} messages")
        fill = f"{health['buffer_bytes'] / 1e6:.1f} MB, {health['buffer_size']:,} messages kept"
        self._set("Ring", health["buffer_fill"], fill)
        guard = now.guard
        judged = f"{guard['clamped']:,} actions clamped, {guard['rejected']:,} rejected"
        self._set("Guard", 1.0 if guard["rejected"] and guard["clamped"] else 0.5, judged)
        if now.capture:
            self._capture(now.capture)
        if now.recording:
            self._recording(now.recording)

    def _capture(self, capture: dict[str, Any]) -> None:
        trigger = capture["trigger"]
        measured = f"{trigger['topic']}.{trigger['field']} = {trigger['value']:.3f} > {trigger['threshold']:g}"
        self._set("Trigger", 1.0, f"[bold]{measured}[/bold]  “{capture['label']}”")
        size = capture["size_bytes"]
        if size is None:
            self._set("Recording", 0.5, f"waiting for what follows ({capture['post_s']:g} s)")
            return
        self._set("Recording", 1.0, f"{capture['session_id']}, {capture['duration_s']:.1f} s, {size / 1e6:.1f} MB")
        sent = size if capture["state"] == "delivered" else capture["sent_bytes"] or 0
        self._set("Upload", sent / size, f"{sent / 1e6:.1f} of {size / 1e6:.1f} MB")

    def _recording(self, row: dict[str, Any]) -> None:
        done = row["state"] == "ok"
        said = f"{row['state']}: {row['message_count']:,} messages, {len(row['topics'])} topics"
        self._set("Hub", 1.0 if done else 0.5, said)

    def _set(self, stage: str, completed: float, said: str) -> None:
        self._progress.update(self._stages[stage], completed=min(1.0, completed), said=said)
