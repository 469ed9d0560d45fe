"""What the description promises about errors, callers and limits."""

from __future__ import annotations

import asyncio
import threading

import pytest
from fastapi import APIRouter, Depends, WebSocket
from pydantic import BaseModel, SecretStr

from pilothouse.kit.settings import load
from pilothouse.web import RateLimits, ServiceSettings, public_routes, require_local_token
from tests.support.services import calling, service

pytestmark = pytest.mark.anyio


class Thing(BaseModel):
    name: str


token = Depends(require_local_token(SecretStr("local.secret")))
guarded = APIRouter(prefix="/guarded", dependencies=[token])
open_to_all = APIRouter()
limits = RateLimits(load(ServiceSettings, environ={}))


@guarded.post("/things")
async def make(thing: Thing) -> Thing:
    return thing


@guarded.websocket("/feed")
async def feed(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@open_to_all.get("/forgotten/{thing}")
async def forgotten(thing: str) -> str:
    return thing


@open_to_all.get("/meant")
async def meant() -> str:
    return "for everybody"


@open_to_all.websocket("/forgotten-feed")
async def forgotten_feed(socket: WebSocket) -> None:
    await socket.close()


@open_to_all.post("/ingest", dependencies=[Depends(limits.limit("60/60 seconds", scope="ingest"))])
async def ingest() -> None:
    return None


app = service(guarded, open_to_all, public=["/meant"])


def test_routes_that_anybody_may_call_are_found_unless_they_are_listed() -> None:
    assert public_routes(app) == ["GET /forgotten/{thing}", "POST /ingest", "WEBSOCKET /forgotten-feed"]


def test_every_operation_documents_the_one_error_shape() -> None:
    schema = app.openapi()

    assert "HTTPValidationError" not in schema["components"]["schemas"]
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["responses"]["4XX"] == {"$ref": "#/components/responses/Error"}
            assert "422" not in operation["responses"]
            assert operation["responses"]["200"]["headers"]["X-Request-Id"]
    assert schema["components"]["responses"]["Error"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ErrorDocument"
    }
    assert set(schema["components"]["schemas"]["ErrorDocument"]["required"]) == {"detail", "request_id", "code"}


def test_callers_stand_in_the_description() -> None:
    schema = app.openapi()

    assert schema["paths"]["/guarded/things"]["post"]["security"] == [{"localToken": []}]
    assert "security" not in schema["paths"]["/forgotten/{thing}"]["get"]


def test_limits_stand_in_the_description() -> None:
    operation = app.openapi()["paths"]["/ingest"]["post"]

    assert operation["x-ratelimit-limit"] == 60
    assert operation["x-ratelimit-window-s"] == 60


def test_a_route_of_two_methods_is_two_operations_with_names_that_stay() -> None:
    router = APIRouter()
    router.add_api_route("/twice", meant, methods=["HEAD", "GET"])
    operations = service(router).openapi()["paths"]["/twice"]

    assert operations["get"]["operationId"] == "meant_twice_get"
    assert operations["head"]["operationId"] == "meant_twice_head"


def test_the_description_is_made_once() -> None:
    assert app.openapi() is app.openapi()


async def test_others_are_answered_while_the_description_is_made() -> None:
    begun, answered = threading.Event(), threading.Event()
    came_meanwhile: list[bool] = []

    def describe(_schema: object) -> None:
        begun.set()
        came_meanwhile.append(answered.wait(30))

    slow = service(open_to_all, public=["/meant"])
    slow.describe_more = describe
    async with calling(slow) as client:
        asking = [asyncio.create_task(client.get("/openapi.json")) for _ in range(3)]
        async with asyncio.timeout(60):
            while not begun.is_set():
                await asyncio.sleep(0.01)
        answer = await client.get("/meant")
        answered.set()
        documents = [await one for one in asking]

    assert answer.status_code == 200
    assert came_meanwhile == [True]
    assert {one.content for one in documents} == {documents[0].content}
    assert documents[0].json() == slow.openapi()


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_the_description_can_be_read(path: str) -> None:
    async with calling(app) as client:
        assert (await client.get(path)).status_code == 200
