"""What the guard reports is on disk before it is answered, and goes to the hub in order, each once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilothouse.recorder.outbox import risk_events
from pilothouse.recorder.outbox.database import OutboxDatabase
from pilothouse.recorder.outbox.risk_events import OtherRobotsEvents, RiskEvents, RiskEventsFull
from pilothouse.wire import RiskEvent, RiskLevel
from tests.support.risks import risk_event


@contextmanager
def kept(data: Path, **options: int) -> Iterator[RiskEvents]:
    database = OutboxDatabase(data / "outbox.db")
    try:
        yield RiskEvents(database, "robot", **options)
    finally:
        database.close()


def ids(events: RiskEvents) -> list[str]:
    return [one.event.event_id for one in events.next_batch()]


def test_events_wait_in_the_order_they_came_across_a_restart(tmp_path: Path) -> None:
    with kept(tmp_path) as events:
        assert events.take([risk_event(3), risk_event(1)]).accepted == 2
        assert events.take([risk_event(2)]).accepted == 1

    with kept(tmp_path) as events:
        assert ids(events) == ["ev-00003", "ev-00001", "ev-00002"]
        assert events.next_batch()[0].event == risk_event(3)


def test_an_event_that_comes_again_counts_once_even_after_delivery(tmp_path: Path) -> None:
    with kept(tmp_path) as events:
        events.take([risk_event(1), risk_event(2)])
        events.settle([one.number for one in events.next_batch()])
        again = events.take([risk_event(1), risk_event(2), risk_event(3), risk_event(3)])

        assert (again.accepted, again.duplicates) == (1, 3)
        assert ids(events) == ["ev-00003"]


def test_a_batch_is_no_larger_than_a_request_may_be(tmp_path: Path) -> None:
    with kept(tmp_path) as events:
        events.take([risk_event(number, reason="x" * 2_000) for number in range(400)])
        sizes = [sum(len(one.event.model_dump_json()) for one in events.next_batch())]
        seen: list[str] = []
        while batch := events.next_batch():
            seen += [one.event.event_id for one in batch]
            events.settle([one.number for one in batch])

        assert max(sizes) < 1 << 20
        assert seen == [risk_event(number).event_id for number in range(400)]
        assert events.waiting == 0


def test_without_room_the_oldest_normal_ones_go_first_then_clamps_and_rejects_never(tmp_path: Path) -> None:
    size = len(risk_event(0).model_dump_json(exclude_none=True))
    with kept(tmp_path, max_bytes=size * 13) as events:
        events.take([risk_event(number, "reject", decision="FAULT") for number in range(4)])
        events.take([risk_event(number) for number in range(4, 8)])
        events.take([risk_event(number, "pass", risk_level=RiskLevel.NORMAL) for number in range(8, 11)])
        for number in range(11, 19):
            events.take([risk_event(number, "reject")])

        left = ids(events)
        assert left[:4] == [f"ev-{number:05d}" for number in range(4)]
        assert set(left) >= {f"ev-{number:05d}" for number in range(11, 19)}
        assert not {"ev-00008", "ev-00009", "ev-00010"} & set(left)
        assert events.dropped == 19 - len(left)

        with pytest.raises(RiskEventsFull):
            events.take([risk_event(number, "reject") for number in range(19, 24)])
        assert ids(events) == left
        events.settle([one.number for one in events.next_batch()])
        assert events.take([risk_event(19, "reject")]).accepted == 1


def test_a_batch_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    with kept(tmp_path) as events:
        with pytest.raises(OtherRobotsEvents, match="of robot arm, and this recorder belongs to robot"):
            events.take([risk_event(1), risk_event(2, robot_id="arm")])

        assert events.waiting == 0


def test_what_the_hub_had_long_ago_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk_events, "REMEMBERED", 10)
    with kept(tmp_path) as events:
        for number in range(50):
            events.take([risk_event(number)])
            events.settle([one.number for one in events.next_batch()])

        assert events.take([risk_event(49)]).duplicates == 1
        assert events.take([risk_event(0)]).accepted == 1


def test_a_policy_that_asks_for_no_number_is_reported_all_the_same(tmp_path: Path) -> None:
    event = risk_event(1, "reject", requested=[0.5, math.nan, math.inf])
    assert RiskEvent.model_validate_json(event.model_dump_json()) == event

    with kept(tmp_path) as events:
        events.take([event])
        assert events.next_batch()[0].event.requested == [0.5, None, None]


def test_without_a_hub_the_newest_are_kept_whatever_they_are(tmp_path: Path) -> None:
    size = len(risk_event(0, "reject").model_dump_json(exclude_none=True))
    with kept(tmp_path, max_bytes=size * 10, has_hub=False) as events:
        for number in range(100):
            events.take([risk_event(number, "reject")])

        assert ids(events)[-1] == "ev-00099"
        assert events.waiting == len(ids(events)) <= 10
        assert events.dropped == 100 - events.waiting


def test_an_event_that_cannot_be_read_any_more_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with kept(tmp_path) as events:
        events.take([risk_event(number) for number in range(3)])
        with events._database.transaction() as run:
            run("UPDATE risk_events SET body = '{}' WHERE number = 2")

        assert ids(events) == ["ev-00000", "ev-00002"]
        assert (events.waiting, events.refused) == (2, 1)


def test_counts_are_right_after_a_restart(tmp_path: Path) -> None:
    with kept(tmp_path) as events:
        events.take([risk_event(number) for number in range(5)])
        events.settle([one.number for one in events.next_batch(2)])
        assert events.waiting == 3
    with kept(tmp_path) as events:
        assert events.waiting == 3
