"""What the lab does by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pilothouse.hub.composition import Hub
from pilothouse.hub.lab.service import Lab
from pilothouse.kit.errors import Problem

EXPIRE_EVERY_S = 5.0
FORGET_EVERY_S = 600.0
SHOW_EVERY_S = 600.0
# It lists everything that is stored of sessions.
LEFTOVERS_EVERY_S = 6 * 3_600.0


def show_storage(hub: Hub, lab: Lab) -> None:
    """Tell workers that share the storage that they do; for processes that serve."""
    hub.jobs.every(SHOW_EVERY_S, "show workers the storage", _patiently(lab.sharing.show), is_waited_for=True)


def register(hub: Hub, lab: Lab, *, runs_sessions: bool) -> None:
    """Make it known; ``runs_sessions`` also runs what is queued, in this process."""

    async def expire_sessions() -> None:
        async with hub.database.transaction() as session:
            await lab.sessions.expire(session)

    async def sweep() -> None:
        await lab.books.sweep()

    async def forget() -> None:
        while await lab.artifacts.expire():
            pass
        while await lab.sessions.forget(hub.database):
            pass
        await lab.controls.forget()

    async def sweep_leftovers() -> None:
        await lab.leftovers.sweep()

    hub.jobs.every(LEFTOVERS_EVERY_S, "find what belongs to no debug session", _patiently(sweep_leftovers))
    hub.jobs.every(EXPIRE_EVERY_S, "end debug sessions", _patiently(expire_sessions))
    hub.jobs.every(max(0.5, hub.settings.lab_lease_s / 3), "find dead workers", _patiently(sweep))
    hub.jobs.every(FORGET_EVERY_S, "forget artifacts", _patiently(forget))
    if runs_sessions:
        hub.jobs.keep_running("run debug sessions", lab.worker.run)


def _patiently(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A database that is away for a moment is asked again next time."""

    async def run() -> None:
        try:
            await work()
        except Problem:
            return

    return run
