"""Every documented route of the guard, asked in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import pytest
import yaml

from tests.support.asking import ask_everything
from tests.support.processes import eventually, pilothouse
from tests.support.served_guards import stack_of

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
    assert ask_everything(target.url, without=f"^{ESTOP}$", known=target.known, examples=30) > 20


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
