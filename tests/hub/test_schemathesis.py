"""Every documented route of the hub, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.deliveries import metadata_of
from tests.support.flights import write_flight
from tests.support.processes import pilothouse

# A stream never ends; it has tests of its own.
STREAMS = "/api/v1/events"
ROBOT = {"Authorization": "Bearer hunter2"}
# Schemas cannot say that text holds no NUL and numbers fit into 64 bits, nor how headers of tus depend on each other.
REFUSES_VALID = [positive_data_acceptance]

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


class Target(NamedTuple):
    """A hub and things in it, so that not every id is unknown."""

    url: str
    known: dict[str, object]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory = tmp_path_factory.mktemp("hub")
    (directory / "sessions").mkdir()
    write_flight(directory / "sessions" / "arm_1.mcap", seconds=1)
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", directory)
    with pilothouse(*command, env={"MD_HUB_AUTH_PASSWORD": "hunter2"}) as hub:
        httpx2.post(f"{hub.url}/api/admin/rescan", headers=ROBOT).raise_for_status()
        remark = {"time_ns": 1, "body": "x"}
        httpx2.post(f"{hub.url}/api/sessions/arm_1/annotations", json=remark, headers=ROBOT).raise_for_status()
        announced = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": metadata_of(b"x").to_header()}
        upload = httpx2.post(f"{hub.url}/api/uploads", headers={**ROBOT, **announced}).headers["location"]
        upload_id = upload.rpartition("/")[2]
        known = {"session_id": "arm_1", "robot_id": "arm", "annotation_id": 1, "upload_id": upload_id, "token": "none"}
        yield Target(hub.url, {**known, **made(hub.url)})


def made(url: str) -> dict[str, object]:
    """The ids of things that are made by asking for them."""
    bodies: dict[str, tuple[str, dict[str, object]]] = {
        "incident_id": ("/api/v1/incidents", {"title": "x"}),
        "backtest_id": ("/api/v1/backtests", {"triggers": ["/n.v > 1"]}),
        "token_id": ("/auth/tokens", {"name": "x"}),
        "enrolment_id": ("/api/v1/robots/enrolments", {}),
        "destination_id": (
            "/api/v1/notifications/destinations", {"kind": "webhook", "name": "x", "url": "https://127.0.0.1.example/"}
        ),
    }  # fmt: skip
    found: dict[str, object] = {}
    for name, (path, body) in bodies.items():
        answer = httpx2.post(f"{url}{path}", json=body, headers=ROBOT)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        found[name] = document.get("id") or document[name]
    tried = httpx2.post(f"{url}/api/v1/notifications/destinations/{found['destination_id']}/test", headers=ROBOT)
    return {**found, "delivery_id": tried.json()["id"]}


def test_whatever_is_asked_the_answer_is_as_documented(target: Target) -> None:
    schema = schemathesis.openapi.from_url(f"{target.url}/openapi.json").exclude(path=STREAMS)
    failures: dict[str, BaseException] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        try:
            ask(operation, target.known)
        except BaseException as failure:
            failures[operation.label] = failure

    assert len(operations) > 15
    assert not failures, "\n\n".join(f"{label}: {failure}" for label, failure in failures.items())


def ask(operation: Any, known: dict[str, object]) -> None:
    """Try one operation with generated cases, the same ones each time."""

    @settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def with_cases(case: Any) -> None:
        for name, value in (case.path_parameters or {}).items():
            if len(str(value)) < 3:
                case.path_parameters[name] = known[name]
        case.call_and_validate(timeout=10, headers=ROBOT, excluded_checks=REFUSES_VALID)

    with_cases()
