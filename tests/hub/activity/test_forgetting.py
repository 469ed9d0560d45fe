"""What changed long ago is forgotten where a limit is set, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from pilothouse.hub import activity
from pilothouse.hub.activity.domain import stream_of
from pilothouse.hub.composition import Hub
from pilothouse.hub.events import Forgotten
from pilothouse.hub.events import service as events_service
from pilothouse.hub.events.models import EventRow
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import at
from tests.hub.activity.conftest import OWNER
from tests.support.guarded import guarded_hub
from tests.support.streaming import served

pytestmark = pytest.mark.anyio

DAY_S = 86_400


async def test_old_changes_and_their_events_go_and_numbers_go_on(
    hub_settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity.service, "FORGOTTEN_AT_ONCE", 2)
    monkeypatch.setattr(events_service, "FORGOTTEN_AT_ONCE", 2)
    async with guarded_hub(hub_settings, activity_days=7) as guarded:
        board = (await guarded.operator.post("/api/v1/boards", json={"name": "Belt"})).json()["id"]
        tasks = f"/api/v1/boards/{board}/tasks"
        for number in range(5):
            await guarded.operator.post(tasks, json={"title": f"old {number}"})
        guarded.clock.advance(8 * DAY_S)
        made = (await guarded.operator.post(tasks, json={"title": "new"})).json()
        before = (await guarded.operator.get("/api/v1/activity")).json()["items"]

        cut = at(guarded.clock.now_ns()) - timedelta(days=7)
        await guarded.app.state.activity.forget(guarded.hub.database, cut)
        after = (await guarded.operator.get("/api/v1/activity")).json()["items"]
        events = await guarded.hub.events.since(stream_of("home"), 0)
        await guarded.operator.post(tasks, json={"title": "next"})
        last = await guarded.hub.events.last(stream_of("home"))

        assert [one["subject_id"] for one in after] == [made["id"]]
        assert [event.sequence for event in events] == [after[0]["sequence"]]
        assert last == before[0]["sequence"] + 1
        assert (await guarded.operator.get(tasks)).json()["total"] == 7


async def test_a_stream_that_resumes_from_what_is_forgotten_says_so_and_goes_on(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings) as guarded, served(guarded.app) as hub_on:
        board = (await guarded.operator.post("/api/v1/boards", json={"name": "Belt"})).json()["id"]
        tasks = f"/api/v1/boards/{board}/tasks"
        for number in range(3):
            await guarded.operator.post(tasks, json={"title": f"old {number}"})
        last = await guarded.hub.events.last(stream_of("home"))
        guarded.clock.advance(8 * DAY_S)
        await guarded.app.state.activity.forget(guarded.hub.database, at(guarded.clock.now_ns()))
        behind = await hub_on.connect("/api/v1/activity/stream", {**OWNER, "Last-Event-ID": "1"})
        current = await hub_on.connect(f"{tasks}/stream?since={last}", OWNER)
        told = await behind.next()
        await guarded.operator.post(tasks, json={"title": "new"})
        kinds = [(await client.next())["kind"] for client in (behind, current)]

    assert (told["after"], told["until"]) == (1, last)
    assert kinds == ["task.created"] * 2
    assert (behind.names, current.names) == (["forgotten", ""], [""])
    assert (behind.seen, current.seen) == ([last, last + 1], [last + 1])


async def test_what_is_forgotten_before_a_subscriber_has_read_it_is_told(hub: Hub) -> None:
    source = hub.events.subscribe("here", 0)
    for number in range(3):
        async with hub.database.transaction() as session:
            hub.events.append(session, "here", "said", str(number), {})
        if number == 0:
            first = await anext(source)
        elif number == 1:
            async with hub.database.transaction() as session:
                await session.execute(delete(EventRow).where(EventRow.stream == "here"))
            hub.events.bus.subscriptions("here")[0].look_again()

    gap, last = [await anext(source) for _ in range(2)]
    await source.aclose()

    assert (first.sequence, gap, last.sequence) == (1, Forgotten("here", 1, 2), 3)


async def test_nothing_is_forgotten_unless_somebody_says_so(hub_settings: HubSettings) -> None:
    assert hub_settings.activity_days == 0
    async with guarded_hub(hub_settings) as guarded:
        assert "forget activity" not in str(vars(guarded.hub.jobs))
    async with guarded_hub(hub_settings, activity_days=7) as guarded:
        assert "forget activity" in str(vars(guarded.hub.jobs))
