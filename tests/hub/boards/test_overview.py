"""All boards of somebody at once, and the approvals that wait on them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.boards import Office
from tests.support.people import Somebody, somebody
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio

OVERVIEW = "/boards/overview"
APPROVALS = "/boards/approvals"


async def asked(office: Office, by: Any = None, **more: Any) -> str:
    wanted = {"action_type": "deploy", "reason": "It works", "confidence": 80, **more}
    return str((await office.made("/boards/{board}/approvals", by, **wanted))["id"])


def ids(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["items"]]


async def reader_of(office: Office, board_id: str) -> Somebody:
    return await somebody(office.guarded, "Rhea", access={"boards": [{"board_id": board_id}]})


async def test_every_board_says_how_much_is_on_it(office: Office) -> None:
    tessa = await office.agent()
    await office.claim(await office.task(), tessa)
    await office.task("Another")
    await asked(office, tessa)
    first, second = office.board, await office.open_board("Yard")

    found = await office.got(OVERVIEW)

    assert [(one["board"]["id"], one["can_write"]) for one in found["items"]] == [(first, True), (second, True)]
    assert found["items"][0]["counts"] == {
        "inbox": 1, "in_progress": 1, "review": 0, "done": 0, "pending_approvals": 1, "agents": 1,
    }  # fmt: skip
    assert sum(found["items"][1]["counts"].values()) == 0
    assert [one["board"]["id"] for one in (await office.got(OVERVIEW, params={"q": "yar"}))["items"]] == [second]


async def test_only_what_somebody_may_see_is_there(office: Office) -> None:
    tessa = await office.agent()
    seen, approval = office.board, await asked(office, tessa)
    await office.open_board("Hidden")
    await asked(office, await office.agent())
    rhea = await reader_of(office, seen)

    boards, approvals = await office.got(OVERVIEW, rhea.token), await office.got(APPROVALS, rhea.token)

    assert [(one["board"]["id"], one["can_write"]) for one in boards["items"]] == [(seen, False)]
    assert ids(approvals) == [approval]
    assert (approvals["items"][0]["board_name"], approvals["items"][0]["can_decide"]) == ("Corridor", False)
    assert ids(await office.got(APPROVALS, rhea.token, params={"waiting_for_me": True})) == []


async def test_what_one_asked_for_waits_for_others(office: Office) -> None:
    mine, agents = await asked(office), await asked(office, await office.agent())
    mara = await somebody(office.guarded, access={"all_boards_write": True})
    waiting = {"waiting_for_me": True}

    assert ids(await office.got(APPROVALS, params=waiting)) == [agents]
    assert sorted(ids(await office.got(APPROVALS, mara.token, params=waiting))) == sorted([mine, agents])

    await office.changed("/boards/{board}", allow_deciding_own_requests=True)
    assert sorted(ids(await office.got(APPROVALS, params=waiting))) == sorted([mine, agents])

    await office.changed(f"/boards/{{board}}/approvals/{agents}", status="approved")
    assert ids(await office.got(APPROVALS, params=waiting)) == [mine]
    assert ids(await office.got(APPROVALS, params={"status": "approved"})) == [agents]
    office.guarded.clock.advance(2 * 86_400)
    assert ids(await office.got(APPROVALS, params=waiting)) == []


async def test_nothing_waits_for_an_agent_to_decide_it(office: Office) -> None:
    tessa = await office.agent()
    await asked(office)

    assert ids(await office.got(APPROVALS, tessa, params={"waiting_for_me": True})) == []
    assert [one["can_decide"] for one in (await office.got(APPROVALS, tessa))["items"]] == [False]


async def test_more_boards_cost_no_more_questions(office: Office) -> None:
    counts = []
    for name in ("One", "Two", "Three"):
        await office.open_board(name)
        await asked(office)
        with counting_queries(office.app.state.hub.database) as statements:
            await office.got(OVERVIEW)
            await office.got(APPROVALS)
        counts.append(len(statements))

    assert len(set(counts[1:])) == 1
