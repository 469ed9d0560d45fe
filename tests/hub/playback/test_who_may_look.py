"""A robot looks into its own recordings only; of one that is only announced there is nothing to see yet."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.app import SWITCH_S
from pilothouse.hub.composition import Hub
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of, closed
from tests.support.flights import write_flight

pytestmark = pytest.mark.anyio

QUESTIONS = ["fields", "messages?topic=/speed", "series?fields=/speed.data", "frames?topic=/speed", "cut"]
ADA, BOB = "ada_20260101T000000Z", "bob_20260101T000000Z"


@pytest.fixture
def hub_settings(hub_settings: HubSettings) -> HubSettings:
    return closed(hub_settings)


@pytest.fixture
async def operator(hub_app: FastAPI, hub: Hub) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator, and a recording of each of two robots."""
    async with client_of(hub_app, auth=("eva", "hunter2")) as client:
        for session_id in (ADA, BOB):
            write_flight(hub.settings.data / "sessions" / f"{session_id}.mcap", seconds=2)
        assert (await client.post("/api/admin/rescan")).status_code == 200
        yield client


@pytest.fixture
async def ada(hub_app: FastAPI, operator: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """A robot with a token of its own."""
    code = (await operator.post("/api/v1/robots/enrolments", json={"robot_id": "ada"})).json()["code"]
    answer = await operator.post("/api/v1/robots/enroll", json={"code": code, "robot_id": "ada"})
    async with client_of(hub_app, headers={"Authorization": f"Bearer {answer.json()['token']}"}) as client:
        yield client


async def test_a_robot_looks_into_its_own_recordings_and_into_no_other(ada: httpx2.AsyncClient) -> None:
    for question in QUESTIONS:
        own = await ada.get(f"/api/sessions/{ADA}/{question}")
        other = await ada.get(f"/api/sessions/{BOB}/{question}")

        assert own.status_code == (422 if question.startswith("frames") else 200), own.text
        assert (other.status_code, other.json()["code"]) == (404, "unknown_recording")


async def test_a_cut_does_not_go_on_into_the_recording_of_another(
    ada: httpx2.AsyncClient, operator: httpx2.AsyncClient
) -> None:
    cut = f"/api/sessions/{ADA}/cut?following={BOB}"

    assert (await ada.get(cut)).json()["code"] == "unknown_recording"
    assert (await operator.get(cut)).status_code == 200


async def test_a_stranger_looks_into_none(hub_app: FastAPI, operator: httpx2.AsyncClient) -> None:
    made = (await operator.post("/auth/tokens", json={"name": "ci", "scopes": ["fleet:write"]})).json()
    async with client_of(hub_app) as nobody, client_of(hub_app) as writer:
        writer.headers["Authorization"] = f"Bearer {made['token']}"
        for question in QUESTIONS:
            assert (await nobody.get(f"/api/sessions/{ADA}/{question}")).status_code == 401
            refused = await writer.get(f"/api/sessions/{ADA}/{question}")
            assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_of_an_announced_recording_there_are_facts_and_nothing_to_look_into(operator: httpx2.AsyncClient) -> None:
    told = {"session_id": "ada_20270101T000000Z", "robot_id": "ada", "label": "", "size_bytes": 1000}
    assert (await operator.post("/api/v1/recordings/announcements", json=told)).status_code == 200
    path = f"/api/sessions/{told['session_id']}"

    assert (await operator.get(path)).json()["state"] == "announced"
    for question in QUESTIONS:
        answer = await operator.get(f"{path}/{question}")
        assert (answer.status_code, answer.json()["code"]) == (404, "recording_not_arrived")
    following = await operator.get(f"/api/sessions/{ADA}/cut?following={told['session_id']}")
    assert (following.status_code, following.json()["code"]) == (404, "recording_not_arrived")


async def test_plots_are_kept_for_who_asked_for_them_only(operator: httpx2.AsyncClient) -> None:
    answer = await operator.get(f"/api/sessions/{ADA}/series?fields=/speed.data")

    assert answer.headers["cache-control"].startswith("private")
    assert "authorization" in answer.headers["vary"].lower()


def test_threads_that_decode_give_way_soon(hub: Hub) -> None:
    assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
