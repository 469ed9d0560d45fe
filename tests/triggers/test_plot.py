import math

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.triggers.plot import plot


def test_a_rising_line_is_drawn_from_corner_to_corner() -> None:
    lines = plot([(0, 0), (10, 10)], mark_at=5, columns=10, rows=2)

    assert lines == [
        "10 ┤     ⣀⡠⠔⠒⠉",
        " 0 ┤⣀⠤⠔⠊⠉",
        "   └─────▲────",
        "    0.00 s10.00 s",
    ]


def test_the_limit_is_drawn_and_belongs_to_the_scale() -> None:
    lines = plot([(0, 1), (1, 1)], mark_at=0, limit=5, columns=8, rows=3)

    assert lines[0].startswith("5 ┤⠁ ⠁ ⠁ ⠁")
    assert lines[2] == "1 ┤⣀⣀⣀⣀⣀⣀⣀⣀"


def test_nothing_is_drawn_of_a_single_moment_or_of_no_numbers() -> None:
    assert plot([], mark_at=0) == []
    assert plot([(1, 1), (1, 2)], mark_at=1) == []
    assert plot([(1, math.nan), (2, math.inf)], mark_at=1) == []


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats()), max_size=50),
    st.floats(0, 1e6),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_whatever_is_drawn_fits(samples: list[tuple[float, float]], mark_at: float, limit: float | None) -> None:
    lines = plot(sorted(samples), mark_at=mark_at, limit=limit, columns=20, rows=4)

    assert len(lines) in (0, 6)
    assert all(len(line) <= 20 + 14 for line in lines[:5])
