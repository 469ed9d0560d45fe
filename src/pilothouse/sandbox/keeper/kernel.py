"""System calls that Python does not wrap."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import socket
import struct
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_SLAVE = 2, 4, 8, 1 << 14, 1 << 19
_PR_SET_DUMPABLE, _PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER, _PR_SET_SECCOMP = 4, 1, 38, 36, 22
_SECCOMP_MODE_FILTER = 2
# The same on every architecture since 5.2.
_OPEN_TREE, _MOVE_MOUNT, _OPENAT2, _MOUNT_SETATTR = 428, 429, 437, 442
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2
_KEYCTL = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
_KEYCTL_JOIN_SESSION_KEYRING = 1
_OPEN_TREE_CLONE, _O_CLOEXEC, _AT_RECURSIVE, _AT_EMPTY_PATH = 1, 0o2000000, 0x8000, 0x1000
_MOVE_MOUNT_F_EMPTY_PATH = 4
_AT_FDCWD = -100
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV, _MOUNT_ATTR_IDMAP = 1, 2, 4, 0x00100000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_RTM_NEWROUTE, _RTA_DST, _MAIN_TABLE, _STATIC, _UNREACHABLE = 24, 1, 254, 4, 7
_NLM_REQUEST, _NLM_ACK, _NLM_CREATE = 1, 4, 0x400

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def make_mounts_private() -> None:
    """What is mounted from now on stays in this mount namespace; what the machine unmounts is unmounted here, too."""
    _checked(_libc.mount(b"none", b"/", None, _MS_REC | _MS_SLAVE, None), "mount --make-rslave /")


def mount_tmpfs(target: str, size: str) -> None:
    options = f"mode=0755,size={size}".encode()
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _checked(_libc.mount(b"tmpfs", target.encode(), b"tmpfs", flags, options), f"mount tmpfs on {target}")


def clone_mount(source: str) -> int:
    """A mount of its own of a directory or file, attached nowhere yet."""
    flags = _OPEN_TREE_CLONE | _O_CLOEXEC
    return _checked(_libc.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(source), flags), f"open_tree {source}")


def set_mount(tree: int, *, read_only: bool, userns: int | None = None) -> None:
    """No set-uid, no devices, and, with a user namespace, files that appear to belong to somebody else."""
    flags = _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV
    flags |= _MOUNT_ATTR_RDONLY if read_only else 0
    flags |= _MOUNT_ATTR_IDMAP if userns is not None else 0
    how = _MountAttributes(flags, 0, 0, userns or 0)
    call = _libc.syscall(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, ctypes.byref(how), ctypes.sizeof(how))
    _checked(call, "mount_setattr")


def attach_mount(tree: int, target: str) -> None:
    call = _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)
    _checked(call, f"move_mount to {target}")


def openat2(directory: int, path: str, flags: int, resolve: int, mode: int = 0) -> int:
    how = _OpenHow(flags | _O_CLOEXEC, mode, resolve)
    call = _libc.syscall(_OPENAT2, directory, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
    return _checked(call, path)


def die_with_parent(parent: int) -> None:
    """SIGKILL when the parent dies; at once if it already has."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        os._exit(1)


def show_itself() -> None:
    """Others of the same uid may see what this process is in, although it has changed who it is."""
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def become_reaper() -> None:
    """Orphans beneath this process become its children instead of init's."""
    _checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def filter_calls(program: bytes) -> None:
    """Give up new privileges and load a seccomp filter."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    loaded = ctypes.create_string_buffer(header, len(header))
    _checked(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, loaded, 0, 0), "seccomp")


def keep_to_itself() -> None:
    """From now on no abstract socket and no process outside of what this one starts can be reached (Landlock)."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    scopes = struct.pack("QQQ", 0, 0, _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS)
    rules = _checked(_libc.syscall(_LANDLOCK_CREATE, scopes, len(scopes), 0), "landlock_create_ruleset")
    try:
        _checked(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock_restrict_self")
    finally:
        os.close(rules)


def forget_keyring() -> None:
    """Start with an empty session keyring instead of the one that came with the service."""
    if _KEYCTL is not None:
        _libc.syscall(_KEYCTL, _KEYCTL_JOIN_SESSION_KEYRING, None)


def receive(channel: socket.socket, size: int, descriptors: int) -> tuple[bytes, list[int]]:
    """A message with descriptors that are not inherited by whatever is started next."""
    message, received, _, _ = socket.recv_fds(channel, size, descriptors, socket.MSG_CMSG_CLOEXEC)
    return message, received


def inherit_only(kept: set[int]) -> None:
    """Of all open descriptors, only these reach the program that is about to be started."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            os.set_inheritable(int(name), int(name) in kept)


def raise_loopback() -> None:
    """`ip link set lo up` in the present network namespace."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def enter(namespace: int, kind: int) -> None:
    """Join a namespace by its descriptor."""
    _checked(_libc.setns(namespace, kind), "setns")


def refuse_route(network: str) -> None:
    """`ip route add unreachable NETWORK` in the present network namespace."""
    address, _, length = network.partition("/")
    attribute = struct.pack("HH4s", 8, _RTA_DST, socket.inet_aton(address))
    route = struct.pack("8BI", socket.AF_INET, int(length), 0, 0, _MAIN_TABLE, _STATIC, 0, _UNREACHABLE, 0) + attribute
    flags = _NLM_REQUEST | _NLM_ACK | _NLM_CREATE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as channel:
        channel.send(struct.pack("IHHII", 16 + len(route), _RTM_NEWROUTE, flags, 1, 0) + route)
        problem = -struct.unpack("i", channel.recv(4096)[16:20])[0]
    if problem:
        raise OSError(problem, os.strerror(problem), f"route {network}")


def user_namespace(uid_map: str, gid_map: str) -> int:
    """A descriptor of a new user namespace with these maps; nothing runs in it."""
    parent = os.getpid()
    theirs, ours = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            die_with_parent(parent)
            unshare(CLONE_NEWUSER)
            theirs.send(b"x")
            ours.close()
            theirs.recv(1)
        finally:
            os._exit(0)
    try:
        theirs.close()
        if not ours.recv(1):
            raise OSError("user namespaces are not available")
        Path(f"/proc/{pid}/uid_map").write_text(uid_map)
        Path(f"/proc/{pid}/gid_map").write_text(gid_map)
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        ours.close()
        os.waitpid(pid, 0)
