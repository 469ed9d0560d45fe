"""What was missed is what was said and has not come: no more, no less, whatever comes twice, late or from anew."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.recorder.sources.numbers import LEAP, MOST_GAPS, Heard, Numbers

# Number and time said, as one publisher would say them.
Said = list[tuple[int, int | None]]


def hear(said: Said, *, most_publishers: int = 10) -> list[Heard]:
    numbers = Numbers(most_publishers)
    return [numbers.take("publisher", number, at_ns, index) for index, (number, at_ns) in enumerate(said)]


def missed(said: Said) -> int:
    heard = hear(said)
    return sum(one.missed for one in heard) - sum(one.missed_ns is not None for one in heard)


def recorded(said: Said) -> list[int]:
    return [number for (number, _), heard in zip(said, hear(said), strict=True) if heard.is_new]


@pytest.mark.parametrize(
    ("said", "lost", "kept"),
    [
        ([(1, 10), (2, 20), (3, 30)], 0, [1, 2, 3]),
        ([(1, 10), (4, 40)], 2, [1, 4]),
        # Nobody has missed what was said before anybody listened, nor what is told of it later as history.
        ([(900, 10), (901, 20)], 0, [900, 901]),
        ([(900, 90), (897, 87), (899, 89), (901, 91)], 0, [900, 897, 899, 901]),
        # Twice: the same number, said at the same time.
        ([(1, 10), (2, 20), (1, 10), (2, 20), (3, 30)], 0, [1, 2, 3]),
        # Late: it was missed, and is not any more; twice late is twice.
        ([(1, 10), (4, 40), (3, 30), (2, 20), (3, 30), (5, 50)], 0, [1, 4, 3, 2, 5]),
        ([(1, 10), (6, 60), (3, 30)], 3, [1, 6, 3]),
        # Begun anew, by one that keeps its name; also where its clock was set back to before it was heard.
        ([(7, 70), (8, 80), (1, 90), (2, 100), (4, 120)], 1, [7, 8, 1, 2, 4]),
        ([(7, 70), (8, 80), (7, 5), (9, 25)], 1, [7, 8, 7, 9]),
        # Numbers of 32 bits, without a time: at their end they begin anew.
        ([(2**32 - 1, None), (0, None), (2, None)], 1, [2**32 - 1, 0, 2]),
        ([(5, None), (5, None), (3, None), (6, None)], 0, [5, 3, 6]),
        ([(1, 10), (LEAP + 1, 20)], 0, [1, LEAP + 1]),
    ],
)
def test_missed_is_what_was_said_and_has_not_come(said: Said, lost: int, kept: list[int]) -> None:
    assert (missed(said), recorded(said)) == (lost, kept)


def test_publishers_count_each_for_itself_and_the_quietest_is_forgotten_first() -> None:
    numbers = Numbers(2)
    for publisher, number in (("a", 1), ("b", 1), ("a", 2), ("c", 1)):
        assert numbers.take(publisher, number, None, 0) == Heard()

    assert numbers.take("a", 4, None, 0).missed == 1
    assert numbers.take("b", 9, None, 0).missed == 0


@given(
    # Fewer gaps than are remembered.
    st.lists(st.booleans(), min_size=2, max_size=2 * MOST_GAPS),
    st.lists(st.integers(0, 3), max_size=60),
    st.integers(0, 2**32),
)
def test_whatever_is_lost_repeated_or_a_little_late_what_came_and_what_is_missed_is_all_that_was_said(
    lost: list[bool], turns: list[int], seed: int
) -> None:
    # The first is heard first, and the last comes: nothing tells of what is lost after it.
    said = [number for number, is_lost in enumerate(lost[:-1], 1) if not is_lost or number == 1]
    random = Random(seed)
    for turn in turns:
        index = random.randrange(len(said))
        if turn == 0:
            said.insert(random.randrange(index, len(said)) + 1, said[index])
        elif index > 0:
            other = min(len(said) - 1, index + turn)
            said[index], said[other] = said[other], said[index]
    said.append(len(lost))
    heard: Said = [(number, number * 10) for number in said]

    assert sorted(recorded(heard)) == sorted(set(said))
    assert missed(heard) + len(set(said)) == len(lost)
