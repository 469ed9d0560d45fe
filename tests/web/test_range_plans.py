"""RFC 9110, sections 13 and 14, without a byte being read."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.web.ranges import UNSATISFIABLE, Plan, Range, Unsatisfiable, parse, plan

SIZE = 10_000
ETAG = '"abc"'
MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
WHOLE = Plan(200, (Range(0, SIZE),))


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        # the examples of RFC 9110, section 14.1.2
        ("bytes=0-499", [(0, 500)]),
        ("bytes=500-999", [(500, 1000)]),
        ("bytes=-500", [(9500, 10_000)]),
        ("bytes=9500-", [(9500, 10_000)]),
        ("bytes=0-0,-1", [(0, 1), (9999, 10_000)]),
        ("bytes= 0-999, 4500-5499, -1000", [(0, 1000), (4500, 5500), (9000, 10_000)]),
        ("bytes=500-600,601-999", [(500, 1000)]),
        ("bytes=500-700,601-999", [(500, 1000)]),
        # ends beyond the end are clamped, suffixes longer than the file are the file
        ("bytes=9999-20000", [(9999, 10_000)]),
        ("bytes=0-99999999999999999999999999", [(0, 10_000)]),
        ("bytes=-20000", [(0, 10_000)]),
        ("bytes=-99999999999999999999999999", [(0, 10_000)]),
        ("BYTES=0-0", [(0, 1)]),
        ("bytes=00000000000000000000000000000001-2", [(1, 3)]),
        # list elements may be empty; what lies outside is dropped as long as something is inside
        ("bytes=,0-1,,", [(0, 2)]),
        ("bytes=0-1,10000-", [(0, 2)]),
        ("bytes=0-1,-0", [(0, 2)]),
        # the order asked for is kept unless ranges are joined
        ("bytes=5000-5001,0-1", [(5000, 5002), (0, 2)]),
        ("bytes=5000-5001,0-1,2-3", [(0, 4), (5000, 5002)]),
    ],
)
def test_ranges_are_understood(header: str, wanted: list[tuple[int, int]]) -> None:
    assert parse(header, SIZE) == [Range(*one) for one in wanted]


@pytest.mark.parametrize(
    "header", ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999999-", "bytes=-0,10000-"]
)
def test_ranges_wholly_outside_are_unsatisfiable(header: str) -> None:
    assert parse(header, SIZE) is UNSATISFIABLE


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0-1,x", "bytes=1 -2", "bytes=0x1-2",
     "bytes=+1-2", "bytes=--1", "bytes=1-2-3", "items=0-1", "bytes 0-1", "bytes=１-２", "bytes=0-1;2-3", "bytes=0.5-1"],
)  # fmt: skip
def test_what_is_not_a_range_of_bytes_is_ignored(header: str) -> None:
    assert parse(header, SIZE) is None


def test_an_empty_file_has_no_ranges() -> None:
    assert parse("bytes=0-", 0) is UNSATISFIABLE
    assert parse("bytes=-5", 0) is None


def test_thousands_of_ranges_are_answered_with_the_whole() -> None:
    assert parse("bytes=" + ",".join(["0-"] * 10_000), SIZE) is None
    assert parse("bytes=" + ",".join(f"{one * 180}-{one * 180}" for one in range(55)), SIZE) is None


def test_overlapping_ranges_never_cost_more_than_the_file() -> None:
    assert parse("bytes=" + ",".join(["0-"] * 400), SIZE) == [Range(0, SIZE)]


@given(st.text(alphabet="bytes=0123456789-, ", max_size=60), st.integers(0, 2_000))
def test_whatever_is_asked_for_what_is_answered_lies_inside_and_never_overlaps(listed: str, size: int) -> None:
    wanted = parse(f"bytes={listed}", size)
    if wanted is None or isinstance(wanted, Unsatisfiable):
        return

    inside = sorted((part.start, part.stop) for part in wanted)
    assert all(0 <= start < stop <= size for start, stop in inside)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(inside))


@given(
    st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 1_500)), min_size=1, max_size=20), st.integers(1, 1_000)
)
def test_every_byte_asked_for_is_answered(pairs: list[tuple[int, int]], size: int) -> None:
    pairs = [(min(pair), max(pair)) for pair in pairs]
    wanted = parse("bytes=" + ",".join(f"{first}-{last}" for first, last in pairs), size)
    asked = {byte for first, last in pairs for byte in range(first, min(last + 1, size))}

    if isinstance(wanted, Unsatisfiable):
        assert not asked
    else:
        assert wanted is not None
        assert asked <= {byte for part in wanted for byte in range(part.start, part.stop)}


def decide(method: str = "GET", **headers: str) -> Plan:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return plan(given, method=method, size=SIZE, etag=ETAG, last_modified=MODIFIED)


FIRST = Plan(206, (Range(0, 1),))


def test_without_a_range_the_whole_is_answered() -> None:
    assert decide() == WHOLE


def test_a_range_is_defined_for_get_only() -> None:
    assert decide(range="bytes=0-0") == FIRST
    assert decide("HEAD", range="bytes=0-0") == WHOLE


def test_ranges_outside_are_refused() -> None:
    assert decide(range="bytes=10000-") == Plan(416)


@pytest.mark.parametrize("condition", [ETAG, MODIFIED])
def test_a_range_is_answered_while_its_condition_holds(condition: str) -> None:
    assert decide(range="bytes=0-0", if_range=condition) == FIRST


@pytest.mark.parametrize("condition", ['"other"', 'W/"abc"', EARLIER, "nonsense", "", "*"])
def test_a_range_of_what_has_changed_is_answered_with_the_whole(condition: str) -> None:
    assert decide(range="bytes=0-0", if_range=condition) == WHOLE


def test_a_weak_tag_proves_no_range() -> None:
    decided = plan(
        {"range": "bytes=0-0", "if-range": 'W/"abc"'}, method="GET", size=SIZE, etag='W/"abc"', last_modified=None
    )
    assert decided == WHOLE


@pytest.mark.parametrize("tags", [ETAG, 'W/"abc"', '"x", "abc"', "*", '"a,b" , W/"abc"'])
def test_what_the_caller_has_is_not_sent_again(tags: str) -> None:
    assert decide(if_none_match=tags) == Plan(304)
    assert decide(if_none_match=tags, range="bytes=0-0") == Plan(304)
    assert decide("HEAD", if_none_match=tags) == Plan(304)


def test_what_the_caller_does_not_have_is_sent() -> None:
    assert decide(if_none_match='"x"') == WHOLE
    assert decide(if_none_match='"x"', if_modified_since=MODIFIED) == WHOLE


def test_dates_are_conditions_too() -> None:
    assert decide(if_modified_since=MODIFIED) == Plan(304)
    assert decide(if_modified_since=EARLIER) == WHOLE
    assert decide(if_modified_since="yesterday") == WHOLE
    assert decide(if_unmodified_since=EARLIER) == Plan(412)
    assert decide(if_unmodified_since=MODIFIED) == WHOLE


def test_a_version_that_must_be_there_is_demanded() -> None:
    assert decide(if_match=ETAG) == WHOLE
    assert decide(if_match="*") == WHOLE
    assert decide(if_match='"x"') == Plan(412)
    assert decide(if_match='W/"abc"') == Plan(412)
    assert decide(if_match=ETAG, if_unmodified_since=EARLIER) == WHOLE
