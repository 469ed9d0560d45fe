"""Runs git so that nothing in a repository, in a user's configuration or in a remote decides what else runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilothouse.kit.errors import Unavailable

# On the command line, which outranks every file: what could name a program is switched off.
_CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.alternateRefsCommand=",
    "core.askPass=",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.checkStat=minimal",
    "core.trustctime=false",
    "core.autocrlf=false",
    "credential.helper=",
    "diff.external=",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "maintenance.auto=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    "uploadpack.packObjectsHook=",
)
# How a machine reaches the network; everything else of our environment is none of git's business.
_INHERITED = (
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
    "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR",
)  # fmt: skip
_SSH = "ssh -oBatchMode=yes -oClearAllForwardings=yes -oPermitLocalCommand=no -oConnectTimeout=15"
_LONGEST_MESSAGE = 8_192


class GitMissing(Unavailable):
    """git is not installed here: apt install git"""


@dataclass(frozen=True, slots=True)
class Said:
    """How git ended, and what it said."""

    code: int
    output: bytes
    message: str

    @property
    def reason(self) -> str:
        """The line of its message that says what went wrong."""
        lines = [line.strip() for line in self.message.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
        return (telling or lines or [f"git ended with {self.code}"])[0][:300]


class TookTooLong(Exception):
    """Ran longer than it may, or was told to stop."""


class Git:
    """git, for the protocols that are allowed."""

    def __init__(self, protocols: tuple[str, ...] = ()) -> None:
        self._options = [option for setting in _CONFIGURATION for option in ("-c", setting)]
        self._options += [option for name in protocols for option in ("-c", f"protocol.{name}.allow=always")]
        self._environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": ":".join(protocols) or "none",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_SSH_COMMAND": _SSH,
            "GIT_SSH_VARIANT": "ssh",
            "GIT_TERMINAL_PROMPT": "0",
        }

    async def run(
        self,
        *arguments: str | Path,
        git_directory: Path | None = None,
        work_tree: Path | None = None,
        content: bytes | None = None,
        timeout_s: float = 120.0,
        credential: tuple[str, str] | None = None,
        watch: Callable[[], Awaitable[None]] | None = None,
    ) -> Said:
        """Run it to its end; ``watch`` may run beside it, and ends it by returning. Never reads a configuration that
        ``git_directory`` does not hold, nor looks for a repository by itself."""
        environment = self._environment | {"GIT_DIR": str(git_directory or "/nonexistent")}
        if work_tree is not None:
            environment["GIT_WORK_TREE"] = str(work_tree)
        async with _helper(credential) as (options, descriptors):
            command = ["git", "--no-pager", *self._options, *options, *map(str, arguments)]
            return await _run(command, environment, work_tree, content, timeout_s, descriptors, watch)


async def _run(
    command: Sequence[str],
    environment: dict[str, str],
    directory: Path | None,
    content: bytes | None,
    timeout_s: float,
    descriptors: tuple[int, ...],
    watch: Callable[[], Awaitable[None]] | None,
) -> Said:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL if content is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            cwd=directory,
            pass_fds=descriptors,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise GitMissing from None
    talking = asyncio.ensure_future(process.communicate(content))
    watching = asyncio.ensure_future(watch()) if watch is not None else None
    try:
        among = [talking] if watching is None else [talking, watching]
        await asyncio.wait(among, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not talking.done():
            raise TookTooLong
        output, message = talking.result()
    finally:
        await _end(process, talking, watching)
    assert process.returncode is not None
    return Said(process.returncode, output, message[-_LONGEST_MESSAGE:].decode(errors="replace"))


async def _end(
    process: asyncio.subprocess.Process,
    talking: asyncio.Future[tuple[bytes, bytes]],
    watching: asyncio.Future[None] | None,
) -> None:
    """Whatever happened, nothing of it goes on: git has helpers, which are in its process group."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if watching is not None:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await asyncio.gather(talking, return_exceptions=True)
    await process.wait()


@contextlib.asynccontextmanager
async def _helper(credential: tuple[str, str] | None) -> AsyncIterator[tuple[list[str], tuple[int, ...]]]:
    """A credential waits in a pipe for the helper that git asks: no argument, variable or file ever holds it."""
    if credential is None:
        yield [], ()
        return
    user, password = credential
    reading, writing = os.pipe()
    try:
        os.write(writing, f"username={user}\npassword={password}\n".encode())
        os.close(writing)
        answer = f'!f() {{ test "$1" = get && cat </dev/fd/{reading}; }}; f'
        yield ["-c", f"credential.helper={answer}"], (reading,)
    finally:
        os.close(reading)
