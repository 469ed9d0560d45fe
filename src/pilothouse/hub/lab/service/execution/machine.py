"""The machine a worker runs on: checkouts and sandboxes, as far as the lab uses them."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Protocol

from pilothouse.hub.lab.domain.problems import SetupNetworkNotOffered
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.ids import new_id
from pilothouse.sandbox.log import LogCaps, OutputLog
from pilothouse.sandbox.model import MIB, Command, Level, Limits, Mount, Network, NetworkMode, Offer
from pilothouse.sandbox.probing import FULL_APART, probe
from pilothouse.sandbox.sandbox import Running, Sandbox
from pilothouse.workspaces import (
    Environment,
    Environments,
    Ran,
    Repositories,
    Repository,
    Setup,
    Shown,
    Workspace,
    Workspaces,
    tools_shown,
)

SETUP_TAIL_LINES = 20
# Debian and its kin, Red Hat and its kin; a sandbox has both where the machine has them.
_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
# What pip, npm, conda, curl and git read; uv and most others read the first.
_TOLD_AUTHORITIES = (
    "SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
)  # fmt: skip
MOST_WORKERS = 256


class TooManyWorkers(Unavailable):
    """{limit} workers run from {directory} already; give this one another data directory."""


class Machine(Protocol):
    """What a worker needs of it; tests have one without checkouts and sandboxes."""

    @property
    def offer(self) -> Offer: ...

    @property
    def directory(self) -> Path:
        """Where this worker may leave what is its own until it ends."""
        ...

    async def start(self) -> None:
        """Find out what there is; raises SandboxTooWeak."""
        ...

    async def close(self) -> None: ...

    async def acquire(self, repository: Repository, revision: str, patch: bytes | None) -> Workspace:
        """A checkout of a commit or ref with a patch applied."""
        ...

    async def release(self, workspace: Workspace) -> None: ...

    async def prepare(self, workspace: Workspace, setup: Setup) -> Environment | None:
        """What commands need, from the cache or made now; None when nothing is to be set up."""
        ...

    def log(self, command_id: str) -> OutputLog: ...

    def forget_log(self, command_id: str) -> None: ...

    async def run(self, command: Command, log: OutputLog) -> Running: ...


class Place:
    """A directory of one worker's own: several on a machine may share what is above."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._lock: IO[bytes] | None = None
        self.directory = parent / "1"

    def take(self) -> Path:
        """The first directory that no living worker has."""
        self._parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, MOST_WORKERS):
            lock = (self._parent / f"{number}.lock").open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._lock, self.directory = lock, self._parent / str(number)
            self.directory.mkdir(exist_ok=True)
            return self.directory
        raise TooManyWorkers(limit=MOST_WORKERS, directory=self._parent)

    def leave(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class LocalMachine:
    """This machine, below the data directory."""

    def __init__(self, settings: HubSettings, mirrors: Repositories, clock: Clock) -> None:
        self._settings = settings
        self._mirrors = mirrors
        self._clock = clock
        self._place = Place(settings.data.resolve() / "lab" / "workers")
        self._caps = LogCaps(settings.lab_output_mb * MIB // 2, settings.lab_output_mb * MIB // 2)
        self._offer: Offer | None = None
        self._sandbox: Sandbox | None = None
        self._workspaces: Workspaces | None = None
        self._environments: Environments | None = None

    @property
    def offer(self) -> Offer:
        assert self._offer is not None
        return self._offer

    @property
    def directory(self) -> Path:
        return self._place.directory

    async def start(self) -> None:
        self._offer = as_allowed(await asyncio.to_thread(probe), shared_network=self._settings.lab_shared_network)
        allowed = self._settings.lab_allow_unsandboxed
        directory = await asyncio.to_thread(self._place.take)
        self._sandbox = Sandbox(directory / "sandbox", self._offer, allow_unsandboxed=allowed)
        mounts = self._offer.level is Level.ISOLATED
        tools = tools_shown(self._settings.lab_tool_directories, mounts=mounts)
        self._workspaces = Workspaces(
            directory / "workspaces", self._mirrors, clock=self._clock, mounts=mounts, beside=tools
        )
        self._environments = Environments(
            directory / "environments", self._workspaces, run=self._set_up, clock=self._clock, mounts=mounts
        )
        for leftover in ("logs", "recordings", "artifacts"):
            await asyncio.to_thread(shutil.rmtree, directory / leftover, ignore_errors=True)
        await self._workspaces.start()
        await self._sandbox.open()

    async def close(self) -> None:
        if self._environments is not None:
            await self._environments.close()
        if self._sandbox is not None:
            await self._sandbox.close()
        if self._workspaces is not None:
            await self._workspaces.close()
        self._place.leave()

    async def acquire(self, repository: Repository, revision: str, patch: bytes | None) -> Workspace:
        assert self._workspaces is not None
        commit_sha = await self._mirrors.resolve(repository, revision)
        return await self._workspaces.acquire(repository, commit_sha, patch)

    async def release(self, workspace: Workspace) -> None:
        assert self._workspaces is not None
        await self._workspaces.release(workspace)

    async def prepare(self, workspace: Workspace, setup: Setup) -> Environment | None:
        assert self._environments is not None
        return await self._environments.prepare(workspace, setup)

    def log(self, command_id: str) -> OutputLog:
        return OutputLog.create(self._log_directory(command_id), self._clock, caps=self._caps)

    def forget_log(self, command_id: str) -> None:
        shutil.rmtree(self._log_directory(command_id), ignore_errors=True)

    async def run(self, command: Command, log: OutputLog) -> Running:
        assert self._sandbox is not None
        return await self._sandbox.start(command, log)

    def _log_directory(self, command_id: str) -> Path:
        return self.directory / "logs" / command_id

    async def _set_up(self, argv: Sequence[str], workspace: Workspace, shown: Shown, timeout_s: float) -> Ran:
        """A set-up fetches packages: it reaches what the operator named, and has nothing of ours."""
        network = self._setup_network()
        log_id = new_id("set")
        log = self.log(log_id)
        command = Command(
            argv=tuple(argv), workspace=workspace.path, environment=environment_of(shown, trusting()),
            mounts=mounts_of(shown), secrets=self._settings.lab_setup_variable_values,
            limits=Limits(memory_mb=self._settings.lab_memory_mb, pids=self._settings.lab_pids,
                          disk_mb=self._settings.lab_disk_mb),
            network=network, timeout_s=timeout_s,
        )  # fmt: skip
        try:
            running = await self.run(command, log)
            ending = await running.wait()
            last = b"\n".join(line.content for line in log.tail(SETUP_TAIL_LINES).lines)
            ended = f"{ending.termination_reason} {ending.exit_code}"
            if ending.detail:
                ended = f"{ended} ({ending.detail})"
            return Ran(ending.exit_code == 0, ended, last.decode("utf-8", "replace")[-4_000:])
        finally:
            self.forget_log(log_id)

    def _setup_network(self) -> Network:
        mode = NetworkMode(self._settings.lab_setup_network)
        if mode not in self.offer.network:
            raise SetupNetworkNotOffered(mode=mode.value, offered=", ".join(self.offer.network))
        if mode is not NetworkMode.ALLOWLIST:
            return Network(mode)
        return Network(mode, self._settings.lab_setup_hosts, names_may_be_private=True)


def as_allowed(found: Offer, *, shared_network: bool) -> Offer:
    """What a machine offers to whoever may ask for a session: its own loopback only if the operator says so. Where
    commands are not kept apart at all, leaving this out would change nothing."""
    if found.level is not Level.ISOLATED or found.works(FULL_APART) or shared_network:
        return found
    return replace(found, network=tuple(one for one in found.network if one is not NetworkMode.FULL))


def trusting() -> dict[str, str]:
    """Tools that bring their own list of authorities are told this machine's, which may hold a company's own."""
    found = next((one for one in _AUTHORITIES if Path(one).is_file()), None)
    return {} if found is None else dict.fromkeys(_TOLD_AUTHORITIES, found)


def mounts_of(shown: Shown) -> tuple[Mount, ...]:
    return tuple(Mount(source, target) for target, source in shown.read_only.items())


# Where programs are in any sandbox; what a set-up made stands before it.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment_of(shown: Shown, asked: dict[str, str]) -> dict[str, str]:
    """The variables of a command: those of what it is shown, and those that were asked for; none of the server's."""
    path = ":".join([*shown.path, asked.get("PATH", PATH)])
    return {"HOME": "/tmp", "LANG": "C.UTF-8", **shown.variables, **asked, "PATH": path}  # noqa: S108 - inside
