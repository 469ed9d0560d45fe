"""Recordings and rules that are made to burden a backtest."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import cast

import httpx2
import pytest
from pydantic import TypeAdapter

from pilothouse.hub.backtests.domain import MAX_POINTS_KEPT, thinned
from pilothouse.hub.backtests.service.examining import examine
from pilothouse.hub.recordings.service import Content
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES
from pilothouse.triggers import TriggerConfig, Triggers
from tests.support.flights import START_NS, Said, saying, write_messages

pytestmark = pytest.mark.anyio


class File:
    """Content in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name

    def open(self) -> object:
        return self._path.open("rb")


def rules(*said: object) -> tuple[TriggerConfig, ...]:
    return TypeAdapter(Triggers).validate_python(list(said))


def test_a_chunk_that_claims_much_is_the_recordings_problem(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mcap"
    write_messages(path, [Said("/x", START_NS, b" " * (CHUNK_LIMIT_BYTES + 1)), *saying("/x", [{"v": 1}])])

    outcome = examine(cast("Content", File(path)), rules("/x.v > 3"), 5.0, threading.Event())

    assert outcome.problem is not None
    assert "more than the limit" in outcome.problem


def test_a_backtest_that_is_stopped_reads_no_further(tmp_path: Path) -> None:
    path = tmp_path / "long.mcap"
    write_messages(path, saying("/x", ({"v": 1} for _ in range(1_000))))
    stop = threading.Event()
    stop.set()

    outcome = examine(cast("Content", File(path)), rules("/x.v > 3"), 5.0, stop)

    assert outcome.problem is not None
    assert "given up" in outcome.problem


def test_of_many_firings_only_so_much_of_their_curves_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "restless.mcap"
    values = ({"v": number // 20 % 2 * 10} for number in range(8_000))
    write_messages(path, saying("/x", values, rate_hz=20))
    rule = {"name": "up", "kind": "threshold", "topic": "/x", "field": "v", "op": "gt", "value": 3}

    outcome = examine(cast("Content", File(path)), rules(rule), 60.0, threading.Event())

    assert outcome.problem is None
    assert outcome.firing_count > 100
    assert sum(len(one.curve) for one in outcome.firings) <= MAX_POINTS_KEPT
    assert len(outcome.firings[0].curve) > 100


@pytest.mark.parametrize("points", [0, 1, 2, 3, 7])
def test_a_curve_is_thinned_to_any_number_of_points(points: int) -> None:
    assert len(thinned([(n, float(n)) for n in range(50)], points)) <= points


@pytest.mark.parametrize(
    "body",
    [
        b'{"triggers": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}",
        b'{"triggers": [{"kind": "threshold", "topic": "/x", "field": "v", "op": "gt", "value": NaN}]}',
        b'{"triggers": [{"kind": "threshold", "topic": "/x", "field": "v", "op": "gt", "value": 1e999}]}',
        json.dumps({"triggers": ["/x.v > " + "9" * 5_000]}).encode(),
        json.dumps({"triggers": ["/x.v > 1\0"]}).encode(),
        json.dumps({"triggers": ["/x.v > 1"] * 51}).encode(),
        json.dumps({"triggers": ["/x.v > 1"], "session_ids": ["a"] * 10_001}).encode(),
        json.dumps({"triggers": ["/x.v > 1"], "around_s": 1e308}).encode(),
    ],
)
async def test_nonsense_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/backtests", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422), answer.text
