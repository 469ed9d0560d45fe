"""The live feed, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.processes import Program, eventually, pilothouse


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Program]:
    with pilothouse("hub", "--data", tmp_path, "--host", "127.0.0.1", "--port", "0") as program:
        yield program


class Stream:
    """A client that reads server-sent events."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> dict[str, Any]:
        """The data of the next event, after checking that its id is its number."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and "data" in fields:
                break
            name, _, value = line.partition(": ")
            fields[name] = value
        message: dict[str, Any] = json.loads(fields["data"])
        assert fields["id"] == str(message["sequence"])
        return message

    def next_ids(self, count: int) -> list[int]:
        return [self.next()["sequence"] for _ in range(count)]


@contextmanager
def stream(url: str, *, headers: dict[str, str] | None = None, **params: object) -> Iterator[Stream]:
    with httpx2.stream("GET", f"{url}/api/v1/events", params=params, headers=headers, timeout=30) as response:  # type: ignore[arg-type]
        yield Stream(response)


def appear(url: str, *robot_ids: str) -> None:
    for robot_id in robot_ids:
        httpx2.post(f"{url}/api/v1/agents/heartbeat", json={"robot_id": robot_id}).raise_for_status()


def test_what_happens_is_pushed_as_it_happens(serving: Program) -> None:
    with stream(serving.url) as events:
        appear(serving.url, "r2")

        assert events.response.headers["content-type"].startswith("text/event-stream")
        message = events.next()

    assert (message["kind"], message["subject"], message["payload"]) == ("robot.appeared", "r2", {"robot_id": "r2"})


def test_a_browser_that_comes_back_misses_nothing_and_gets_nothing_twice(serving: Program) -> None:
    appear(serving.url, "a", "b", "c")

    with stream(serving.url, since=0) as events:
        first = events.next_ids(2)
    appear(serving.url, "d")
    with stream(serving.url, headers={"Last-Event-ID": str(first[-1])}, since=0) as events:
        rest = events.next_ids(2)

    assert first + rest == [1, 2, 3, 4]


@pytest.mark.parametrize("since", ["-1", "x", str(2**63)])
def test_a_number_that_is_none_is_refused(serving: Program, since: str) -> None:
    with stream(serving.url, since=since) as events:
        assert events.response.status_code == 422
    with stream(serving.url, headers={"Last-Event-ID": since}) as events:
        assert events.response.status_code == 422


def test_open_streams_do_not_keep_the_hub_from_ending(serving: Program) -> None:
    with stream(serving.url) as one, stream(serving.url) as two:
        appear(serving.url, "r2")
        assert (one.next()["sequence"], two.next()["sequence"]) == (1, 1)

        assert serving.stop(5.0) == 0


def test_a_client_that_vanishes_is_forgotten(serving: Program) -> None:
    appear(serving.url, "a")
    with stream(serving.url, since=0) as events:
        assert events.next_ids(1) == [1]

    eventually(lambda: "path=/api/v1/events" in serving.stderr, deadline_s=20, what="the stream to end")
