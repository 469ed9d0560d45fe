"""The numbers of the dashboard are what the rows say."""

from __future__ import annotations

import pytest

from tests.support.boards import Office
from tests.support.people import organization
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio

DASHBOARD = "/metrics/dashboard"


async def test_tasks_approvals_agents_and_incidents_are_counted(office: Office) -> None:
    await office.changed("/boards/{board}", claim_lease_s=7_200)
    agent = await office.agent()
    first, second = await office.task("first"), await office.task("second")
    await office.task("third")
    await office.claim(first, agent)
    office.guarded.clock.advance(600)
    await office.move(first, "done", by=agent)
    await office.claim(second, agent)
    await office.made("/incidents", title="x", severity="high")
    resolved = await office.made("/incidents", title="y")
    office.guarded.clock.advance(100)
    await office.changed(f"/incidents/{resolved['id']}", state="resolved")

    shown = await office.got(DASHBOARD, params={"range": "24h"})

    assert shown["tasks"]["by_status"] == {"inbox": 1, "in_progress": 1, "review": 0, "done": 1}
    assert (shown["tasks"]["work_in_progress"], shown["tasks"]["created"], shown["tasks"]["done"]) == (1, 3, 1)
    assert shown["tasks"]["cycle_time_s"] == pytest.approx(600, abs=1)
    assert [one["done"] for one in shown["throughput"]] == [1]
    assert (shown["agents"]["total"], shown["boards"]) == (1, 1)
    assert (shown["incidents"]["live"], shown["incidents"]["by_severity"]) == (1, {"high": 1})
    assert (shown["incidents"]["opened"], shown["incidents"]["resolved"]) == (2, 1)
    assert shown["incidents"]["time_to_resolve_s"] == pytest.approx(100, abs=1)


async def test_what_was_before_the_range_is_not_counted_in_it(office: Office) -> None:
    task = await office.task()
    await office.move(task, "in_progress", "done")
    office.guarded.clock.advance(8 * 86_400)

    week = await office.got(DASHBOARD)
    month = await office.got(DASHBOARD, params={"range": "30d"})

    assert (week["range"], week["tasks"]["done"], week["tasks"]["cycle_time_s"]) == ("7d", 0, None)
    assert month["tasks"]["done"] == 1
    assert week["tasks"]["by_status"]["done"] == 1


async def test_everybody_sees_numbers_of_what_they_see(office: Office) -> None:
    await office.task()
    await office.open_board("Another")
    agent = await office.agent()
    stranger = await organization(office.guarded)

    own = await office.got(DASHBOARD, agent)
    theirs = await office.got(DASHBOARD, stranger.token)

    assert (own["boards"], own["tasks"]["by_status"]["inbox"], own["incidents"]) == (1, 0, None)
    assert (theirs["boards"], theirs["tasks"]["by_status"]["inbox"], theirs["incidents"]) == (0, 0, None)


async def test_it_costs_the_same_queries_however_much_there_is(office: Office) -> None:
    costs = []
    for _ in range(2):
        with counting_queries(office.guarded.hub.database) as statements:
            await office.got(DASHBOARD)
        costs.append(len(statements))
        for number in range(5):
            await office.task(f"task {number}")

    assert costs[0] == costs[1] <= 12


async def test_a_range_that_is_none_is_refused(office: Office) -> None:
    assert (await office.ask("GET", DASHBOARD, params={"range": "1y"})).status_code == 422
