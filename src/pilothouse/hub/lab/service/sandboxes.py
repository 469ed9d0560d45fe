"""Which workers there are, and how far each keeps sessions apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.lab.models import WorkerRow
from pilothouse.hub.lab.repository import QueueRows
from pilothouse.hub.lab.service.execution import Worker
from pilothouse.wire.lab import LabNetwork, LabSandbox, LabSandboxes

# From the strongest to the weakest.
_LEVELS = ("isolated", "limited", "none")


class Sandboxes:
    """The workers as everybody may know them."""

    def __init__(self, worker: Worker, *, is_on: bool) -> None:
        self._worker = worker
        self._is_on = is_on

    async def all(self, session: AsyncSession) -> LabSandboxes:
        workers = [_shown(one) for one in await QueueRows(session).workers()]
        refusal = self._worker.refusal.reason if self._is_on else None
        if refusal is not None:
            workers.append(LabSandbox(worker=self._worker.name, level="none", refuses=refusal, capacity=0, running=0))
        levels = [one.level for one in workers if one.refuses is None]
        return LabSandboxes(level=max(levels, key=_LEVELS.index, default=None), workers=workers)

    async def say(self) -> str:
        """What `/readyz` shows of the worker of this process. A hub whose machine cannot isolate is as ready as
        ever for everything else."""
        if not self._is_on:
            return "off"
        reason = self._worker.refusal.reason
        return self._worker.level if reason is None else f"no debug sessions: {reason}"


def _shown(row: WorkerRow) -> LabSandbox:
    mechanisms: dict[str, Any] = row.offer.get("mechanisms", {})
    return LabSandbox(
        worker=row.name, level=row.level,
        mechanisms={name: "works" if one["works"] else str(one["how"]) for name, one in mechanisms.items()},
        networks=[LabNetwork(mode) for mode in row.offer.get("network", ())], capacity=row.capacity,
        running=row.running,
    )  # fmt: skip
