"""An agent is made once, however often the request is sent; its token is in the first answer and kept nowhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.agents.schemas import Agent, MadeAgent
from pilothouse.hub.agents.service import Made
from pilothouse.hub.composition import Hub
from pilothouse.hub.db import RequestKey, answer_once_with_secret
from pilothouse.kit.clock import at


async def make_once(
    session: AsyncSession, hub: Hub, once: RequestKey, make: Callable[[], Awaitable[Made]]
) -> MadeAgent:
    """What is remembered for an Idempotency-Key holds no token."""

    async def produce() -> tuple[Agent, tuple[str, str]]:
        made = await make()
        return made.agent, (made.token, made.token_id)

    agent, secret = await answer_once_with_secret(session, once, at(hub.clock.now_ns()), Agent, produce)
    token, token_id = secret or (None, None)
    return MadeAgent(**agent.model_dump(), token=token, token_id=token_id)
