import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.mcap import Channel, Decoders, Message, Undecodable, open_recording
from pilothouse.triggers import Rule
from pilothouse.triggers.backtest import Backtest, backtest
from tests.support.flights import drone_flight, json_channel
from tests.support.rules import ns, rule_of

SPEED: dict[str, Any] = {"kind": "threshold", "topic": "/speed", "field": "data", "op": "gt", "value": 9}
SILENT: dict[str, Any] = {"kind": "dropout", "topic": "/speed", "max_gap_s": 1}


class Plain:
    """Messages that need no decoding; what is no bytes of a number is undecodable."""

    def decode(self, channel: Channel, content: bytes) -> object:
        try:
            return {"data": float(content)}
        except ValueError:
            raise Undecodable(topic=channel.topic, reason="no number") from None


def stream(*said: tuple[float, str, object]) -> Iterator[Message]:
    for number, (time_s, topic, value) in enumerate(said):
        yield Message(json_channel(topic), ns(time_s), ns(time_s), number, str(value).encode())


def run(rules: list[Rule], *said: tuple[float, str, object], around_s: float = 5.0) -> list[tuple[str, float]]:
    found = backtest(rules, stream(*said), Plain(), around_s=around_s)
    return [(one.fired.kind, one.fired.fired_at_ns / 1e9) for one in found]


def test_a_firing_comes_with_what_was_measured_around_it() -> None:
    said = [(float(t), "/speed", 10 if t == 5 else t) for t in range(12)]

    (firing,) = backtest([rule_of(**SPEED, cooldown_s=60)], stream(*said), Plain(), around_s=2)

    assert firing.fired.value == 10
    assert firing.samples == ((ns(3), 3), (ns(4), 4), (ns(5), 10), (ns(6), 6), (ns(7), 7))


@pytest.mark.parametrize(
    ("rule", "at_s"),
    [(SILENT, 1.5), ({"kind": "any", "of": [SILENT, SPEED]}, 1.5), ({"kind": "all", "of": [SILENT]}, 3)],
)
def test_a_silence_is_one_whether_or_not_what_was_said_can_be_decoded(rule: dict[str, Any], at_s: float) -> None:
    said: list[tuple[float, str, object]] = [(0, "/speed", "?"), (0.5, "/speed", "?"), (3, "/other", 1)]

    assert run([rule_of(**rule)], *said) == [(rule["kind"], at_s)]


def test_a_firing_is_told_as_soon_as_what_follows_it_has_been_seen() -> None:
    taken = []

    def messages() -> Iterator[Message]:
        for message in stream(*((float(t), "/speed", 10) for t in range(20))):
            taken.append(message)
            yield message

    next(backtest([rule_of(**SPEED)], messages(), Plain(), around_s=3))

    assert len(taken) == 5


def test_messages_of_any_topic_let_time_pass_and_the_end_does_too() -> None:
    assert run([rule_of(**SILENT)], (0, "/speed", 1), (0.5, "/other", 1), (3, "/other", 1)) == [("dropout", 1.0)]
    assert run([rule_of(**SILENT)], (0, "/speed", 1), (1.0, "/a", 1), (1.01, "/a", 1)) == [("dropout", 1.0)]


def test_what_cannot_be_decoded_is_counted_and_the_rest_goes_on() -> None:
    test = Backtest([rule_of(**SPEED)], Plain())

    found = list(test.run(stream((0, "/speed", "x"), (1, "/speed", 10), (2, "/other", "x"))))

    assert len(found) == 1
    assert test.undecodable == {"/speed": 1}


def test_it_asks_for_all_topics_only_when_time_matters() -> None:
    assert Backtest([rule_of(**SPEED)], Plain()).topics == {"/speed"}
    assert Backtest([rule_of(**SPEED), rule_of(**SILENT)], Plain()).topics is None


def test_no_messages_are_no_firings() -> None:
    assert run([rule_of(**SPEED), rule_of(**SILENT)]) == []


def test_log_time_that_steps_back_holds_no_firing_up() -> None:
    said = [(100.0, "/speed", 10.0), *((float(t), "/speed", 1.0) for t in range(3))]

    assert run([rule_of(**SPEED)], *said) == [("threshold", 100.0)]


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["/speed", "/a"]), st.floats(0, 20) | st.just(math.nan))),
    st.floats(0.1, 10),
)
def test_how_much_is_looked_at_around_changes_no_firing(said: list[tuple[int, str, float]], around_s: float) -> None:
    ordered = sorted(((tenth / 10, topic, value) for tenth, topic, value in said), key=lambda one: one[0])
    rules = lambda: [rule_of(**SPEED, duration_s=0.3), rule_of(**SILENT)]  # noqa: E731

    assert sorted(run(rules(), *ordered, around_s=around_s)) == sorted(run(rules(), *ordered, around_s=1000))


def test_the_drone_passes_nine_metres_per_second_once() -> None:
    with open_recording(drone_flight()) as flight:
        start_ns = flight.summary().start_ns or 0
        (firing,) = backtest([rule_of(**SPEED)], flight.messages(topics=["/speed"]), Decoders())

    assert (firing.fired.fired_at_ns - start_ns) / 1e9 == pytest.approx(15.801, abs=0.0005)
    assert firing.fired.value == pytest.approx(9.126, abs=0.0005)
