"""A network of its own that leads everywhere but to this machine: slirp4netns speaks to the outside, without rights."""

from __future__ import annotations

import os
import select
import socket
from pathlib import Path

from pilothouse.sandbox.keeper import kernel
from pilothouse.sandbox.keeper.identities import GUEST_ID

PROGRAM = "slirp4netns"
# Who answers for names in there; handed on to whoever the machine itself asks.
RESOLVER = "10.0.2.3"
# What slirp4netns itself calls so, whatever the machine calls by these names.
_GIVEN = {"10.0.2.2", RESOLVER, "10.0.2.100"}
# Where clouds tell a machine its credentials.
_LINK_LOCAL = "169.254.0.0/16"
# Nobody, and not whom commands run as either: it holds sockets of the machine.
_UID = GUEST_ID - 1
_BEGINS_WITHIN_S = 20.0


def leave_by(program: str) -> int:
    """Move this process, which is root, into such a network; the pid of what keeps it, which dies with this one."""
    own = own_addresses()
    holder, network, let_go = _network()
    ready, begun = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _keep(program, holder, begun, parent)
        finally:
            os._exit(125)
    os.close(begun)
    try:
        if not select.select([ready], [], [], _BEGINS_WITHIN_S)[0] or os.read(ready, 1) != b"1":
            raise OSError(f"{program} did not begin")
        kernel.enter(network, kernel.CLONE_NEWNET)
        kernel.raise_loopback()
        for refused in (_LINK_LOCAL, *(f"{one}/32" for one in own - _GIVEN)):
            kernel.refuse_route(refused)
    finally:
        for descriptor in (ready, network):
            os.close(descriptor)
        let_go.close()
        os.waitpid(holder, 0)
    return pid


def own_addresses() -> set[str]:
    """Those of this machine's network, without its loopback: what listens on them is not for guests either."""
    found, leaf = set(), ""
    for line in Path("/proc/net/fib_trie").read_text().splitlines():
        words = line.split()
        if words[0] == "|--":
            leaf = words[1]
        elif words == ["/32", "host", "LOCAL"] and not leaf.startswith("127."):
            found.add(leaf)
    return found


def _keep(program: str, holder: int, begun: int, parent: int) -> None:
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number, inheritable=True)
    _become_nobody()
    kernel.die_with_parent(parent)
    kernel.inherit_only({0, 1, 2, begun})
    line = [program, "--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp"]
    os.execve(program, [*line, f"--ready-fd={begun}", str(holder), "tap0"], {})  # noqa: S606 - nothing here passes a shell


def _network() -> tuple[int, int, socket.socket]:
    """A process in a network of its own, that network, and the socket whose end is that process's."""
    parent = os.getpid()
    theirs, ours = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            _become_nobody()
            kernel.die_with_parent(parent)
            kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNET)
            kernel.show_itself()
            theirs.send(b"x")
            theirs.recv(1)
        finally:
            os._exit(0)
    theirs.close()
    if not ours.recv(1):
        os.waitpid(pid, 0)
        raise OSError("user namespaces are not available")
    Path(f"/proc/{pid}/uid_map").write_text(f"0 {_UID} 1")
    Path(f"/proc/{pid}/gid_map").write_text(f"0 {_UID} 1")
    return pid, os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC), ours


def _become_nobody() -> None:
    os.setgroups([])
    os.setresgid(_UID, _UID, _UID)
    os.setresuid(_UID, _UID, _UID)
