from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S
from pilothouse.recorder.session_ids import SessionIds, session_id

MOMENT_NS = 1_778_575_350 * NS_PER_S  # 2026-05-12 08:42:30 UTC


def test_an_id_is_the_robot_and_the_second() -> None:
    assert session_id("fixture-robot", MOMENT_NS) == "fixture-robot_20260512T084230Z"


def test_a_taken_second_gives_the_next_free_one() -> None:
    taken = {"r_20260512T084230Z", "r_20260512T084231Z"}

    assert SessionIds("r").next_free(MOMENT_NS, taken.__contains__) == "r_20260512T084232Z"


def test_minutes_hours_and_years_roll_over() -> None:
    last_second_ns = 1_798_761_599 * NS_PER_S

    assert SessionIds("r").next_free(last_second_ns, {"r_20261231T235959Z"}.__contains__) == "r_20270101T000000Z"


@given(st.lists(st.integers(0, 30)), st.sets(st.integers(0, 60)))
def test_every_capture_gets_the_first_free_second_from_its_own(asked: list[int], elsewhere: set[int]) -> None:
    ids = SessionIds("r")
    taken = {session_id("r", MOMENT_NS + second * NS_PER_S) for second in elsewhere}

    for second in asked:
        given_id = ids.next_free(MOMENT_NS + second * NS_PER_S, taken.__contains__)
        expected = next(
            one for later in range(second, 200) if (one := session_id("r", MOMENT_NS + later * NS_PER_S)) not in taken
        )
        assert given_id == expected
        taken.add(given_id)
