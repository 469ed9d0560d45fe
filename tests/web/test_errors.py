"""One shape for every error, whatever its origin."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx2
import pytest
from dirty_equals import IsPartialDict, IsStr
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel

from pilothouse.kit import errors
from pilothouse.web import CredentialsMissing, Paging, Refused, RowId, body, body_limit
from tests.support.services import calling, service

pytestmark = pytest.mark.anyio
router = APIRouter()


class NoSuchThing(errors.NotFound):
    """There is no {thing} here."""


class Note(BaseModel):
    text: str
    weight: float = 0.0
    more: Any = None


@router.get("/raise/{kind}")
async def raise_kind(kind: str) -> None:
    facts: dict[str, object] = {"retry_after_s": 7} if kind == "Throttled" else {}
    raise getattr(errors, kind)(**facts)


@router.get("/thing")
async def thing() -> None:
    raise NoSuchThing(thing="teapot {braces}")


@router.get("/secret")
async def secret() -> None:
    raise RuntimeError("the password is hunter2")


@router.get("/kindless")
async def kindless() -> None:
    raise errors.Problem


@router.get("/teapot")
async def teapot() -> None:
    raise HTTPException(418, "I am a teapot", headers={"X-Tea": "oolong"})


@router.get("/refused")
async def refused() -> None:
    raise Refused(460, "The bytes do not match.", code="checksum_mismatch")


@router.get("/locked")
async def locked() -> None:
    raise CredentialsMissing(challenges=("Basic", "Bearer"))


@router.post("/notes")
async def write_note(note: Note) -> Note:
    return note


@router.post("/large", **body_limit(3 << 20))
async def large(note: Note) -> int:
    return len(note.text)


@router.post("/raw")
async def raw(request: Request) -> int:
    return len(await request.body())


@router.get("/page")
async def page(page: Paging) -> list[int]:
    return [page.limit, page.offset]


@router.get("/rows/{row_id}")
async def row(row_id: RowId, tag: str = Query("", max_length=5)) -> Response:
    return Response(f"{row_id}{tag}")


app = service(router)


async def ask(method: str, path: str, **options: Any) -> httpx2.Response:
    async with calling(app) as client:
        return await client.request(method, path, **options)


async def send_json(path: str, body: bytes, **headers: str) -> httpx2.Response:
    return await ask("POST", path, content=body, headers={"content-type": "application/json", **headers})


def assert_error(response: httpx2.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    document = response.json()
    assert set(document) == {"detail", "request_id", "code"}
    assert document["code"] == code
    assert document["request_id"] == response.headers["x-request-id"]
    assert document["detail"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("Invalid", 422, "invalid"),
        ("Unauthenticated", 401, "unauthenticated"),
        ("Forbidden", 403, "forbidden"),
        ("NotFound", 404, "not_found"),
        ("Conflict", 409, "conflict"),
        ("TooLarge", 413, "too_large"),
        ("Throttled", 429, "throttled"),
        ("Unavailable", 503, "unavailable"),
    ],
)
async def test_every_kind_of_problem_has_its_status_and_its_code(kind: str, status: int, code: str) -> None:
    assert_error(await ask("GET", f"/raise/{kind}"), status, code)


def test_no_kind_is_without_a_status() -> None:
    from pilothouse.web.errors import STATUSES

    assert set(STATUSES) == set(errors.KINDS)


async def test_a_problem_answers_with_its_sentence_and_its_own_code() -> None:
    response = await ask("GET", "/thing")

    assert_error(response, 404, "no_such_thing")
    assert response.json()["detail"] == "There is no teapot {braces} here."


async def test_missing_credentials_name_the_ways_to_present_them() -> None:
    response = await ask("GET", "/locked")

    assert_error(response, 401, "credentials_missing")
    ways = response.headers.get_list("www-authenticate")
    assert [way.split()[0] for way in ways] == ["Basic", "Bearer"]
    assert (await ask("GET", "/raise/Unauthenticated")).headers["www-authenticate"].startswith("Bearer")


async def test_a_throttled_caller_learns_when_to_come_back() -> None:
    assert (await ask("GET", "/raise/Throttled")).headers["retry-after"] == "7"


@pytest.mark.parametrize("path", ["/secret", "/kindless"])
async def test_a_defect_answers_500_and_tells_nothing_of_the_inside(path: str) -> None:
    response = await ask("GET", path)

    assert_error(response, 500, "internal")
    assert "hunter2" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_what_only_http_knows_has_the_shape_too() -> None:
    teapot_answer = await ask("GET", "/teapot")

    assert_error(teapot_answer, 418, "im_a_teapot")
    assert teapot_answer.headers["x-tea"] == "oolong"
    assert_error(await ask("GET", "/refused"), 460, "checksum_mismatch")


async def test_unknown_addresses_and_methods_have_the_shape_too() -> None:
    assert_error(await ask("GET", "/nowhere"), 404, "not_found")
    wrong_method = await ask("DELETE", "/thing")
    assert_error(wrong_method, 405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "GET"
    assert_error(await ask("POST", "/docs"), 405, "method_not_allowed")


async def test_invalid_fields_are_listed_without_what_was_sent() -> None:
    response = await send_json("/notes", b'{"text": ["hunter2"], "weight": "heavy"}')

    assert_error(response, 422, "invalid")
    assert "hunter2" not in response.text
    assert "heavy" not in response.text
    assert response.json()["detail"] == [
        {"loc": ["body", "text"], "msg": IsStr, "type": "string_type"},
        {"loc": ["body", "weight"], "msg": IsStr, "type": "float_parsing"},
    ]


@pytest.mark.parametrize(
    "body", [b'{"text": ', b"[" * 100_000, b'{"text": "\xff"}', b'{"text": ' + b"9" * 5_000 + b"}"]
)
async def test_malformed_json_is_named_as_such(body: bytes) -> None:
    answer = await send_json("/notes", body)

    assert_error(answer, 422, "malformed_json")
    assert [one["type"] for one in answer.json()["detail"]] == ["json_invalid"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (rb'{"text": "\ud800"}', "unusable_text"),
        (rb'{"text": "x", "more": {"\udfff": 1}}', "unusable_text"),
        (rb'{"text": "a\u0000b"}', "unusable_text"),
        (b'{"text": "\xed\xa0\x80"}', "unusable_text"),
        ('{"text": "\\ud800"}'.encode("utf-16"), "unusable_text"),
        (b'{"text": "x", "weight": NaN}', "unusable_number"),
        (b'{"text": "x", "more": [-Infinity]}', "unusable_number"),
        (b'{"text": "x", "more": 1e999}', "unusable_number"),
        (b'{"text": "x", "more": 9223372036854775808}', "unusable_number"),
        (b'{"text": "x", "more": %s1%s}' % (b"[" * 70, b"]" * 70), "too_deep"),
    ],
)
async def test_json_that_no_database_could_hold_is_turned_away(body: bytes, code: str) -> None:
    assert_error(await send_json("/notes", body), 422, code)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"text": "\ud83d\ude80 NaN Infinity 12345678901234567890 1e999"}',
        b'{"text": "x", "more": [9223372036854775807, -9223372036854775808, 1e308]}',
        b'{"text": "x", "more": %s1%s}' % (b"[" * 60, b"]" * 60),
    ],
)
async def test_what_merely_looks_unusable_passes(body: bytes) -> None:
    assert (await send_json("/notes", body)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\xfd",
        b'{"text": "\xff"}',
        b'{"text": "x", "more": %s}' % (b"[" * 100_000),
        b'{"text": "x", "more": %s}' % (b"9" * 10_000),
        b"\x00",
        b"",
        b"null",
        b'"text"',
    ],
)
async def test_no_body_gives_a_500(body: bytes) -> None:
    response = await send_json("/notes", body)

    assert 400 <= response.status_code < 500
    assert set(response.json()) == {"detail", "request_id", "code"}


async def test_a_body_of_another_type_is_not_read_as_json() -> None:
    assert_error(
        await ask("POST", "/notes", content=b'{"text": "x"}', headers={"content-type": "text/plain"}), 422, "invalid"
    )


async def test_announced_bodies_over_a_mebibyte_are_refused_before_they_are_read() -> None:
    assert_error(await send_json("/notes", b'{"text": "%s"}' % (b"x" * (1 << 20))), 413, "too_large")


@pytest.mark.parametrize("path", ["/notes", "/raw"])
async def test_bodies_that_do_not_say_how_long_they_are_are_counted(path: str) -> None:
    sent = 0

    async def too_much() -> Any:
        nonlocal sent
        while sent < 8 << 20:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    response = await ask("POST", path, content=too_much(), headers={"content-type": "application/json"})

    assert_error(response, 413, "too_large")
    assert sent <= (1 << 20) + (2 << 16)


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_bodies_that_are_half_sent_hold_no_more_than_their_share(kind: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(body, "MOST_UNFINISHED_BYTES", 150_000)
    half_sent, refused = anyio.Event(), anyio.Event()

    async def half() -> Any:
        yield b"x" * 100_000
        yield b"x"
        half_sent.set()
        await refused.wait()

    async def another() -> Any:
        yield b"x" * 100_000
        yield b"x"

    headers = {"content-type": kind}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: ask("POST", "/raw", content=half(), headers=headers))
        await half_sent.wait()
        response = await ask("POST", "/raw", content=another(), headers=headers)
        assert_error(response, 503, "too_much_at_once")
        assert response.headers["retry-after"] == "1"
        refused.set()
    assert (await ask("POST", "/raw", content=another(), headers=headers)).status_code == 200


async def test_a_route_may_take_larger_bodies() -> None:
    assert (await send_json("/large", b'{"text": "%s"}' % (b"x" * (2 << 20)))).json() == 2 << 20
    assert_error(await send_json("/large", b'{"text": "%s"}' % (b"x" * (3 << 20))), 413, "too_large")


@pytest.mark.parametrize("length", ["-1", "1x", "9" * 30])
async def test_nonsense_as_length_is_refused(length: str) -> None:
    response = await ask("POST", "/raw", content=b"x", headers={"content-length": length})

    assert response.status_code == 422


async def test_pages_are_bounded() -> None:
    assert (await ask("GET", "/page")).json() == [50, 0]
    assert (await ask("GET", "/page?limit=200&offset=2147483648")).json() == [200, 2**31]
    for bad in ("limit=0", "limit=201", "limit=x", "offset=-1", "offset=2147483649", "limit=" + "9" * 5000):
        assert_error(await ask("GET", f"/page?{bad}"), 422, "invalid")


@pytest.mark.parametrize(
    "path", ["/rows/0", "/rows/9223372036854775808", "/rows/x", "/rows/%FF", "/rows/1?tag=%ff%fe%zz%00x"]
)
async def test_odd_addresses_are_errors_of_the_caller(path: str) -> None:
    response = await ask("GET", path)

    assert response.status_code in (200, 422)
    if response.status_code == 422:
        assert json.loads(response.content) == IsPartialDict(code=IsStr, request_id=IsStr)


@pytest.mark.parametrize("path", ["/thing%00", "/page?limit=1%00"])
async def test_addresses_with_nul_characters_are_refused(path: str) -> None:
    assert_error(await ask("GET", path), 422, "unusable_text")
