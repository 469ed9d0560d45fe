from __future__ import annotations

import pytest
from sqlalchemy import text

from pilothouse.hub.db import Database


@pytest.mark.anyio
async def test_what_a_transaction_wrote_is_read_after_it(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO event_streams VALUES ('a', 1)"))

    async with database.reading() as session:
        assert (await session.execute(text("SELECT last_sequence FROM event_streams"))).scalar_one() == 1
