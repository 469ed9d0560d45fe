"""What a repository needs before its commands can run: made once for each content of its manifests."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.logs import get_logger
from pilothouse.workspaces.manifests import CONDA, KNOWN, NODE, PYTHON, Plan, plan_for
from pilothouse.workspaces.model import Shown, Workspace
from pilothouse.workspaces.problems import SetupFailed, SetupInvalid
from pilothouse.workspaces.removal import OPEN_DIRECTORY, remove_tree
from pilothouse.workspaces.tools import USUAL_PATH
from pilothouse.workspaces.workspaces import Workspaces

INSIDE = "/opt/pilothouse/setup"
LARGEST_MANIFEST_BYTES = 16 << 20
# Changed whenever the same manifests would be set up in another way.
_EDITION = 1
_DONE = "environment.json"
_PROGRAMS = ("conda", "make", "mamba", "micromamba", "npm", "uv")
_BINARIES = {PYTHON: f"{PYTHON}/bin", CONDA: f"{CONDA}/bin", NODE: f"{NODE}/.bin"}

# A session lives for hours; what was not begun for a day is mounted nowhere.
_KEPT, _UNUSED_S = 32, 24 * 3600.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Setup:
    """How a repository is set up. Without ``commands`` they follow from the manifests that are found."""

    commands: Sequence[Sequence[str]] = ()
    manifests: Sequence[str] = ()  # files whose content the result depends on, beside the well-known ones
    enabled: bool = True
    timeout_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What a set-up made, shown to a session read-only."""

    key: str
    commands: tuple[tuple[str, ...], ...]
    cached: bool
    setup_s: float  # what making it took, whenever that was
    size_bytes: int
    shown: Shown = field(default_factory=Shown)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a set-up command ended: ``ending`` in words, ``output`` its last lines."""

    succeeded: bool
    ending: str
    output: str


class Runner(Protocol):
    """Runs one set-up command in a sandbox, in a workspace, with the set-up's network policy. The lab has it."""

    async def __call__(self, argv: Sequence[str], workspace: Workspace, shown: Shown, timeout_s: float) -> Ran: ...


class Environments:
    """The set-ups kept in a directory, on the file system of the workspaces; used by any number of sessions."""

    def __init__(
        self, directory: Path, workspaces: Workspaces, *, run: Runner, clock: Clock, mounts: bool = True
    ) -> None:
        """``mounts`` says that guests see what they are shown where it is to be shown."""
        self._directory = directory.absolute()
        self._workspaces = workspaces
        self._run = run
        self._clock = clock
        self._mounts = mounts
        self._path = ":".join([*workspaces.beside.path, USUAL_PATH])
        self._making: dict[str, asyncio.Task[None]] = {}

    async def prepare(self, workspace: Workspace, setup: Setup) -> Environment | None:
        """What commands in this workspace need, from the cache or made now; None when nothing is to be set up. Whoever
        asks while it is being made waits for it. Raises SetupFailed, SetupInvalid."""
        if not setup.enabled:
            return None
        manifests = await asyncio.to_thread(_read_manifests, workspace.path, setup.manifests)
        plan = _explicit(setup) if setup.commands else plan_for(manifests, self._has)
        if not plan.commands:
            return None
        key = _key(manifests, plan, self._path)
        if not self._mounts:
            return await self._make_in_place(workspace, setup, plan, key)
        place = self._directory / key
        cached = await asyncio.to_thread((place / _DONE).is_file)
        if not cached:
            making = self._making.get(key)
            if making is None:
                making = asyncio.create_task(self._make(workspace, setup, plan, place))
                self._making[key] = making
                making.add_done_callback(lambda _: self._making.pop(key, None))
            # Whoever gives up does not take it away from the others.
            await asyncio.shield(making)
        return await asyncio.to_thread(self._shown, workspace, key, place, cached)

    def _has(self, program: str) -> bool:
        return shutil.which(program, path=self._path) is not None

    async def close(self) -> None:
        """Stop making what is being made."""
        for making in list(self._making.values()):
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _make(self, workspace: Workspace, setup: Setup, plan: Plan, place: Path) -> None:
        began_ns = self._clock.monotonic_ns()
        coming = place.with_name(f"{place.name}.coming")
        await asyncio.to_thread(_begin, coming)
        twin = await self._workspaces.acquire_twin(workspace)
        try:
            await self._run_all(twin, setup, plan)
            made = await self._workspaces.harvest(twin, coming / "made")
            self._workspaces.give(coming / "made")
        finally:
            await self._workspaces.release(twin)
        took_s = (self._clock.monotonic_ns() - began_ns) / NS_PER_S
        facts = {"commands": plan.commands, "reasons": plan.reasons, "made": made, "setup_s": took_s}
        await asyncio.to_thread(_finish, coming, place, facts)
        await asyncio.to_thread(_sweep, self._directory, self._clock.now_ns() / NS_PER_S)
        log.info("repository set up", repository=workspace.repository, seconds=round(took_s, 1), made=list(made))

    async def _run_all(self, workspace: Workspace, setup: Setup, plan: Plan) -> None:
        for command in plan.commands:
            ran = await self._run(command, workspace, workspace.shown, setup.timeout_s)
            if not ran.succeeded:
                asked, name = " ".join(command), workspace.repository
                raise SetupFailed(command=asked, repository=name, ending=ran.ending, output=ran.output)

    async def _make_in_place(self, workspace: Workspace, setup: Setup, plan: Plan, key: str) -> Environment:
        """Where nothing can be shown at a place of its choice, what was made elsewhere would not find itself."""
        began_ns = self._clock.monotonic_ns()
        await self._run_all(workspace, setup, plan)
        took_s = (self._clock.monotonic_ns() - began_ns) / NS_PER_S
        made = [name for name in _BINARIES if (workspace.path / name).is_dir()]
        return Environment(key, plan.commands, False, took_s, 0, _shown_in(str(workspace.path), made))

    def _shown(self, workspace: Workspace, key: str, place: Path, cached: bool) -> Environment:
        facts = json.loads((place / _DONE).read_text())
        source = place / "made"
        for path in facts["made"]:
            _link(workspace.path, PurePosixPath(path).parts, f"{INSIDE}/{path}")
        os.utime(place / _DONE)  # what was used lately is kept
        made = set(facts["made"])
        return Environment(
            key=key,
            commands=tuple(tuple(command) for command in facts["commands"]),
            cached=cached,
            setup_s=facts["setup_s"],
            size_bytes=facts["size_bytes"],
            shown=Shown(read_only={INSIDE: source}) | _shown_in("/workspace", made),
        )


