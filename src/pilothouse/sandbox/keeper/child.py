"""Between fork and exec: from a copy of the keeper to a command that owns nothing."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import socket
import sys
import termios
from pathlib import Path

from pilothouse.sandbox.keeper import bubblewrap, kernel, outward, seccomp
from pilothouse.sandbox.keeper.cgroups import Group
from pilothouse.sandbox.keeper.identities import hand_over
from pilothouse.sandbox.keeper.order import ISOLATED, LIMITED, Abilities, Order

_MIB = 1024 * 1024
_STAGE = "/tmp"  # noqa: S108 - covered with a mount of our own that only this process and bubblewrap see
_OPEN_FILES = 4096
# The service, bubblewrap and its init may count, too; those who count the command end it before.
_OURS = 64
_ABOVE = 2
PROXY_PORT = 3128
# To the keeper: a process that is there for the command and no part of it.
BESIDE = "beside "


class Identity:
    """Who the command will be: a uid of its own, or, without, whoever runs the service."""

    def __init__(self, uid: int | None, namespaces: dict[tuple[int, int], int], trees: list[int]) -> None:
        self.uid = uid
        self.namespaces = namespaces
        self.trees = trees
        """Mounts of the workspace and of what else is shown, in their order."""


def prepare(group: Group, abilities: Abilities, identity: Identity) -> None:
    """What does not depend on the command and is slow: done before there is one."""
    group.join()
    kernel.forget_keyring()
    if identity.uid is not None and abilities.level == ISOLATED:
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.make_mounts_private()


def become(
    order: Order,
    abilities: Abilities,
    identity: Identity,
    descriptors: list[int],
    status_fd: int,
    keeper: socket.socket,
) -> None:
    """Never returns: becomes the command, or says on the status descriptor why it could not."""
    try:
        own_network = _network(order, abilities, keeper)
        if abilities.level == ISOLATED:
            _isolated(order, abilities, identity, descriptors, status_fd, own_network=own_network)
        else:
            _exposed(order, abilities, identity, descriptors, status_fd)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is said, and nothing runs
        os.write(status_fd, json.dumps({"problem": f"{type(problem).__name__}: {problem}"}).encode() + b"\n")
    finally:
        os._exit(125)


def _network(order: Order, abilities: Abilities, keeper: socket.socket) -> bool:
    """For the allow-list: a network of its own, whose only way out is a socket that the service listens on. For
    everything: one that leads everywhere but to this machine, where that can be had.

    Says whether bubblewrap still has to make the network namespace.
    """
    if order.network == "full" and abilities.outward:
        keeper.send(f"{BESIDE}{outward.leave_by(abilities.outward)}".encode())
    if order.network != "allowlist":
        return order.network == "none"
    uid, gid = os.geteuid(), os.getegid()
    if abilities.own_uids:
        kernel.unshare(kernel.CLONE_NEWNET)
    else:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    kernel.raise_loopback()
    with socket.create_server(("127.0.0.1", PROXY_PORT), backlog=128) as listener:
        socket.send_fds(keeper, [b"listening"], [listener.fileno()])
    return False


def _isolated(
    order: Order, abilities: Abilities, identity: Identity, descriptors: list[int], status_fd: int, *, own_network: bool
) -> None:
    binds = _binds(order, identity)
    filter_fd = _filter() if abilities.seccomp else None
    options = bubblewrap.options(
        abilities, order, binds, status_fd=status_fd, seccomp_fd=filter_fd, own_network=own_network
    )
    options_fd = _in_memory("\0".join(options).encode("utf-8", "surrogateescape"))
    line = [abilities.bubblewrap, "--args", str(options_fd), "--", *bubblewrap.program(order)]
    _take(descriptors)
    _limit(order, abilities)
    _drop(identity.uid)
    if abilities.landlock:
        kernel.keep_to_itself()
    kernel.inherit_only({0, 1, 2, status_fd, options_fd, *(() if filter_fd is None else (filter_fd,))})
    os.execv(abilities.bubblewrap, line)  # noqa: S606 - nothing here passes through a shell


def _binds(order: Order, identity: Identity) -> list[tuple[str, str, bool]]:
    wanted = [(order.workspace, "/workspace", True), *order.mounts]
    if identity.uid is None:
        return wanted
    trees = [
        (_shown(tree, source, identity, writable=writable), target, writable)
        for tree, (source, target, writable) in zip(identity.trees, wanted, strict=True)
    ]
    kernel.mount_tmpfs(_STAGE, "1m")
    binds = []
    for number, (tree, target, writable) in enumerate(trees):
        place = f"{_STAGE}/{number}"
        directory = Path(f"/proc/self/fd/{tree}").is_dir()
        Path(place).mkdir() if directory else Path(place).touch()
        kernel.attach_mount(tree, place)
        binds.append((place, target, writable))
    return binds


def _shown(tree: int, source: str, identity: Identity, *, writable: bool) -> int:
    """The mount of the source, so that its owner's files are the command's own."""
    assert identity.uid is not None
    found = os.fstat(tree)
    namespace = identity.namespaces.get((found.st_uid, found.st_gid))
    try:
        kernel.set_mount(tree, read_only=not writable, userns=namespace)
    except OSError:
        # This file system, an overlay for one, cannot show files as somebody else's.
        kernel.set_mount(tree, read_only=not writable)
        if writable and found.st_uid != identity.uid:
            hand_over(Path(source), identity.uid, identity.uid)
    return tree


def _filter() -> int:
    program = seccomp.assemble()
    assert program is not None
    return _in_memory(program)


def _in_memory(content: bytes) -> int:
    descriptor = os.memfd_create("pilothouse")
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _take(descriptors: list[int]) -> None:
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target, inheritable=True)


def _limit(order: Order, abilities: Abilities) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where no control group counts for the whole tree, each process is bounded at least.
    if order.pids is not None and not _controlled(abilities, "pids"):
        most = order.pids * _ABOVE + _OURS
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    if order.memory_mb is not None and not _controlled(abilities, "memory"):
        # Above the limit, so that whoever counts all of them notices first and can say why it ended.
        most = order.memory_mb * _MIB * _ABOVE
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if order.disk_mb is not None:
        # A little above, so that whoever counts the workspace sees that it was reached.
        largest = (order.disk_mb + 1) * _MIB
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def _controlled(abilities: Abilities, controller: str) -> bool:
    return controller in abilities.cgroups or f"v2:{controller}" in abilities.cgroups


def _drop(uid: int | None) -> None:
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    parent = os.getppid()
    os.umask(0o022)
    if uid is not None:
        if os.isatty(0):
            os.fchown(0, uid, uid)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    # The kernel forgets this at each change of uid.
    kernel.die_with_parent(parent)


def _exposed(order: Order, abilities: Abilities, identity: Identity, descriptors: list[int], status_fd: int) -> None:
    """Without namespaces: this process stays beside the command, as the one its orphans fall to, and ends them."""
    limited = abilities.level == LIMITED
    if limited and identity.uid is not None:
        hand_over(Path(order.workspace), identity.uid, identity.uid)
    kernel.become_reaper()
    keeper = os.getppid()
    pid = os.fork()
    if pid:
        _stand_by(pid, keeper, status_fd)
    _take(descriptors)
    if order.terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    else:
        os.setpgid(0, 0)
    _limit(order, abilities)
    _drop(identity.uid if limited else None)
    kernel.inherit_only({0, 1, 2})
    os.chdir(order.workspace if order.cwd.startswith("/workspace") else order.cwd)
    if limited:
        program = seccomp.assemble(network=order.network != "none")
        if program is not None:
            kernel.filter_calls(program)
    try:
        os.execvpe(order.argv[0], list(order.argv), dict(order.environment))  # noqa: S606
    except OSError as problem:
        sys.stderr.write(f"{order.argv[0]}: {problem.strerror}\n")
        os._exit(127)


def _stand_by(pid: int, keeper: int, status_fd: int) -> None:
    os.write(status_fd, json.dumps({"child-pid": pid}).encode() + b"\n")
    kernel.die_with_parent(keeper)
    code = 125
    while True:
        found, status = os.waitpid(-1, 0)
        if found == pid:
            code = os.waitstatus_to_exitcode(status)
            code = code if code >= 0 else 128 - code
            break
    os.write(status_fd, json.dumps({"exit-code": code}).encode() + b"\n")
    end_descendants()
    os._exit(min(code, 255))


def end_descendants() -> None:
    """SIGKILL to everything beneath this process until nothing is left."""
    own = os.getpid()
    while True:
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        if not children:
            return
        for one in children:
            os.kill(int(one), signal.SIGKILL)
        for _ in children:
            os.waitpid(-1, 0)
