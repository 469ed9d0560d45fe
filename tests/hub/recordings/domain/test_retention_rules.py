"""Which recordings leave."""

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.recordings.domain.retention import Kept, Limits, cap_bytes, leaving, used_mb

recordings = st.lists(
    st.builds(
        Kept,
        session_id=st.uuids().map(str),
        size_bytes=st.integers(0, 100),
        recorded_ns=st.integers(0, 5),
        annotated=st.booleans(),
    ),
    max_size=20,
)


def kept(name: str, size: int, recorded: int, *, annotated: bool = False) -> Kept:
    return Kept(name, size, recorded, annotated)


def test_the_oldest_leave_until_the_rest_fits() -> None:
    some = [kept("new", 10, 3), kept("old", 10, 1), kept("middle", 10, 2)]

    assert [one.session_id for one in leaving(some, Limits(15))] == ["old", "middle"]


def test_annotated_recordings_leave_last() -> None:
    some = [kept("remembered", 10, 1, annotated=True), kept("old", 10, 2), kept("new", 10, 3)]

    assert [one.session_id for one in leaving(some, Limits(20))] == ["old"]
    assert [one.session_id for one in leaving(some, Limits(5))] == ["old", "new", "remembered"]


def test_exactly_at_the_cap_nothing_leaves() -> None:
    assert leaving([kept("a", 10, 1), kept("b", 10, 2)], Limits(20)) == []


@given(recordings)
def test_without_a_cap_nothing_ever_leaves(some: list[Kept]) -> None:
    assert leaving(some, Limits(0)) == []


@given(recordings, st.integers(1, 500))
def test_what_stays_fits_and_the_last_to_leave_had_to(some: list[Kept], cap: int) -> None:
    gone = leaving(some, Limits(cap))
    stays = sum(one.size_bytes for one in some) - sum(one.size_bytes for one in gone)

    assert stays <= cap
    assert not gone or stays + gone[-1].size_bytes > cap


def test_units_are_those_of_the_documented_examples() -> None:
    assert used_mb(4_194_304_000) == 4194.30
    assert cap_bytes(2048) == 2_147_483_648
