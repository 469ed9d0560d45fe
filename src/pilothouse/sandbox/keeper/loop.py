"""The keeper's loop: take orders from the service, watch what runs, report how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from pilothouse.sandbox.keeper import kernel
from pilothouse.sandbox.keeper.cgroups import Group, Hierarchies
from pilothouse.sandbox.keeper.child import BESIDE, Identity, become, prepare
from pilothouse.sandbox.keeper.identities import Identities
from pilothouse.sandbox.keeper.kept import Kept
from pilothouse.sandbox.keeper.order import ISOLATED, Abilities, Order

# How often limits are looked at that the kernel does not report by itself, and deadlines kept.
_SAMPLE_S = 0.1
_SOON_S = 0.005
# Moving a child into its cgroups holds up every fork on the machine for some milliseconds: not while a command begins.
_QUIET_S = 0.05
_MESSAGE_BYTES = 65536
_STANDARD_STREAMS = 3
_MOST_DESCRIPTORS = 253


class Keeper:
    """Starts, watches and ends commands for the service at the other end of `service`."""

    def __init__(self, service: socket.socket, abilities: Abilities) -> None:
        self._service = service
        self._abilities = abilities
        self._identities = Identities() if abilities.own_uids else None
        self._hierarchies = Hierarchies(dict(abilities.cgroups))
        self._hierarchies.sweep()
        self._running: dict[int, Kept] = {}
        self._spare: Kept | None = None
        self._owners = {(os.geteuid(), os.getegid())}
        self._made = 0
        self._started_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._selector.register(service, selectors.EVENT_READ, self._take_order)

    def run(self) -> None:
        """Until the service closes its end, or dies."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            while True:
                ready = self._selector.select(self._timeout())
                for key, _ in ready:
                    act: Callable[[], None] = key.data
                    act()
                for kept in list(self._running.values()):
                    kept.look_after()
                if self._spare is None and not ready and self._quiet_in_s() <= 0:
                    self._spare = self._fork()
        except _ServiceGone:
            self._end_everything()

    def _timeout(self) -> float | None:
        waits = [max(0.0, self._quiet_in_s()) if self._spare is None else None]
        waits += [kept.look_again_s(_SAMPLE_S, _SOON_S) for kept in self._running.values()]
        return min((one for one in waits if one is not None), default=None)

    def _quiet_in_s(self) -> float:
        return self._started_at + _QUIET_S - time.monotonic()

    def _take_order(self) -> None:
        message, descriptors = kernel.receive(self._service, _MESSAGE_BYTES, 1 + _STANDARD_STREAMS)
        if not message:
            raise _ServiceGone
        asked = json.loads(message)
        number = int(asked["id"])
        if asked["do"] == "start":
            self._start(number, descriptors)
            return
        kept = self._running.get(number)
        if kept is None:
            return
        if asked["do"] == "end":
            kept.end(asked["reason"], asked["grace_s"])
        elif asked["do"] == "signal":
            kept.signal(asked["number"], asked.get("group"))

    def _start(self, number: int, descriptors: list[int]) -> None:
        kept: Kept | None = None
        try:
            spec = descriptors[0]
            order = Order.from_json(os.pread(spec, os.fstat(spec).st_size, 0))
            kept, self._spare = self._spare or self._fork(), None
            self._started_at = time.monotonic()
            kept.group.limit(cpu=order.cpu, memory_mb=order.memory_mb, pids=order.pids)
            self._running[number] = kept
            kept.adopt(number, order)
            self._hand_over(kept, order, descriptors)
        except Exception as problem:  # noqa: BLE001 - one command that cannot be started must not end the others
            self._say(id=number, event="ended", problem=f"{type(problem).__name__}: {problem}")
            if kept is not None:
                kept.kill()
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _hand_over(self, kept: Kept, order: Order, descriptors: list[int]) -> None:
        owners: dict[tuple[int, int], int] = {}
        trees: list[int] = []
        uid = kept.uid
        try:
            if self._identities is not None and uid is not None and self._abilities.level == ISOLATED:
                uid = self._identities.runs_as(uid, order.workspace)
                # Cloned here: what was mounted since the child got mounts of its own, the child does not see.
                trees += [kernel.clone_mount(source) for source in (order.workspace, *(one[0] for one in order.mounts))]
                for tree in trees:
                    found = os.fstat(tree)
                    key = (found.st_uid, found.st_gid)
                    if key == (uid, uid):
                        continue  # it is its own already
                    owners[key] = self._identities.showing(uid, *key)
                self._owners |= owners.keys()
            message = json.dumps({"uid": uid, "owners": list(owners)}).encode()
            socket.send_fds(kept.socket, [message], [*descriptors, *owners.values(), *trees])
        finally:
            for tree in trees:
                os.close(tree)
        self._selector.register(kept.socket, selectors.EVENT_READ, lambda: self._hear(kept))
        self._selector.register(kept.status, selectors.EVENT_READ, lambda: self._read_status(kept))
        self._selector.register(kept.pidfd, selectors.EVENT_READ, lambda: self._finish(kept))
        self._say(id=kept.number, event="started", pid=kept.pid)

    def _fork(self) -> Kept:
        """A child with its uid, cgroups and mount namespace, waiting for a command."""
        self._made += 1
        uid = self._identities.take() if self._identities is not None else None
        if uid is not None and self._identities is not None:
            for owner in self._owners:
                self._identities.showing(uid, *owner)
        group = self._hierarchies.group(self._made)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        status_read, status_write = os.pipe()
        keeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                kernel.die_with_parent(keeper)
                self._service.close()
                ours.close()
                self._await(theirs, group, uid, status_write)
            finally:
                os._exit(125)
        theirs.close()
        os.close(status_write)
        isolated = self._abilities.level == ISOLATED
        return Kept(pid, ours, status_read, group, uid, self._hierarchies, isolated=isolated)

    def _await(self, keeper: socket.socket, group: Group, uid: int | None, status_fd: int) -> None:
        prepare(group, self._abilities, Identity(uid, {}, []))
        message, descriptors = kernel.receive(keeper, _MESSAGE_BYTES, _MOST_DESCRIPTORS)
        if not message:
            return
        spec, standard, shown = descriptors[0], descriptors[1:4], descriptors[4:]
        order = Order.from_json(os.pread(spec, os.fstat(spec).st_size, 0))
        told = json.loads(message)
        owners = [(owner, group_of) for owner, group_of in told["owners"]]
        identity = Identity(told["uid"], dict(zip(owners, shown, strict=False)), shown[len(owners) :])
        become(order, self._abilities, identity, standard, status_fd, keeper)

    def _hear(self, kept: Kept) -> None:
        """From a child on its way to becoming a command: the socket its proxy listens on, or that it is on its own."""
        message, descriptors = kernel.receive(kept.socket, 64, 1)
        if not message:
            self._selector.unregister(kept.socket)
            return
        if message.startswith(BESIDE.encode()):
            kept.beside = int(message.removeprefix(BESIDE.encode()))
            return
        self._say(descriptors, id=kept.number, event="listening")
        for descriptor in descriptors:
            os.close(descriptor)

    def _read_status(self, kept: Kept) -> None:
        if not kept.read_status():
            self._selector.unregister(kept.status)

    def _finish(self, kept: Kept) -> None:
        """Its main process is gone: make sure that everything is, then say how it went."""
        for descriptor in (kept.pidfd, kept.socket, kept.status):
            with contextlib.suppress(KeyError):
                self._selector.unregister(descriptor)
        result = kept.reap()
        del self._running[kept.number]
        self._say(id=kept.number, event="ended", **result)
        # A uid under which something will not die is not given to anybody else.
        if kept.put_away() and kept.uid is not None and self._identities is not None:
            self._identities.give_back(kept.uid)

    def _end_everything(self) -> None:
        for kept in (*self._running.values(), *([] if self._spare is None else [self._spare])):
            kept.kill()
            select.select([kept.pidfd], [], [], 5)
            kept.reap()
            kept.put_away()

    def _say(self, descriptors: list[int] | None = None, **facts: Any) -> None:
        try:
            socket.send_fds(self._service, [json.dumps(facts).encode()], descriptors or [])
        except OSError as problem:
            raise _ServiceGone from problem


class _ServiceGone(Exception):
    pass


def main() -> None:
    """`… DESCRIPTOR ABILITIES`: serve on a socket inherited from the service."""
    service = socket.socket(fileno=int(sys.argv[1]))
    service.set_inheritable(False)
    os.setsid()
    Keeper(service, Abilities.from_json(sys.argv[2])).run()
