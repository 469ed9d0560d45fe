"""Letting robots in: an operator asks for a code, the robot trades it for a token of its own."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import Actor, act_as, record
from pilothouse.hub.db import Database
from pilothouse.hub.events import Events
from pilothouse.hub.fleet.domain import (
    CodeRefused,
    RobotEnrolledAlready,
    UnknownEnrolment,
    code_sha256,
    new_code,
)
from pilothouse.hub.fleet.models import EnrolmentRow
from pilothouse.hub.fleet.repository import EnrolmentRows
from pilothouse.hub.fleet.service.robots import Robots
from pilothouse.hub.identity import Caller, CallerKind, Tokens
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire import Enrolment, EnrolRequest, NewEnrolment, RobotToken
from pilothouse.wire.robot import OpenEnrolment, OpenEnrolmentList


class Enrolments:
    """Codes that were given out."""

    def __init__(self, database: Database, events: Events, clock: Clock, *, tokens: Tokens, robots: Robots) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._tokens = tokens
        self._robots = robots

    async def create(self, session: AsyncSession, new: NewEnrolment, maker: Caller, hub_url: str) -> Enrolment:
        """A code for one robot; this answer is the only one that holds it."""
        code, now = new_code(), self._now()
        row = EnrolmentRow(
            id=new_id("enr"),
            code_sha256=code_sha256(code),
            robot_id=new.robot_id,
            site=new.site,
            tags=new.tags,
            created_at=now,
            created_by=maker.title,
            expires_at=now + timedelta(seconds=new.expires_in_s),
        )
        await EnrolmentRows(session).add(row)
        return Enrolment(
            code=code,
            robot_id=new.robot_id,
            expires_at=row.expires_at,
            command=_command(hub_url, code, new.robot_id),
            enrolment_id=row.id,
        )

    async def page(self, session: AsyncSession, *, limit: int, offset: int) -> OpenEnrolmentList:
        """Codes that wait for their robot, newest first."""
        rows, total = await EnrolmentRows(session).page(self._now(), limit, offset)
        return OpenEnrolmentList(items=[_shown(row) for row in rows], total=total, limit=limit, offset=offset)

    async def revoke(self, session: AsyncSession, enrolment_id: str) -> None:
        """The code lets nobody in any more; raises UnknownEnrolment."""
        if not await EnrolmentRows(session).delete_open(enrolment_id, self._now()):
            raise UnknownEnrolment(enrolment_id=enrolment_id)

    async def enrol(self, request: EnrolRequest) -> RobotToken:
        """Trade a code for a token; raises CodeRefused, and RobotEnrolledAlready, which leaves the code as it is."""
        async with self._database.transaction() as session:
            now = self._now()
            row = await EnrolmentRows(session).use(code_sha256(request.code), request.robot_id, now)
            if row is None:
                raise CodeRefused
            # A code for anybody must not hand out the voice of a robot that speaks already.
            if row.robot_id is None and await self._tokens.robot_has_token(session, request.robot_id):
                raise RobotEnrolledAlready(robot_id=request.robot_id)
            await self._robots.let_in(
                session, request.robot_id, site=row.site, tags=row.tags, versions=request.versions
            )
            maker = Caller(CallerKind.OPERATOR, f"enrolment {row.id}")
            act_as(session, Actor(f"robot {request.robot_id}", CallerKind.ROBOT))
            record(session, "robot.enrolled", request.robot_id, after={"enrolment_id": row.id, "site": row.site})
            return await self._tokens.give_robot(session, request.robot_id, maker)

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _command(hub_url: str, code: str, robot_id: str | None) -> str:
    words = ["pilothouse", "robot", "enroll", "--hub", hub_url, "--code", code]
    return shlex.join([*words, *([] if robot_id is None else ["--robot-id", robot_id])])


def _shown(row: EnrolmentRow) -> OpenEnrolment:
    return OpenEnrolment(
        enrolment_id=row.id,
        robot_id=row.robot_id,
        site=row.site,
        tags=row.tags,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
    )
