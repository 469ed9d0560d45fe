"""Where message time is, when clocks disagree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.recorder.capture.present import present_ns

WINDOW_NS = 60
HOUR_NS = 3600


def test_it_is_where_the_last_message_is() -> None:
    assert present_ns(100, [], WINDOW_NS) == 100
    assert present_ns(100, [70, 90, 100], WINDOW_NS) == 100


def test_one_clock_that_is_far_off_does_not_say_it() -> None:
    assert present_ns(100 - HOUR_NS, [98, 99, 100 - HOUR_NS], WINDOW_NS) == 98
    assert present_ns(100 + HOUR_NS, [98, 99, 100 + HOUR_NS], WINDOW_NS) == 99


def test_of_two_clocks_the_last_says_it() -> None:
    assert present_ns(100, [100, HOUR_NS], WINDOW_NS) == 100
    assert present_ns(HOUR_NS, [100, HOUR_NS], WINDOW_NS) == HOUR_NS


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.data())
def test_no_fewer_channels_agree_with_it_than_with_the_last_message(lately: list[int], data: st.DataObject) -> None:
    last_ns = data.draw(st.sampled_from(lately))

    def agreeing(moment: int) -> int:
        return sum(abs(one - moment) < WINDOW_NS for one in lately)

    assert agreeing(present_ns(last_ns, lately, WINDOW_NS)) >= agreeing(last_ns)
