"""Every documented route of the hub, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.flights import write_flight
from tests.support.processes import pilothouse

# A stream never ends; it has tests of its own.
STREAMS = "/api/v1/events"
ROBOT = {"Authorization": "Bearer hunter2"}
# Schemas cannot say that text holds no NUL and numbers fit into 64 bits, nor how headers of tus depend on each other.
REFUSES_VALID = [positive_data_acceptance]
KNOWN = {"session_id": "arm_1", "robot_id": "arm", "annotation_id": 1}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub with a recording, an annotation and an upload, so that not every id is unknown."""
    directory = tmp_path_factory.mktemp("hub")
    (directory / "sessions").mkdir()
    write_flight(directory / "sessions" / "arm_1.mcap", seconds=1)
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", directory)
    with pilothouse(*command, env={"MD_HUB_AUTH_PASSWORD": "hunter2"}) as hub:
        httpx2.post(f"{hub.url}/api/admin/rescan", headers=ROBOT).raise_for_status()
        remark = {"time_ns": 1, "body": "x"}
        httpx2.post(f"{hub.url}/api/sessions/arm_1/annotations", json=remark, headers=ROBOT).raise_for_status()
        yield hub.url


def test_whatever_is_asked_the_answer_is_as_documented(address: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json").exclude(path=STREAMS)
    failures: dict[str, BaseException] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        try:
            ask(operation)
        except BaseException as failure:
            failures[operation.label] = failure

    assert len(operations) > 15
    assert not failures, "\n\n".join(f"{label}: {failure}" for label, failure in failures.items())


def ask(operation: Any) -> None:
    """Try one operation with generated cases, the same ones each time."""

    @settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def with_cases(case: Any) -> None:
        for name, known in KNOWN.items():
            if name in (case.path_parameters or {}) and case.path_parameters[name] in ("", "0", 0):
                case.path_parameters[name] = known
        case.call_and_validate(timeout=10, headers=ROBOT, excluded_checks=REFUSES_VALID)

    with_cases()
