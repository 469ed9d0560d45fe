"""The arguments bubblewrap is started with."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

from pilothouse.sandbox.keeper.order import Abilities, Order

# Seen from inside there is one person, whatever uid the kernel knows them by.
INSIDE_UID = 1000
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_TMP_SHARE_OF_MEMORY = 2
_TMP_BYTES = 1 << 30
_MIB = 1024 * 1024


@functools.cache
def system_arguments() -> tuple[str, ...]:
    """The machine's programs and libraries, read-only."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _MERGED:
        place = Path("/", name)
        if place.is_symlink():
            arguments += ["--symlink", str(place.readlink()), f"/{name}"]
        elif place.is_dir():
            arguments += ["--ro-bind", f"/{name}", f"/{name}"]
    return tuple(arguments)


def namespace_arguments(abilities: Abilities, *, own_network: bool) -> tuple[str, ...]:
    """Everything apart but the network, which is decided by the command."""
    arguments = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    arguments += ["--uid", str(INSIDE_UID), "--gid", str(INSIDE_UID), "--hostname", "sandbox"]
    arguments += ["--cap-drop", "ALL", "--clearenv", "--die-with-parent", "--new-session"]
    if abilities.disable_userns:
        arguments.append("--disable-userns")
    if own_network:
        arguments.append("--unshare-net")
    return tuple(arguments)


def options(
    abilities: Abilities,
    order: Order,
    binds: Iterable[tuple[str, str, bool]],
    *,
    status_fd: int,
    seccomp_fd: int | None,
    own_network: bool,
) -> list[str]:
    """The options, for ``--args``: on the command line anybody on the machine could read the values of variables.

    `binds` are (source, target, writable); the workspace is one of them.
    """
    line = list(namespace_arguments(abilities, own_network=own_network))
    line += ["--json-status-fd", str(status_fd)]
    if seccomp_fd is not None:
        line += ["--seccomp", str(seccomp_fd)]
    line += system_arguments()
    size = str(_tmp_bytes(order))
    line += ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/tmp", "/var/tmp", "/run", "/home/pilot", "/dev/shm"):  # noqa: S108 - those of the sandbox
        line += ["--size", size, "--tmpfs", place]
    for source, target, writable in binds:
        line += ["--bind" if writable else "--ro-bind", source, target]
    for name, value in order.environment.items():
        line += ["--setenv", name, value]
    return [*line, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", order.cwd]


def program(order: Order) -> Sequence[str]:
    """What bubblewrap is to run."""
    # A terminal must be the controlling one of its session for Ctrl-C to mean something.
    return ("/usr/bin/setsid", "--ctty", *order.argv) if order.terminal else order.argv


def _tmp_bytes(order: Order) -> int:
    """Temporary files live in memory: no more than the command may write, nor half of what it may hold."""
    bounds = [_TMP_BYTES]
    if order.disk_mb is not None:
        bounds.append(order.disk_mb * _MIB)
    if order.memory_mb is not None:
        bounds.append(order.memory_mb * _MIB // _TMP_SHARE_OF_MEMORY)
    return max(_MIB, min(bounds))
