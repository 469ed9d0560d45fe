"""One turn of a session: make it ready if need be, and run what waits in it, one command after the other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilothouse.hub.db import Database
from pilothouse.hub.lab.models import CommandRow, RepositoryRow, SessionRow
from pilothouse.hub.lab.repository import RepositoryRows
from pilothouse.hub.lab.service.execution.books import WORKER_STOPPED, Books, Claimed
from pilothouse.hub.lab.service.execution.collecting import Collecting
from pilothouse.hub.lab.service.execution.holdings import Holding
from pilothouse.hub.lab.service.execution.machine import Machine, environment_of, mounts_of
from pilothouse.hub.lab.service.execution.recordings import RecordingFiles
from pilothouse.hub.lab.service.execution.shipping import Shipper
from pilothouse.hub.lab.service.leftovers import patch_key
from pilothouse.hub.lab.service.output import Outputs
from pilothouse.hub.lab.service.patience import patiently
from pilothouse.hub.lab.service.sealing import Sealing
from pilothouse.hub.lab.service.sharing import Sharing
from pilothouse.hub.lab.service.signals import Signals
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import Command, Ending, Level, Limits, Network, NetworkMode, TerminationReason
from pilothouse.wire.lab import LabTermination
from pilothouse.workspaces import DebugDoor, Repository, Setup, Shown

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What turns are carried out with."""

    settings: HubSettings
    database: Database
    storage: Storage
    machine: Machine
    books: Books
    outputs: Outputs
    signals: Signals
    collecting: Collecting
    recordings: RecordingFiles
    sealing: Sealing
    sharing: Sharing


