"""An agent says that it lives, and hears how much waits for it."""

from __future__ import annotations

from pilothouse.hub.agents import schemas
from pilothouse.hub.agents.domain.problems import BoardMismatch, NameMismatch
from pilothouse.hub.agents.service.rollcall import RollCall
from pilothouse.hub.agents.service.waiting import Waiting
from pilothouse.hub.identity import Caller


class Heartbeats:
    """Takes heartbeats, and has the roll write them down."""

    def __init__(self, roll: RollCall, waiting: Waiting) -> None:
        self._roll = roll
        self._waiting = waiting

    async def take(self, caller: Caller, heartbeat: schemas.AgentHeartbeat) -> schemas.HeartbeatAnswer:
        """Raises BoardMismatch, NameMismatch, UnknownAgent."""
        if heartbeat.board_id is not None and heartbeat.board_id != caller.board_id:
            raise BoardMismatch(board_id=caller.board_id)
        if heartbeat.name is not None and heartbeat.name != caller.name:
            raise NameMismatch(name=caller.name)
        record, now = await self._roll.beat(caller, heartbeat.status)
        return schemas.HeartbeatAnswer(
            agent_id=record.id,
            name=record.name,
            board_id=record.board_id,
            role=record.role,
            status=heartbeat.status,
            received_at=now,
            next_heartbeat_s=record.heartbeat_interval_s,
            waiting=await self._waiting.of(record),
        )
