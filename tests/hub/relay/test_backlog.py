"""What waits for a viewer that is slow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.relay.domain import Backlog
from pilothouse.wire.relay import ESTOP_PATH, RelayMode, lets_through


def test_images_are_given_up_before_words_and_the_oldest_first() -> None:
    backlog = Backlog(most_messages=3)
    for message in ("one", b"image 1", "two", b"image 2", "three"):
        backlog.put(message)

    assert backlog.take() == (["one", "two", "three"], 2)
    assert backlog.take() == ([], 0)


@given(st.lists(st.text(max_size=50) | st.binary(max_size=50)))
def test_it_never_holds_more_than_it_may_and_counts_what_it_gave_up(messages: list[str | bytes]) -> None:
    backlog = Backlog(most_messages=5, most_bytes=100)
    for message in messages:
        backlog.put(message)

    found, missed = backlog.take()

    assert len(found) + missed == len(messages)
    assert len(found) <= 5
    assert sum(map(len, found)) <= 100


def test_what_passes_a_relay() -> None:
    stop, start = ("POST", ESTOP_PATH), ("POST", "/api/control/start")

    assert [lets_through(mode, *stop) for mode in RelayMode] == [False, True, True]
    assert [lets_through(mode, *start) for mode in RelayMode] == [False, False, True]
    assert lets_through(RelayMode.WATCH, "GET", "/api/risk-log/stats")
    assert not lets_through(RelayMode.WATCH, "GET", "/api/risk-logs")
    assert not lets_through(RelayMode.CONTROL, "GET", "/mcap/sessions")
    assert not lets_through(RelayMode.CONTROL, "POST", "/api/control/../../mcap")
    assert not lets_through(RelayMode.CONTROL, "DELETE", "/api//boundaries")
