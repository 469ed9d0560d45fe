"""From what is asked to what the keeper is told; and the /etc a command sees."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path, PurePosixPath

from pilothouse.sandbox.keeper.bubblewrap import INSIDE_UID
from pilothouse.sandbox.keeper.child import PROXY_PORT
from pilothouse.sandbox.keeper.order import Order
from pilothouse.sandbox.model import Command
from pilothouse.sandbox.problems import BadCommand

WORKSPACE = "/workspace"
_HOME = "/home/pilot"
_ETC_RESOLVING = "etc-resolving"
_RESERVED = ("/proc", "/dev", "/sys", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", WORKSPACE)
# Each travels as a descriptor, of which one message holds 253, with one more for each owner.
_MOST_MOUNTS = 96
_ETC_FILES = {
    "passwd": f"pilot:x:{INSIDE_UID}:{INSIDE_UID}:pilot:{_HOME}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "group": f"pilot:x:{INSIDE_UID}:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "hostname": "sandbox\n",
}
# Of the machine's own /etc only what programs need to start, resolve names and check certificates.
_ETC_COPIED = (
    "alternatives", "ca-certificates", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types",
    "os-release", "pki/tls/certs", "pki/ca-trust/extracted", "protocols", "resolv.conf", "services", "ssl/certs",
    "ssl/openssl.cnf",
)  # fmt: skip


def order_of(command: Command, etc: Path, *, proxied: bool, resolver: str | None = None) -> Order:
    """The same in plain values, refused where it cannot be meant. With ``resolver`` names are asked of that one."""
    _check(command)
    if resolver is not None:
        etc = etc.with_name(_ETC_RESOLVING)
    return Order(
        argv=command.argv,
        workspace=str(command.workspace),
        cwd=command.cwd,
        environment=environment_of(command, proxied=proxied),
        mounts=((str(etc), "/etc", False), *((str(one.source), one.target, one.writable) for one in command.mounts)),
        cpu=command.limits.cpu,
        memory_mb=command.limits.memory_mb,
        pids=command.limits.pids,
        disk_mb=command.limits.disk_mb,
        network=command.network.mode.value,
        terminal=command.terminal is not None,
    )


def environment_of(command: Command, *, proxied: bool) -> dict[str, str]:
    """What was asked for over a few constants; nothing of the service's own environment."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": _HOME, "USER": "pilot", "LANG": "C.UTF-8"}
    if command.terminal is not None:
        environment["TERM"] = "xterm-256color"
    if proxied:
        address = f"http://127.0.0.1:{PROXY_PORT}"
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            environment[name] = address
    return {**environment, **command.environment, **command.secrets}


def make_system_directories(etc: Path, resolver: str) -> None:
    """Write the /etc of the sandbox anew, and beside it the one where names are asked of another resolver."""
    _make_system_directory(etc)
    resolving = etc.with_name(_ETC_RESOLVING)
    _make_system_directory(resolving)
    (resolving / "resolv.conf").unlink(missing_ok=True)
    (resolving / "resolv.conf").write_text(f"nameserver {resolver}\n")


def _make_system_directory(etc: Path) -> None:
    shutil.rmtree(etc, ignore_errors=True)
    etc.mkdir(parents=True)
    for name, content in _ETC_FILES.items():
        (etc / name).write_text(content)
    for name in _ETC_COPIED:
        source, target = Path("/etc") / name, etc / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # What this user may not read, no command needs.
        with contextlib.suppress(OSError, shutil.Error):
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copyfile(source, target)


def _check(command: Command) -> None:
    words = (*command.argv, command.cwd, *command.environment.values(), *command.secrets.values())
    names = (*command.environment, *command.secrets)
    if not command.argv or not command.argv[0]:
        raise BadCommand(problem="it has no program")
    if any("\0" in word for word in (*words, *names)):
        raise BadCommand(problem="it contains a NUL character")
    if any(not name or "=" in name for name in names):
        raise BadCommand(problem="the name of an environment variable is empty or contains =")
    if not command.cwd.startswith("/"):
        raise BadCommand(problem=f"its directory {command.cwd} is not absolute")
    if not command.workspace.is_dir():
        raise BadCommand(problem=f"its workspace {command.workspace} is not there")
    if len(command.mounts) > _MOST_MOUNTS:
        raise BadCommand(problem=f"it is to see more than {_MOST_MOUNTS} places of the machine")
    for mount in command.mounts:
        _check_target(mount.target)
        if not mount.source.exists():
            raise BadCommand(problem=f"{mount.source}, to be seen at {mount.target}, is not there")


def _check_target(target: str) -> None:
    path = PurePosixPath(target)
    if not path.is_absolute() or ".." in path.parts or str(path) == "/":
        raise BadCommand(problem=f"{target} is no place for a mount")
    if any(path.is_relative_to(one) for one in _RESERVED):
        raise BadCommand(problem=f"{target} belongs to the sandbox itself")
