"""What changed long ago is forgotten where a limit is set, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilothouse.hub import activity
from pilothouse.hub.activity.domain import stream_of
from pilothouse.hub.events import service as events_service
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import at
from tests.support.guarded import guarded_hub

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


async def test_nothing_is_forgotten_unless_somebody_says_so(hub_settings: HubSettings) -> None:
    assert hub_settings.activity_days == 0
    async with guarded_hub(hub_settings) as guarded:
        assert "forget activity" not in str(vars(guarded.hub.jobs))
    async with guarded_hub(hub_settings, activity_days=7) as guarded:
        assert "forget activity" in str(vars(guarded.hub.jobs))
