"""Bring viewers and robots together, whichever hub each of them reached."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from pydantic import ValidationError

from pilothouse.hub.db import Database
from pilothouse.hub.relay.domain import RENEW_AGAIN_S, RENEW_EVERY_S, WANTED_FOR, RelayRefused, RobotNotConnected
from pilothouse.hub.relay.repository import WatchedRows
from pilothouse.hub.relay.schemas import LiveAnswer, LiveRequest
from pilothouse.hub.relay.service.lines import Lines, Listener
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.ids import new_id
from pilothouse.kit.logs import get_logger
from pilothouse.wire.relay import RelayAnswer, RelayMode, RelayNotice, RelayRequest, RelayState, lets_through

log = get_logger(__name__)

_HELLO = '{"type":"relay.hello"}'


class Relays:
    """Which robots are watched, and what passes between them and whoever watches."""

    def __init__(self, database: Database, clock: Clock, lines: Lines) -> None:
        self._database = database
        self._clock = clock
        self._lines = lines
        self._watched: frozenset[str] = frozenset()

    def is_watched(self, robot_id: str) -> bool:
        """Whether anybody wants to see this robot, as far as was heard at the last look."""
        return robot_id in self._watched

    async def look(self) -> None:
        """See who is watched, at this hub or at another."""
        async with self._database.reading() as session:
            self._watched = frozenset(await WatchedRows(session).watched(self._now()))

    async def forget(self) -> None:
        """Delete who was watched once."""
        async with self._database.transaction() as session:
            await WatchedRows(session).forget(self._now())

    @asynccontextmanager
    async def watching(self, robot_id: str) -> AsyncIterator[Listener]:
        """Hear everything the robot says, from the moment it is connected."""
        async with self._lines.listening(_from(robot_id)) as listener:
            renewing = asyncio.create_task(self._renew(robot_id), name="watching")
            try:
                listener.put(RelayNotice(state=RelayState.WAITING).model_dump_json())
                await self._lines.say(_to(robot_id), _HELLO)
                yield listener
            finally:
                renewing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewing

    async def ask(self, robot_id: str, request: LiveRequest) -> LiveAnswer:
        """Ask the robot's guard something, waiting for the robot if need be; raises RelayRefused,
        RobotNotConnected."""
        if not lets_through(RelayMode.CONTROL, request.method, request.path):
            raise RelayRefused(method=request.method, path=request.path)
        asked = RelayRequest(id=new_id("ask"), **request.model_dump(exclude={"timeout_s"}))
        text = asked.model_dump_json()
        try:
            async with asyncio.timeout(request.timeout_s), self.watching(robot_id) as listener:
                await self._lines.say(_to(robot_id), text)
                while True:
                    for message in (await listener.take())[0]:
                        if (answer := _answer(message)) is not None and answer.id == asked.id:
                            return LiveAnswer(status=answer.status, body=answer.body, detail=answer.detail)
                        # It came after the question: a robot hears a question twice and answers it once.
                        if _says_connected(message):
                            await self._lines.say(_to(robot_id), text)
        except TimeoutError:
            raise RobotNotConnected(robot_id=robot_id, seconds=request.timeout_s) from None

    @asynccontextmanager
    async def connected(self, robot_id: str) -> AsyncIterator[Listener]:
        """The robot is here: hear what it is asked, and tell those who watch that it came and went."""
        async with self._lines.listening(_to(robot_id)) as listener:
            await self.told(robot_id, RelayNotice(state=RelayState.CONNECTED).model_dump_json())
            try:
                yield listener
            finally:
                await self.told(robot_id, RelayNotice(state=RelayState.GONE).model_dump_json())

    async def greeted(self, robot_id: str) -> None:
        """Somebody new watches: they are to know that the robot is here."""
        await self.told(robot_id, RelayNotice(state=RelayState.CONNECTED).model_dump_json())

    async def told(self, robot_id: str, message: str | bytes) -> None:
        """The robot said something."""
        await self._lines.say(_from(robot_id), message)

    async def _renew(self, robot_id: str) -> None:
        while True:
            try:
                async with self._database.transaction() as session:
                    await WatchedRows(session).watch(robot_id, self._now() + WANTED_FOR)
            except Unavailable as problem:
                log.warning("other hubs may not know that a robot is watched", robot=robot_id, reason=problem.sentence)
                await asyncio.sleep(RENEW_AGAIN_S)
                continue
            self._watched |= {robot_id}
            await asyncio.sleep(RENEW_EVERY_S)

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def is_hello(message: str | bytes) -> bool:
    return message == _HELLO


def _from(robot_id: str) -> str:
    return f"from:{robot_id}"


def _to(robot_id: str) -> str:
    return f"to:{robot_id}"


def _answer(message: str | bytes) -> RelayAnswer | None:
    if isinstance(message, bytes) or not message.startswith('{"type":"relay.answer"'):
        return None
    try:
        return RelayAnswer.model_validate_json(message)
    except ValidationError:
        return None


def _says_connected(message: str | bytes) -> bool:
    return isinstance(message, str) and message.startswith('{"type":"relay","state":"connected"')
