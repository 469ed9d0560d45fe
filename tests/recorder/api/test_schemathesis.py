"""Every documented route of the recorder, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.flights import write_flight
from tests.support.processes import pilothouse

# A schema cannot say that text holds no lone surrogate, nor what an alert needs.
REFUSES_VALID = [positive_data_acceptance]
ROBOT = {"Authorization": "Bearer s3cret"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("robot")
    flight = write_flight(directory / "flight.mcap", seconds=1).path
    flags = ("--source", f"replay:{flight}", "--speed", "max", "--data", directory / "data", "--port", "0")
    with pilothouse("recorder", "run", *flags, env={"PILOTHOUSE_RECORDER_TOKEN": "s3cret"}) as recorder:
        yield recorder.url
        assert "Traceback" not in recorder.stderr
        assert recorder.stop() == 0


def test_whatever_is_asked_the_answer_is_as_documented(url: str) -> None:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    failures: dict[str, BaseException] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        try:
            ask(operation)
        except BaseException as failure:
            failures[operation.label] = failure

    assert len(operations) >= 8
    assert not failures, "\n\n".join(f"{label}: {failure}" for label, failure in failures.items())


def ask(operation: Any) -> None:
    """Try one operation with generated cases, the same ones each time."""

    @settings(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def with_cases(case: Any) -> None:
        case.call_and_validate(timeout=30, headers=ROBOT, excluded_checks=REFUSES_VALID)

    with_cases()
