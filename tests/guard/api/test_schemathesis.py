"""Every documented route of the guard, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.processes import eventually, pilothouse
from tests.support.served_guards import stack_of

# Schemas cannot say that a boundary's keys depend on its type, nor which numbers make sense together.
REFUSES_VALID = [positive_data_acceptance]
# Stops the guard's cycles for good; it has tests of its own.
ESTOP = "/api/control/estop"


class Target(NamedTuple):
    """A guard that has cycled and rejected, so that not every name is unknown."""

    url: str
    known: dict[str, object]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    directory = tmp_path_factory.mktemp("guard")
    stack = stack_of(6, policy={"type": "sim", "misbehave": "mixed", "misbehave_every_s": 0.1}, loopback={})
    (directory / "stack.yaml").write_text(yaml.safe_dump(stack))
    with pilothouse("guard", "run", directory / "stack.yaml", "--port", 0, "--data", directory / "data") as guard:
        yield Target(guard.url, cycled(guard.url))


def cycled(url: str) -> dict[str, object]:
    httpx2.post(f"{url}/api/control/start", params={"n_cycles": 50, "cycle_budget_ms": 10}).raise_for_status()
    eventually(lambda: httpx2.get(f"{url}/api/control/status").json()["state"] in ("stopped", "emergency"))
    found = eventually(lambda: httpx2.get(f"{url}/api/risk-log").json()["events"])
    session = httpx2.get(f"{url}/mcap/sessions").json()["sessions"][0]
    known = {"session_id": session["session_id"], "filename": session["filename"], "name": "speed"}
    return {**known, "event_id": found[0]["event_id"]}


def test_whatever_is_asked_the_answer_is_as_documented(target: Target) -> None:
    schema = schemathesis.openapi.from_url(f"{target.url}/openapi.json").exclude(path=ESTOP)
    failures: dict[str, BaseException] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        try:
            ask(operation, target.known)
        except BaseException as failure:
            failures[operation.label] = failure

    assert len(operations) > 20
    assert not failures, "\n\n".join(f"{label}: {failure}" for label, failure in failures.items())


def ask(operation: Any, known: dict[str, object]) -> None:
    """Try one operation with generated cases, the same ones each time."""

    @settings(max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def with_cases(case: Any) -> None:
        for name, value in (case.path_parameters or {}).items():
            if len(str(value)) < 3:
                case.path_parameters[name] = known[name]
        case.call_and_validate(timeout=10, excluded_checks=REFUSES_VALID)

    with_cases()


def test_every_route_answers_errors_in_the_one_shape(target: Target) -> None:
    paths: dict[str, dict[str, Any]] = httpx2.get(f"{target.url}/openapi.json").json()["paths"]
    answers = []
    for path in paths:
        filled = path
        for name in ("session_id", "filename", "name", "event_id"):
            filled = filled.replace(f"{{{name}}}", "nothing-of-that-name")
        for method in ("GET", "PUT", "PATCH", "POST", "DELETE"):
            answer = httpx2.request(
                method, target.url + filled, params={"n": "x", "limit": "x", "n_cycles": "x"}, content=b"{"
            ) if path != ESTOP else httpx2.get(target.url + path)  # fmt: skip
            if answer.status_code >= 400:
                answers.append((method, path, answer))

    assert len(answers) > 80
    for method, path, answer in answers:
        assert answer.status_code < 500, (method, path, answer.text)
        document = answer.json()
        assert set(document) == {"detail", "request_id", "code"}, (method, path, document)
        assert document["request_id"] == answer.headers["x-request-id"]
        assert isinstance(document["detail"], str) or all({"loc", "msg", "type"} <= set(o) for o in document["detail"])
