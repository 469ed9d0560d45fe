from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import NS_PER_S, ManualClock, SystemClock, at, to_ns

EPOCH_TO_2200 = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(EPOCH_TO_2200)
def test_a_moment_survives_the_way_to_nanoseconds_and_back(moment: datetime) -> None:
    assert at(to_ns(moment)) == moment


def test_another_zone_names_the_same_instant() -> None:
    berlin = timezone(timedelta(hours=2))

    assert to_ns(datetime(2026, 5, 12, 10, 42, 30, tzinfo=berlin)) == to_ns(
        datetime(2026, 5, 12, 8, 42, 30, tzinfo=UTC)
    )


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_ns(datetime(2026, 5, 12))  # noqa: DTZ001


def test_stepping_the_wall_clock_leaves_monotonic_time_alone() -> None:
    clock = ManualClock(now_ns=10_000 * NS_PER_S)

    clock.advance(1.5)
    clock.step_wall(-3600)

    assert clock.monotonic_ns() == 1_500_000_000
    assert clock.now_ns() == 6_401 * NS_PER_S + 500_000_000


def test_the_system_clock_counts_nanoseconds_since_the_epoch() -> None:
    assert abs(SystemClock().now_ns() / NS_PER_S - datetime.now(UTC).timestamp()) < 60
