"""Links that need no credential, and the proxy that reads files itself."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.app import create_app
from pilothouse.hub.recordings.domain import signing
from pilothouse.hub.recordings.domain.problems import LinkExpired, LinkWrong
from pilothouse.hub.recordings.service.catalogue.sharing import link_key
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import load
from tests.hub.conftest import client_of
from tests.support.flights import write_flight

pytestmark = pytest.mark.anyio
KEY = b"k" * 32
PASSWORD = ("anybody", "hunter2")


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Links read one row; which database it is in makes no difference."""
    return str(request.param)


@pytest.fixture
def hub_settings(database_address: str, tmp_path: Path) -> HubSettings:
    secret = {"hub_auth_password": PASSWORD[1]}
    return HubSettings(
        data=tmp_path / "data", database_url=database_address, host="127.0.0.1", port=0, lab_worker=False, **secret
    )


@pytest.fixture
async def stored(client: httpx2.AsyncClient, hub_settings: HubSettings) -> httpx2.AsyncClient:
    file = hub_settings.data / "sessions" / "arm_1.mcap"
    write_flight(file, seconds=1)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    await client.post("/api/admin/rescan", auth=PASSWORD)
    return client


async def link_to(client: httpx2.AsyncClient, **asked: int) -> dict[str, object]:
    answer = await client.post("/api/v1/recordings/arm_1/links", json=asked, auth=PASSWORD)
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


async def test_a_link_reads_without_a_credential_whole_in_ranges_and_from_any_origin(
    stored: httpx2.AsyncClient, hub_settings: HubSettings
) -> None:
    content = (hub_settings.data / "sessions" / "arm_1.mcap").read_bytes()
    url = str((await link_to(stored))["url"])

    whole = await stored.get(url, headers={"Origin": "https://viewer.example", "Accept-Encoding": "gzip"})
    part = await stored.get(url, headers={"Range": "bytes=5-9"})
    head = await stored.head(url)
    asked = await stored.options(url, headers={"Origin": "https://viewer.example"})

    assert urlsplit(url).path.endswith("/arm_1.mcap")
    assert (whole.status_code, whole.content) == (200, content)
    assert "content-encoding" not in whole.headers
    assert (part.status_code, part.content) == (206, content[5:10])
    assert head.headers["content-length"] == str(len(content))
    assert head.headers["etag"] == whole.headers["etag"]
    for answer in (whole, part, head, asked):
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = answer.headers["access-control-expose-headers"]
        assert exposed == "Accept-Ranges, Content-Length, Content-Range, ETag"
    assert "Range" in asked.headers["access-control-allow-headers"]


async def test_viewers_are_opened_at_a_time(stored: httpx2.AsyncClient) -> None:
    made = await link_to(stored, expires_in_s=600)
    opening = made["open"]
    assert isinstance(opening, dict)

    for viewer, host in (("lichtblick", "lichtblick-suite.github.io"), ("foxglove", "app.foxglove.dev")):
        asked = parse_qs(urlsplit(opening[viewer]).query)
        assert urlsplit(opening[viewer]).hostname == host
        assert asked == {"ds": ["remote-file"], "ds.url": [made["url"]], "time": ["2023-11-14T22:13:20Z"]}


async def test_only_who_may_tend_makes_links_and_only_for_what_is_there(stored: httpx2.AsyncClient) -> None:
    stranger = await stored.post("/api/v1/recordings/arm_1/links", json={})
    unknown = await stored.post("/api/v1/recordings/arm_9/links", json={}, auth=PASSWORD)
    endless = await stored.post("/api/v1/recordings/arm_1/links", json={"expires_in_s": 604_801}, auth=PASSWORD)

    assert [stranger.status_code, unknown.status_code, endless.status_code] == [401, 404, 422]


async def test_a_link_is_for_one_recording_and_says_when_it_is_wrong(stored: httpx2.AsyncClient) -> None:
    url = str((await link_to(stored))["url"])

    other = await stored.get(url.replace("arm_1.mcap", "arm_2.mcap"))
    forged = await stored.get("/api/links/AAAA/arm_1.mcap")

    assert [(one.status_code, one.json()["code"]) for one in (other, forged)] == [(403, "link_wrong")] * 2


async def test_an_annotation_names_who_wrote_it(stored: httpx2.AsyncClient) -> None:
    remark = {"time_ns": 1, "body": "x", "author": "somebody else"}
    made = await stored.post("/api/sessions/arm_1/annotations", json=remark, auth=PASSWORD)

    assert made.json()["author"].startswith("operator")


@given(st.integers(0, 2**40), st.text(max_size=20), st.integers(0, 2**41))
def test_a_token_is_good_until_its_time_for_its_recording(expires_s: int, session_id: str, now_s: int) -> None:
    token = signing.sign(KEY, session_id, expires_s)

    if now_s >= expires_s:
        with pytest.raises(LinkExpired):
            signing.check(KEY, token, session_id, now_s)
    else:
        signing.check(KEY, token, session_id, now_s)
    for key, named in ((KEY, session_id + "x"), (b"another" * 5, session_id)):
        with pytest.raises(LinkWrong):
            signing.check(key, token, named, now_s)


@given(st.text(max_size=80))
def test_no_text_is_a_token(token: str) -> None:
    with pytest.raises(LinkWrong):
        signing.check(KEY, token, "arm_1", 0)


def test_the_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    made = link_key(tmp_path)

    assert link_key(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "link.key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["link.key"]


async def test_a_proxy_is_told_where_the_file_is(hub_settings: HubSettings, anyio_backend: str) -> None:
    settings = hub_settings.model_copy(update={"accel_prefix": "/files/"})
    (settings.data / "sessions").mkdir(parents=True)
    (settings.data / "sessions" / "arm 1.mcap").write_bytes(b"x")
    app: FastAPI = create_app(settings)
    async with app.router.lifespan_context(app), client_of(app, auth=PASSWORD) as client:
        await client.post("/api/admin/rescan")
        listed = (await client.get("/api/sessions")).json()["sessions"][0]["session_id"]
        answer = await client.get(f"/api/sessions/{listed}/mcap")
        refused = await client.get(f"/api/sessions/{listed}/mcap", auth=("x", "wrong"))

    assert (answer.status_code, answer.headers["x-accel-redirect"], answer.content) == (200, "/files/arm%201.mcap", b"")
    assert "x-accel-redirect" not in refused.headers


def test_a_place_for_the_proxy_that_is_no_path_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="accel_prefix"):
        load(HubSettings, environ={"PILOTHOUSE_ACCEL_PREFIX": "recordings-of-hub"})
