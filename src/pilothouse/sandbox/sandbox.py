"""Start commands in a sandbox."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from pilothouse.sandbox import ordering
from pilothouse.sandbox.channels import Channels
from pilothouse.sandbox.keeper.outward import RESOLVER
from pilothouse.sandbox.keeping import KeeperLink
from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import Command, Level, NetworkMode, Offer
from pilothouse.sandbox.probing import FULL_APART, abilities_of
from pilothouse.sandbox.problems import NetworkModeNotOffered, SandboxTooWeak
from pilothouse.sandbox.proxy import Allowance, AllowListProxy
from pilothouse.sandbox.running import Running

__all__ = ["Running", "Sandbox"]

_FULL_HELPS = "; its operator can install slirp4netns, or set PILOTHOUSE_LAB_SHARED_NETWORK"


class Sandbox:
    """Starts commands; ends all of them when it is closed or its process dies. Use as ``async with``.

    One keeper process serves it; it is started with the first command (or by ``open``).
    """

    def __init__(self, directory: Path, offer: Offer, *, allow_unsandboxed: bool = False) -> None:
        if offer.level is not Level.ISOLATED and not allow_unsandboxed:
            raise SandboxTooWeak(missing="; ".join(offer.missing()))
        self._directory = directory
        self.offer = offer
        self._link: KeeperLink | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Start the keeper, if it does not run yet; the first command is then as fast as the others."""
        async with self._opening:
            if self._link is not None and self._link.gone:
                await self._link.close()
                self._link = None
            if self._link is None:
                await asyncio.to_thread(ordering.make_system_directories, self._etc, RESOLVER)
                self._link = KeeperLink(abilities_of(self.offer))

    async def start(self, command: Command, log: OutputLog) -> Running:
        """Start it. Its output goes to the log, which is closed with the ending."""
        mode = command.network.mode
        if mode not in self.offer.network:
            helps = _FULL_HELPS if mode is NetworkMode.FULL else ""
            raise NetworkModeNotOffered(mode=mode.value, offered=", ".join(self.offer.network), help=helps)
        allowances = tuple(Allowance.parse(entry) for entry in command.network.allow)
        resolver = RESOLVER if mode is NetworkMode.FULL and self.offer.works(FULL_APART) else None
        order = ordering.order_of(command, self._etc, proxied=mode is NetworkMode.ALLOWLIST, resolver=resolver)
        await self.open()
        assert self._link is not None
        log.hide(command.secrets.values())
        proxy = None
        if mode is NetworkMode.ALLOWLIST:
            asked = command.network
            proxy = AllowListProxy(
                allowances, names_may_be_private=asked.names_may_be_private, this_machine=asked.this_machine
            )
        channels = Channels.open(terminal=command.terminal, stdin=command.stdin)
        running = Running(command, log, channels, self._link, proxy)
        order_fd = os.memfd_create("order")
        try:
            os.write(order_fd, order.to_json())
            await running.start([order_fd, *channels.theirs])
        finally:
            os.close(order_fd)
            channels.close_theirs()
        return running

    async def close(self) -> None:
        """End every command that runs, and the process that started them."""
        link, self._link = self._link, None
        if link is not None:
            await asyncio.gather(*(one.cancel() for one in link.commands()))
            await link.close()

    @property
    def _etc(self) -> Path:
        return self._directory / "etc"