class Turns:
    """Carries out turns for one worker."""

    def __init__(self, means: Means, worker_id: str) -> None:
        self._means = means
        self._worker_id = worker_id
        self.is_stopping = False

    async def take(self, holding: Holding, claimed: Claimed) -> None:
        """From a claim to the end of the turn; what goes wrong is written down and never raised."""
        try:
            prepared = None
            if holding.workspace is None:
                prepared = await self._prepare(holding, claimed)
                if prepared is None:
                    return
            while await self._step(holding, prepared):
                prepared = None
        except Exception as error:
            log.exception("a turn failed", session_id=holding.session_id)
            reason = f"the worker could not go on: {_kind_of(error)}"
            await self._means.books.fail(
                holding.session_id, self._worker_id, reason, "worker_failed", LabTermination.LOST
            )
            holding.is_ending = True

    async def let_go(self, holding: Holding) -> None:
        """Give the checkout back; nothing of the session stays here."""
        workspace, holding.workspace = holding.workspace, None
        for door in holding.doors.values():
            await door.close()
        if workspace is not None:
            await self._means.machine.release(workspace)
        await asyncio.to_thread(self._means.recordings.forget, holding.session_id)
        await self._means.books.give_back(holding.session_id, self._worker_id)

    async def _prepare(self, holding: Holding, claimed: Claimed) -> dict[str, Any] | None:
        """The checkout and all it is shown; None when there is nothing to go on with."""
        holding.preparing = asyncio.create_task(self._make(holding, claimed))
        try:
            return await asyncio.shield(holding.preparing)
        except asyncio.CancelledError:
            if not holding.is_ending and not self.is_stopping:
                holding.preparing.cancel()
                raise
            return None
        except Problem as problem:
            await self._means.books.fail(holding.session_id, self._worker_id, problem.sentence, problem.code)
            holding.is_ending = True
            return None
        finally:
            holding.preparing = None

    async def _make(self, holding: Holding, claimed: Claimed) -> dict[str, Any]:
        means, row, known = self._means, claimed.session, claimed.repository
        patch = None if row.patch_hash is None else await means.storage.read(patch_key(row.id))
        repository = Repository(known.name, known.remote_url, known.default_branch)
        workspace = await means.machine.acquire(repository, row.commit_sha or row.ref or "", patch)
        holding.workspace = workspace
        environment = await means.machine.prepare(workspace, setup_of(known))
        shown = workspace.shown if environment is None else workspace.shown | environment.shown
        holding.shown = shown | await means.recordings.shown(row.id, row.recordings)
        timings: dict[str, Any] = {
            "checkout_s": workspace.timings.checkout_s, "patch_s": workspace.timings.patch_s,
            "total_s": workspace.timings.total_s, "warmth": workspace.warmth, "layered": workspace.layered,
        }  # fmt: skip
        if environment is not None:
            timings |= {"setup_s": environment.setup_s, "setup_cached": environment.cached,
                        "setup_bytes": environment.size_bytes}  # fmt: skip
        return {"commit_sha": workspace.commit_sha, "timings": timings}

    async def _step(self, holding: Holding, prepared: dict[str, Any] | None) -> bool:
        """Run the next command; False when the turn is over."""
        if self.is_stopping or holding.is_ending:
            return False
        found = await self._means.books.next_command(holding.session_id, self._worker_id, prepared)
        if found is None:
            holding.is_ending = True
            return False
        row, command = found
        if command is None:
            holding.is_ending |= row.state.is_over
            return False
        await self._run(holding, row, command)
        return True

    async def _run(self, holding: Holding, row: SessionRow, command: CommandRow) -> None:
        means = self._means
        if command.attempts > 1:
            await patiently(lambda: means.outputs.clear(command.id))
        output = means.machine.log(command.id)
        holding.command_id = command.id
        try:
            ending = await self._carry_out(holding, row, command, output)
        finally:
            holding.running, holding.command_id = None, None
            holding.changed.set()
            if door := holding.doors.pop(command.id, None):
                await door.close()
        stopped = self.is_stopping and ending.termination_reason is TerminationReason.CANCELLED
        if stopped and command.idempotent and command.id not in holding.cancelled:
            await means.books.put_back(row.id, self._worker_id, command.id)
        else:
            await self._collect(holding, row, command)
            reason = WORKER_STOPPED if stopped and command.id not in holding.cancelled else None
            await means.books.finish(row.id, self._worker_id, command.id, ending, reason)
            if reason is not None:
                await means.books.fail(row.id, self._worker_id, reason, "worker_stopped", LabTermination.CANCELLED)
        means.machine.forget_log(command.id)

    async def _carry_out(self, holding: Holding, row: SessionRow, command: CommandRow, output: OutputLog) -> Ending:
        means = self._means
        shipper = Shipper(means.database, means.outputs, means.signals, holding.session_id, command.id)
        shipping = asyncio.create_task(shipper.ship(output))
        try:
            holding.secrets = {}
            holding.secrets = await self._secrets(row, command)
            holding.hidden |= frozenset(holding.secrets.values())
            output.hide(holding.hidden)
            ending = await self._start_and_wait(holding, command, output)
        except Problem as problem:
            ending = Ending(TerminationReason.SETUP_FAILED, detail=problem.sentence)
            output.close(ending)
        except BaseException:
            shipping.cancel()
            raise
        await shipping
        return ending

    async def _start_and_wait(self, holding: Holding, command: CommandRow, output: OutputLog) -> Ending:
        if command.debugged:
            await self._open_door(holding, command)
        order = self._order(holding, command)
        running = await self._means.machine.run(order, output)
        holding.running = running
        holding.changed.set()
        if holding.is_ending or self.is_stopping or command.id in holding.cancelled:
            await running.cancel()
        return await running.wait()

    async def _open_door(self, holding: Holding, command: CommandRow) -> None:
        machine = self._means.machine
        isolated = machine.offer.level is Level.ISOLATED
        door = DebugDoor(machine.directory / "doors" / command.id[-8:], mounts=isolated)
        await door.open()
        holding.doors[command.id] = door
        holding.changed.set()

    def _order(self, holding: Holding, command: CommandRow) -> Command:
        assert holding.workspace is not None
        run, settings = command.run, self._means.settings
        shown, argv = holding.shown, tuple(command.argv)
        if door := holding.doors.get(command.id):
            shown, argv = shown | door.shown, door.command(argv, wait=run["wait_for_client"])
        limits = run["limits"]
        terminal = run.get("terminal")
        return Command(
            argv=argv,
            workspace=holding.workspace.path,
            cwd=f"/workspace/{command.cwd}".rstrip("/"),
            environment=environment_of(shown, run["environment"]),
            mounts=mounts_of(shown),
            limits=Limits(
                cpu=limits.get("cpu") or settings.lab_cpu or None,
                memory_mb=limits.get("memory_mb") or settings.lab_memory_mb,
                pids=limits.get("pids") or settings.lab_pids,
                disk_mb=limits.get("disk_mb") or settings.lab_disk_mb,
            ),
            network=Network(NetworkMode(run["network"]), tuple(run["allow"]), this_machine=settings.lab_shared_network),
            timeout_s=run["timeout_s"] or settings.lab_timeout_s,
            idle_timeout_s=run["idle_timeout_s"],
            secrets=holding.secrets,
            stdin=command.interactive,
            terminal=(terminal["rows"], terminal["columns"]) if terminal else None,
        )

    async def _secrets(self, row: SessionRow, command: CommandRow) -> Mapping[str, str]:
        wanted = command.run["secrets"]
        if not wanted:
            return {}
        async with self._means.database.reading() as session:
            own = await RepositoryRows(session).secrets(row.repository_id, wanted)
        opened = {name: self._means.sealing.open(name, sealed) for name, sealed in own.items()}
        everybodys = self._means.settings.lab_secret_values
        return {**{name: everybodys[name] for name in wanted if name in everybodys}, **opened}

    async def _collect(self, holding: Holding, row: SessionRow, command: CommandRow) -> None:
        if holding.workspace is not None:
            await self._means.collecting.collect(
                row.id, command.id, holding.workspace.path, command.run["artifacts"], holding.hidden
            )


def setup_of(repository: RepositoryRow) -> Setup:
    """How a repository says it is set up."""
    said = repository.setup
    if said in ("none", None):
        return Setup(enabled=False)
    return Setup() if said == "auto" else Setup(commands=tuple(tuple(one) for one in said))


__all__ = ["Means", "Shown", "Turns", "setup_of"]


def _kind_of(error: Exception) -> str:
    """What a person may be told of it; the rest is in the log."""
    what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""
    return f"{type(error).__name__} ({what})" if what else type(error).__name__
