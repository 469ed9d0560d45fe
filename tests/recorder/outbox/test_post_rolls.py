from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.recorder.outbox.post_rolls import NEVER_NS, CaptureRequest, PostRolls


def request(name: str, fired_s: float = 10.0, *, post_s: float = 5.0) -> CaptureRequest:
    return CaptureRequest(
        session_id=name, reason="trigger", label="", fired_at_ns=round(fired_s * NS_PER_S), pre_s=60, post_s=post_s,
        requested_at_ns=0,
    )  # fmt: skip


def at_s(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def names(due: object) -> list[str]:
    return [one.request.session_id for one in due]  # type: ignore[attr-defined]


def test_a_capture_is_due_when_a_message_after_its_end_arrives() -> None:
    rolls = PostRolls()
    rolls.add(request("a"))

    assert rolls.passed(at_s(15)) == []
    assert names(rolls.passed(at_s(15) + 1)) == ["a"]
    assert rolls.passed(at_s(16)) == []


def test_a_second_trigger_during_post_roll_is_not_lost() -> None:
    rolls = PostRolls()
    rolls.add(request("a", 10))
    rolls.add(request("b", 12))

    assert names(rolls.passed(at_s(16))) == ["a"]
    assert names(rolls.passed(at_s(18))) == ["b"]


def test_the_next_end_is_the_earliest() -> None:
    rolls = PostRolls()
    assert rolls.next_end_ns == NEVER_NS

    rolls.add(request("late", 10, post_s=9))
    rolls.add(request("early", 11, post_s=1))

    assert rolls.next_end_ns == at_s(12)


def test_a_stream_that_stops_completes_after_what_is_left_of_the_post_roll() -> None:
    rolls = PostRolls()
    rolls.add(request("a"))

    assert rolls.abandoned(at_s(13), silent_s=2.4) == []
    (due,) = rolls.abandoned(at_s(13), silent_s=2.6)
    assert due.cut is not None
    assert "no message" in due.cut


def test_a_clock_set_back_during_the_post_roll_completes_it() -> None:
    rolls = PostRolls()
    rolls.add(request("a", 3600))

    (due,) = rolls.abandoned(at_s(12), silent_s=0.0)

    assert due.cut is not None
    assert "set back" in due.cut


def test_topics_a_little_out_of_order_complete_nothing() -> None:
    rolls = PostRolls()
    rolls.add(request("a", 10))

    assert rolls.abandoned(at_s(9.5), silent_s=0.0) == []


def test_the_end_completes_all_that_wait() -> None:
    rolls = PostRolls()
    rolls.add(request("a"))
    rolls.add(request("b"))

    assert names(rolls.cut_short("stopped")) == ["a", "b"]
    assert len(rolls) == 0


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 20)), max_size=30),
    st.lists(st.integers(0, 130), max_size=60),
)
def test_every_capture_is_due_exactly_once(asked: list[tuple[int, int]], messages: list[int]) -> None:
    rolls = PostRolls()
    for number, (fired_s, post_s) in enumerate(asked):
        rolls.add(request(str(number), fired_s, post_s=post_s))

    due = [name for second in messages for name in names(rolls.passed(at_s(second)))]
    due += names(rolls.abandoned(at_s(50), 3.0))
    due += names(rolls.cut_short("end"))

    assert sorted(due) == sorted(str(number) for number in range(len(asked)))