def _read_manifests(tree: Path, more: Sequence[str]) -> dict[str, bytes]:
    """What is a plain file of these; a link is read by nobody on this side."""
    found = {}
    for name in (*KNOWN, *more):
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or not parts:
            raise SetupInvalid(reason=f"the manifest '{name}' lies outside the repository")
        content = _read_beneath(tree, parts)
        if content is not None:
            found[name] = content
    return found


def _read_beneath(tree: Path, parts: tuple[str, ...]) -> bytes | None:
    opened = os.open(tree, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number, part in enumerate(parts):
            kind = os.O_DIRECTORY if number + 1 < len(parts) else os.O_NONBLOCK
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=opened)
            os.close(opened)
            opened = inner
        if os.fstat(opened).st_size > LARGEST_MANIFEST_BYTES:
            raise SetupInvalid(reason=f"the manifest '{'/'.join(parts)}' is too large")
        with os.fdopen(os.dup(opened), "rb") as file:
            return file.read(LARGEST_MANIFEST_BYTES)
    except OSError:
        return None
    finally:
        os.close(opened)


def _explicit(setup: Setup) -> Plan:
    commands = tuple(tuple(command) for command in setup.commands)
    if any(not command or not command[0] for command in commands):
        raise SetupInvalid(reason="one of its commands is empty")
    return Plan(commands, tuple("it was asked for" for _ in commands))


def _key(manifests: dict[str, bytes], plan: Plan, path: str) -> str:
    """By content, so that commits with the same manifests share what was made."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in manifests.items()}
    where = [platform.system(), platform.machine(), platform.libc_ver(), _interpreter(path)]
    programs = [name for name in _PROGRAMS if shutil.which(name, path=path)]
    whole = json.dumps([_EDITION, where, programs, plan.commands, digests], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def _interpreter(path: str) -> str:
    found = shutil.which("python3", path=path)
    return "" if found is None else str(Path(found).resolve())


def _begin(coming: Path) -> None:
    coming.parent.mkdir(parents=True, exist_ok=True)
    remove_tree(coming)
    (coming / "made").mkdir(parents=True)


def _finish(coming: Path, place: Path, facts: dict[str, Any]) -> None:
    size = sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(coming) for name in names)  # noqa: PTH118
    (coming / _DONE).write_text(json.dumps({**facts, "size_bytes": size}))
    remove_tree(place)
    coming.rename(place)


def _link(tree: Path, parts: tuple[str, ...], target: str) -> None:
    """Where the set-up had it, a link to what is shared, if this commit has room for it there.

    Nobody runs in this workspace yet, but a link in the repository may lead out of it: none is followed.
    """
    opened = os.open(tree, OPEN_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, OPEN_DIRECTORY, dir_fd=opened)
            os.close(opened)
            opened = inner
        os.symlink(target, parts[-1], dir_fd=opened)
    except OSError:
        return
    finally:
        os.close(opened)


def _shown_in(root: str, made: Collection[str]) -> Shown:
    variables = {"VIRTUAL_ENV": f"{root}/{PYTHON}"} if PYTHON in made else {}
    return Shown(variables=variables, path=tuple(f"{root}/{at}" for name, at in _BINARIES.items() if name in made))


def _sweep(directory: Path, now_s: float) -> None:
    """Of what nobody has used for days, only the latest is kept."""
    used = sorted(directory.glob(f"*/{_DONE}"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in used[_KEPT:]:
        if now_s - old.stat().st_mtime > _UNUSED_S:
            remove_tree(old.parent)
