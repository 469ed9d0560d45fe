"""The web UI as files: one document for its pages, compressed where it helps, and nothing beside it."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub import ui
from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of

pytestmark = pytest.mark.anyio
SCRIPT = b"export const answer = 42;\n" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    directory = tmp_path / "static"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text('<!doctype html><script type="module" src="/assets/main-1.js"></script>')
    (directory / "assets" / "main-1.js").write_bytes(SCRIPT)
    (directory / "assets" / "main-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (directory / "mark.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for anybody")
    return directory


@pytest.fixture
def app(tmp_path: Path, built: Path) -> FastAPI:
    made = create_app(HubSettings(data=tmp_path / "hub", hub_auth_password="secret"))  # type: ignore[arg-type]
    made.state.site = ui.Site(built)
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(app) as one:
        yield one


PAGES = ("/", "/login", "/incidents", "/incidents/inc_1", "/robots/drone-1/live", "/settings/audit")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_the_one_document_whoever_asks(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "/assets/main-1.js" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    # As on every other answer: documented, and to be set by its variable.
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"


async def test_scripts_come_only_from_files_of_the_hub(client: httpx2.AsyncClient) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in (await client.get("/")).headers["content-security-policy"].split(";")
    )

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())


async def test_what_no_page_stands_for_is_not_found_in_the_shape_of_every_error(client: httpx2.AsyncClient) -> None:
    for path in ("/nowhere", "/incident", "/assets/", "/assets/none.js", "/assets/a/b.js"):
        answer = await client.get(path)
        assert (answer.status_code, "request_id" in answer.json()) == (404, True)


async def test_a_browser_that_takes_it_gets_the_smaller_file_and_keeps_it(client: httpx2.AsyncClient) -> None:
    small = await client.get("/assets/main-1.js", headers={"Accept-Encoding": "gzip, deflate, br"})
    plain = await client.get("/assets/main-1.js", headers={"Accept-Encoding": "gzip;q=0, identity"})

    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(SCRIPT)
    assert small.content == plain.content == SCRIPT
    assert "content-encoding" not in plain.headers
    for answer in (small, plain):
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["vary"] == "Accept-Encoding"


ESCAPES = ("..%2f..%2fsecret.txt", "%2e%2e/secret.txt", "%2e%2e%2fmark.svg", "%2fetc%2fpasswd")


@pytest.mark.parametrize("name", ESCAPES)
async def test_no_path_leads_out_of_the_files(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.get(f"/assets/{name}")

    assert answer.status_code == 404
    assert "not for anybody" not in answer.text


async def test_without_a_built_ui_the_hub_says_how_to_get_it(
    client: httpx2.AsyncClient, app: FastAPI, tmp_path: Path
) -> None:
    app.state.site = ui.Site(tmp_path / "nothing")
    for path in ("/", "/incidents/inc_1"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "make ui" in answer.text
        assert "http://" not in answer.text
    assert (await client.get("/mark.svg")).status_code == 404
    assert (await client.get("/api/v1/incidents")).status_code == 401


async def test_the_former_address_for_delivering_recordings_leads_to_their_page(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/upload", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (308, "/recordings/upload")
