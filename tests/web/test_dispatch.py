"""The short way to a route leads to the same route as the long one."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from pilothouse.web.dispatch import _REMEMBERED, Dispatch
from tests.support.services import Answer, calling, http_scope, service

pytestmark = pytest.mark.anyio


def _who() -> str:
    return "real"


def route(router: APIRouter, path: str, name: str, *methods: str) -> None:
    async def endpoint() -> str:
        return name

    router.add_api_route(path, endpoint, name=name, methods=list(methods or ["GET"]))


def routers() -> list[APIRouter]:
    sessions, nested, rest = APIRouter(prefix="/api/sessions"), APIRouter(prefix="/deep"), APIRouter()
    route(sessions, "", "list")
    route(sessions, "/{session_id}", "one")
    route(sessions, "/{session_id}", "remove", "DELETE")
    route(sessions, "/special", "never reached")
    route(sessions, "/{session_id}/mcap", "bytes", "GET", "HEAD")
    route(nested, "/{number:int}", "number")
    route(nested, "/{text}", "text")
    sessions.include_router(nested, prefix="/{session_id}")
    route(rest, "/", "root")
    route(rest, "/files/{path:path}", "any file")
    route(rest, "/files/exact", "never reached either")
    route(rest, "/{anything}", "last resort")
    return [sessions, rest]


app = service(*routers())
plain = FastAPI()
for one in routers():
    plain.include_router(one)

PATHS = [
    *("/", "//", "/x", "/x/y", "/docs", "/api", "/api/sessions", "/api/sessions/", "/api/sessions/a"),
    *("/api/sessions/special", "/api/sessions/a/mcap", "/api/sessions/a/deep/7", "/api/sessions/a/deep/x"),
    *("/api/sessions/a/b/c", "/api/sessions/..", "/files", "/files/", "/files/exact", "/files/a/b/c", "", "x", "*"),
]


async def ask(asked: FastAPI, method: str, path: str) -> tuple[int, bytes]:
    answer = Answer()

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    await asked(http_scope(path, method), receive, answer.send)
    return answer.status, answer.body if answer.status == 200 and path != "/docs" else b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
@pytest.mark.parametrize("path", PATHS)
async def test_the_route_found_is_the_one_fastapi_would_find(method: str, path: str) -> None:
    assert await ask(app, method, path) == await ask(plain, method, path)


@given(st.lists(st.sampled_from(["api", "sessions", "deep", "files", "7", "x", ""]), max_size=6))
async def test_so_it_is_for_any_path(parts: list[str]) -> None:
    path = "/" + "/".join(parts)

    assert await ask(app, "GET", path) == await ask(plain, "GET", path)


async def test_mounted_applications_are_reached() -> None:
    mounting = service(*routers()[:1])
    mounting.mount("/ui", Starlette(routes=[Route("/page", lambda _: PlainTextResponse("page"))]))

    async with calling(mounting) as client:
        assert (await client.get("/ui/page")).text == "page"
        assert (await client.get("/ui/none")).json()["code"] == "not_found"


async def test_dependencies_may_be_replaced_in_tests() -> None:
    router = APIRouter()

    @router.get("/who")
    async def say(name: Annotated[str, Depends(_who)]) -> str:
        return name

    replaced = service(router)
    replaced.dependency_overrides[_who] = lambda: "fake"
    async with calling(replaced) as client:
        assert (await client.get("/who")).json() == "fake"


async def test_paths_made_up_by_callers_are_not_remembered_without_end() -> None:
    dispatch = Dispatch(app.routes, PlainTextResponse("fallback"))
    for number in range(_REMEMBERED + 50):
        await dispatch(http_scope(f"/made-up-{number}/x"), None, Answer().send)  # type: ignore[arg-type]

    assert len(dispatch._by_key) == _REMEMBERED


asked: list[str] = []


async def _below() -> str:
    asked.append("below")
    return "below"


async def _shared(word: Annotated[str, Depends(_below)]) -> str:
    asked.append("shared")
    return f"{word}, shared"


async def _number(count: int, word: Annotated[str, Depends(_shared)]) -> str:
    return f"{word}, {count}"


async def test_what_is_asked_for_twice_is_worked_out_once_and_refused_when_it_is_wrong() -> None:
    asked.clear()
    router = APIRouter(dependencies=[Depends(_shared), Depends(_number)])

    @router.get("/twice")
    async def say(one: Annotated[str, Depends(_shared)], other: Annotated[str, Depends(_number)]) -> str:
        return f"{one}; {other}"

    async with calling(service(router)) as client:
        assert (await client.get("/twice?count=2")).json() == "below, shared; below, shared, 2"
        assert asked == ["below", "shared"]
        assert (await client.get("/twice?count=many")).status_code == 422


async def _version(if_match: Annotated[str | None, Header()] = None) -> str | None:
    return if_match


async def test_a_condition_that_a_write_would_not_look_at_is_refused() -> None:
    router = APIRouter()

    @router.patch("/heeds")
    async def heeds(version: Annotated[str | None, Depends(_version)]) -> str | None:
        return version

    @router.patch("/thing")
    @router.get("/thing")
    async def thing() -> None:
        return None

    async with calling(service(router)) as client:
        condition = {"If-Match": '"3"'}
        assert (await client.patch("/heeds", headers=condition)).json() == '"3"'
        assert (await client.get("/thing", headers=condition)).status_code == 200
        assert (await client.patch("/thing")).status_code == 200
        refused = await client.patch("/thing", headers=condition)
        assert (refused.status_code, refused.json()["code"]) == (422, "if_match_unheeded")
