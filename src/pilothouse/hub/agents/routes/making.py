"""An agent is made once, however often the request is sent; its token is in the first answer and kept nowhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.agents.schemas import Agent, MadeAgent
from pilothouse.hub.agents.service import Made
from pilothouse.hub.composition import Hub
from pilothouse.hub.db import RequestKey, answer_once
from pilothouse.kit.clock import at


async def make_once(
    session: AsyncSession, hub: Hub, once: RequestKey, make: Callable[[], Awaitable[Made]]
) -> MadeAgent:
    """What is remembered for an Idempotency-Key holds no token."""
    tokens: list[Made] = []

    async def produce() -> Agent:
        made = await make()
        tokens.append(made)
        return made.agent

    agent = await answer_once(session, once, at(hub.clock.now_ns()), Agent, produce)
    token, token_id = (tokens[0].token, tokens[0].token_id) if tokens else (None, None)
    return MadeAgent(**agent.model_dump(), token=token, token_id=token_id)
