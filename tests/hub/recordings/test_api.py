"""The recordings API against its document."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from dirty_equals import IsInt, IsPartialDict, IsStr
from fastapi import FastAPI

from pilothouse.hub.composition import Hub
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of
from tests.support.flights import START_NS, write_flight
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
S = 10**9


@pytest.fixture
def sessions(hub_app: FastAPI, hub_settings: HubSettings) -> Path:
    """The watched directory of the started hub."""
    return hub_settings.data / "sessions"


@pytest.fixture
async def three(client: httpx2.AsyncClient, sessions: Path) -> httpx2.AsyncClient:
    """`sample_drive` is the oldest, `arm_b` the newest; all are indexed."""
    write_flight(sessions / "sample_drive.mcap", seconds=2)
    write_flight(sessions / "arm_b.mcap", seconds=1, start_ns=START_NS + 100 * S)
    write_flight(sessions / "arm_a.mcap", seconds=1, start_ns=START_NS + 50 * S)
    for path in sessions.iterdir():
        os.utime(path, (START_NS / S, START_NS / S))  # so long ago that nobody writes them any more
    scanned = await client.post("/api/admin/rescan")
    assert scanned.json() == IsPartialDict(waiting=0, session_count=3)
    return client


def ids(answer: httpx2.Response) -> list[str]:
    return [row["session_id"] for row in answer.json()["sessions"]]


async def test_a_dropped_file_appears_by_itself(client: httpx2.AsyncClient, sessions: Path) -> None:
    write_flight(sessions / "sample_drive.mcap", seconds=1)

    async with asyncio.timeout(20):
        while (answer := await client.get("/api/sessions/sample_drive")).json().get("state") != "ok":
            await asyncio.sleep(0.05)

    assert answer.json() == IsPartialDict(robot_id="sample", message_count=60)


async def test_the_list_is_newest_first_with_every_robot(three: httpx2.AsyncClient) -> None:
    answer = await three.get("/api/sessions")

    assert ids(answer) == ["arm_b", "arm_a", "sample_drive"]
    assert answer.json() == IsPartialDict(robots=["arm", "sample"], total=3, limit=50, offset=0)


async def test_a_row_says_everything_about_a_recording(three: httpx2.AsyncClient, sessions: Path) -> None:
    row = (await three.get("/api/sessions/sample_drive")).json()

    assert row == IsPartialDict(
        session_id="sample_drive",
        robot_id="sample",
        label="",
        started_at="2023-11-14T22:13:20Z",
        ended_at="2023-11-14T22:13:21.980000Z",
        duration_s=1.98,
        topics=["/odom", "/speed"],
        size_bytes=(sessions / "sample_drive.mcap").stat().st_size,
        state="ok",
        annotation_count=0,
        sha256=hashlib.sha256((sessions / "sample_drive.mcap").read_bytes()).hexdigest(),
    )
    assert {**row, "channels": []} in (await three.get("/api/sessions")).json()["sessions"]


async def test_a_filter_narrows_the_rows_and_not_the_robots(three: httpx2.AsyncClient) -> None:
    answer = await three.get("/api/sessions", params={"robot_id": "arm"})

    assert ids(answer) == ["arm_b", "arm_a"]
    assert answer.json() == IsPartialDict(robots=["arm", "sample"], total=2)


async def test_a_robot_without_recordings_has_an_empty_list(three: httpx2.AsyncClient) -> None:
    answer = await three.get("/api/sessions", params={"robot_id": "nobody"})

    assert answer.json() == IsPartialDict(sessions=[], robots=["arm", "sample"], total=0)


async def test_pages_follow_each_other_without_gaps(three: httpx2.AsyncClient) -> None:
    pages = [await three.get("/api/sessions", params={"limit": 1, "offset": offset}) for offset in range(4)]

    assert [ids(page) for page in pages] == [["arm_b"], ["arm_a"], ["sample_drive"], []]
    assert {page.json()["total"] for page in pages} == {3}


@pytest.mark.parametrize("wish", ["limit=0", "limit=201", "limit=-1", "limit=ten", "offset=-1", f"offset={10**30}"])
async def test_pages_out_of_bounds_are_refused(client: httpx2.AsyncClient, wish: str) -> None:
    assert (await client.get(f"/api/sessions?{wish}")).status_code == 422


async def test_recordings_of_one_moment_have_an_order(client: httpx2.AsyncClient, sessions: Path) -> None:
    for name in "abcdef":
        write_flight(sessions / f"x_{name}.mcap", seconds=1)
    await client.post("/api/admin/rescan")

    whole = ids(await client.get("/api/sessions"))
    paged = [ids(await client.get(f"/api/sessions?limit=1&offset={number}"))[0] for number in range(6)]

    assert whole == paged
    assert len(set(paged)) == 6


@pytest.mark.parametrize("name", ["absent", "..", "%2e%2e%2fhub.db", "a%00b", "a" * 5000, "%F0%9F%9A%80", "a%0Ab"])
@pytest.mark.parametrize("rest", ["", "/mcap", "/annotations"])
async def test_an_id_that_is_none_is_not_found(client: httpx2.AsyncClient, name: str, rest: str) -> None:
    answer = await client.get(f"/api/sessions/{name}{rest}")

    assert answer.status_code in (404, 422)
    assert answer.json() == IsPartialDict(code=IsStr, request_id=IsStr)


async def test_the_bytes_come_whole_or_in_ranges(three: httpx2.AsyncClient, sessions: Path) -> None:
    content = (sessions / "sample_drive.mcap").read_bytes()
    size = len(content)
    address = "/api/sessions/sample_drive/mcap"

    whole = await three.get(address)
    first = await three.get(address, headers={"Range": "bytes=0-65535"})
    middle = await three.get(address, headers={"Range": "bytes=10-19"})
    last = await three.get(address, headers={"Range": "bytes=-5"})
    rest = await three.get(address, headers={"Range": f"bytes={size - 7}-"})
    several = await three.get(address, headers={"Range": "bytes=0-1,900-901"})
    beyond = await three.get(address, headers={"Range": f"bytes={size}-"})

    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, content, "bytes")
    assert (first.status_code, first.content) == (206, content[:65536])
    assert first.headers["content-range"] == f"bytes 0-{min(65535, size - 1)}/{size}"
    assert (middle.content, last.content, rest.content) == (content[10:20], content[-5:], content[-7:])
    assert several.headers["content-type"].startswith("multipart/byteranges")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert 'filename="sample_drive.mcap"' in whole.headers["content-disposition"]


async def test_the_tag_is_stable_and_guards_ranges(three: httpx2.AsyncClient, sessions: Path) -> None:
    address = "/api/sessions/sample_drive/mcap"
    head = await three.head(address)
    tag = head.headers["etag"]
    await three.post("/api/admin/rescan")

    unchanged = await three.get(address, headers={"If-None-Match": tag})
    ranged = await three.get(address, headers={"Range": "bytes=0-9", "If-Range": tag})
    (sessions / "sample_drive.mcap").write_bytes(b"another content")
    replaced = await three.get(address, headers={"Range": "bytes=0-9", "If-Range": tag})

    assert int(head.headers["content-length"]) > 0
    assert head.content == b""
    assert (unchanged.status_code, ranged.status_code, replaced.status_code) == (304, 206, 200)
    assert replaced.headers["etag"] != tag


async def test_a_damaged_recording_is_evidence_and_can_be_fetched(client: httpx2.AsyncClient, sessions: Path) -> None:
    (sessions / "bad_1.mcap").write_bytes(b"what is left")
    scanned = await client.post("/api/admin/rescan")

    row = (await client.get("/api/sessions/bad_1")).json()

    assert scanned.json() == IsPartialDict(added=1, damaged=1)
    assert row == IsPartialDict(state="damaged", damage=IsStr(min_length=5), started_at=None, topics=[])
    assert (await client.get("/api/sessions/bad_1/mcap")).content == b"what is left"


async def test_bytes_that_are_gone_are_not_found(three: httpx2.AsyncClient, sessions: Path) -> None:
    (sessions / "arm_a.mcap").unlink()

    assert (await three.get("/api/sessions/arm_a/mcap")).status_code == 404


async def test_a_recording_swapped_for_a_link_is_not_followed(
    three: httpx2.AsyncClient, sessions: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (sessions / "arm_a.mcap").unlink()
    (sessions / "arm_a.mcap").symlink_to(tmp_path / "secret")

    answer = await three.get("/api/sessions/arm_a/mcap")

    assert (answer.status_code, b"secret" in answer.content) == (404, False)


async def test_annotations_as_the_document_shows_them(three: httpx2.AsyncClient) -> None:
    address = "/api/sessions/sample_drive/annotations"
    made = await three.post(address, json={"time_ns": 23400000000, "body": " Lidar drops out here\n"})
    await three.post(address, json={"time_ns": 5, "body": "earlier"})
    listed = await three.get(address)
    row = (await three.get("/api/sessions/sample_drive")).json()

    assert made.status_code == 201
    assert made.json() == {
        "id": IsInt(gt=0),
        "session_id": "sample_drive",
        "time_ns": 23400000000,
        "end_time_ns": None,
        "body": "Lidar drops out here",
        "author": "",
        "tags": [],
        "created_at": IsStr(regex=r".*(Z|\+00:00)"),
        "updated_at": made.json()["created_at"],
    }
    assert [one["body"] for one in listed.json()["annotations"]] == ["earlier", "Lidar drops out here"]
    assert listed.json() == IsPartialDict(total=2, limit=50, offset=0)
    assert row["annotation_count"] == 2


async def test_an_annotation_is_updated_and_deleted(three: httpx2.AsyncClient) -> None:
    made = (await three.post("/api/sessions/arm_a/annotations", json={"time_ns": 1, "body": "one"})).json()
    address = f"/api/annotations/{made['id']}"

    reworded = await three.put(address, json={"body": " two "})
    moved = await three.put(address, json={"body": "two", "time_ns": 9})
    deleted = await three.delete(address)

    assert (reworded.status_code, reworded.json()["body"], reworded.json()["time_ns"]) == (200, "two", 1)
    assert reworded.json()["updated_at"] > made["updated_at"]
    assert moved.json() == IsPartialDict(time_ns=9, created_at=made["created_at"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await three.put(address, json={"body": "x"})).status_code == 404
    assert (await three.delete(address)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"time_ns": -1, "body": "x"},
        {"time_ns": 2**63, "body": "x"},
        {"time_ns": 0, "body": ""},
        {"time_ns": 0, "body": "  \n"},
        {"time_ns": 0, "body": "x" * 10_001},
        {"time_ns": 0, "body": "a\0b"},
        {"time_ns": 0},
        {"body": "x"},
        {"time_ns": "soon", "body": "x"},
        [],
        None,
    ],
)
async def test_an_annotation_that_makes_no_sense_is_refused(three: httpx2.AsyncClient, body: object) -> None:
    answer = await three.post("/api/sessions/arm_a/annotations", json=body)

    assert answer.status_code == 422
    assert (await three.get("/api/sessions/arm_a")).json()["annotation_count"] == 0


@pytest.mark.parametrize("annotation_id", ["0", "-1", "x", str(2**63), "1.5"])
async def test_an_annotation_id_that_is_none_is_refused(client: httpx2.AsyncClient, annotation_id: str) -> None:
    assert (await client.delete(f"/api/annotations/{annotation_id}")).status_code == 422


async def test_annotating_what_is_not_there_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/api/sessions/absent/annotations", json={"time_ns": 0, "body": "x"})).status_code == 404
    assert (await client.put("/api/annotations/1", json={"body": "x"})).status_code == 404


async def test_the_number_of_a_deleted_annotation_is_never_given_again(three: httpx2.AsyncClient) -> None:
    address = "/api/sessions/arm_a/annotations"
    first = (await three.post(address, json={"time_ns": 0, "body": "x"})).json()["id"]
    await three.delete(f"/api/annotations/{first}")

    assert (await three.post(address, json={"time_ns": 0, "body": "x"})).json()["id"] != first


async def test_a_creation_repeated_with_its_key_is_one_annotation(three: httpx2.AsyncClient) -> None:
    address, key = "/api/sessions/arm_a/annotations", {"Idempotency-Key": "k1"}
    first = await three.post(address, json={"time_ns": 0, "body": "x"}, headers=key)
    again = await three.post(address, json={"time_ns": 0, "body": "x"}, headers=key)
    other = await three.post(address, json={"time_ns": 0, "body": "y"}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()
    assert (await three.get("/api/sessions/arm_a")).json()["annotation_count"] == 1


async def test_of_two_who_read_the_same_annotation_the_second_to_write_is_told(three: httpx2.AsyncClient) -> None:
    made = await three.post("/api/sessions/arm_a/annotations", json={"time_ns": 0, "body": "x"})
    address, read = f"/api/annotations/{made.json()['id']}", {"If-Match": made.headers["etag"]}

    first = await three.put(address, json={"body": "mine"}, headers=read)
    second = await three.put(address, json={"body": "yours"}, headers=read)
    late = await three.delete(address, headers=read)
    after = await three.delete(address, headers={"If-Match": first.headers["etag"]})

    assert [first.status_code, second.status_code, late.status_code, after.status_code] == [200, 409, 409, 204]
    assert second.json()["code"] == "annotation_changed"


async def test_disk_use_is_exactly_as_documented(three: httpx2.AsyncClient, sessions: Path) -> None:
    used = sum(path.stat().st_size for path in sessions.iterdir())

    assert (await three.get("/api/admin/disk")).json() == {
        "used_bytes": used,
        "used_mb": round(used / 1e6, 2),
        "cap_mb": 0,
        "cap_enabled": False,
        "session_count": 3,
    }


async def test_a_sweep_without_a_cap_deletes_nothing(three: httpx2.AsyncClient, sessions: Path) -> None:
    used = sum(path.stat().st_size for path in sessions.iterdir())

    assert (await three.post("/api/admin/sweep")).json() == {
        "deleted_ids": [],
        "bytes_freed": 0,
        "bytes_after": used,
        "cap_bytes": 0,
    }


async def test_robots_of_recordings_are_in_the_fleet(three: httpx2.AsyncClient) -> None:
    robots = (await three.get("/api/v1/robots")).json()["items"]

    assert [(one["robot_id"], one["recordings"]) for one in robots] == [("arm", 2), ("sample", 1)]


async def test_more_rows_cost_no_more_queries(three: httpx2.AsyncClient, hub: Hub) -> None:
    async def queries_for(limit: int) -> int:
        with counting_queries(hub.database) as counted:
            await three.get("/api/sessions", params={"limit": limit})
        return len(counted)

    assert await queries_for(1) == await queries_for(2) == 4
    assert await queries_for(3) == 3  # all of them: nothing is left to count


@pytest.fixture
async def locked(hub_settings: HubSettings) -> AsyncIterator[httpx2.AsyncClient]:
    """A hub with a password."""
    from pydantic import SecretStr

    from pilothouse.hub.app import create_app

    app = create_app(hub_settings.model_copy(update={"hub_auth_password": SecretStr("hunter2")}))
    async with app.router.lifespan_context(app), client_of(app) as calling:
        yield calling


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/sessions"),
        ("GET", "/api/sessions/x"),
        ("GET", "/api/sessions/x/mcap"),
        ("HEAD", "/api/sessions/x/mcap"),
        ("GET", "/api/sessions/x/annotations"),
        ("POST", "/api/sessions/x/annotations"),
        ("PUT", "/api/annotations/1"),
        ("DELETE", "/api/annotations/1"),
        ("GET", "/api/admin/disk"),
        ("POST", "/api/admin/rescan"),
        ("GET", "/api/admin/sweep"),
        ("POST", "/api/admin/sweep"),
        ("OPTIONS", "/api/uploads"),
        ("POST", "/api/uploads"),
        ("HEAD", "/api/uploads/x"),
        ("PATCH", "/api/uploads/x"),
        ("DELETE", "/api/uploads/x"),
        ("POST", "/api/uploads/x"),
    ],
)
async def test_every_route_is_gated_once_a_password_is_set(locked: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await locked.request(method, path)

    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_people_sign_in_with_the_password_and_robots_with_the_token(locked: httpx2.AsyncClient) -> None:
    assert (await locked.get("/api/sessions", auth=("", "hunter2"))).status_code == 200
    assert (await locked.get("/api/sessions", headers={"Authorization": "Bearer hunter2"})).status_code == 200
    assert (await locked.get("/api/sessions", auth=("", "wrong"))).status_code == 401
