"""A preview shows what a rule saw, in few points, and hides no peak."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.mcap import open_recording
from pilothouse.recorder.delivery.previews import MAX_POINTS, Point, preview_of, thinned
from pilothouse.wire import PreviewSeries, TriggerFired
from tests.support.flights import NS_PER_S, START_NS, saying, write_flight, write_messages

values = st.none() | st.floats(-1e6, 1e6, allow_nan=False)


def fired(topic: str | None = "/speed", field: str | None = "data", at_s: float = 2.0) -> TriggerFired:
    at_ns = START_NS + round(at_s * NS_PER_S)
    return TriggerFired(rule="r", kind="threshold", topic=topic, field=field, value=1, fired_at_ns=at_ns)


def preview(path: Path, trigger: TriggerFired) -> list[PreviewSeries]:
    with open_recording(path) as recording:
        return preview_of(recording, trigger)


@given(st.lists(values, min_size=1, max_size=3_000), st.integers(5, 200))
def test_thinned_points_keep_the_ends_the_peaks_and_the_gaps(found: list[float | None], most: int) -> None:
    points: list[Point] = list(enumerate(found))

    kept = thinned(points, most)

    assert len(kept) <= max(most, 2)
    assert kept == [one for one in points if one in set(kept)]
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    inner = [value for value in found if value is not None]
    if inner:
        shown = [value for _, value in kept if value is not None]
        assert (min(shown), max(shown)) == (min(inner), max(inner))
    assert (None in [value for _, value in kept]) == (None in found)


def test_the_field_a_rule_fired_on_is_shown_around_that_moment(tmp_path: Path) -> None:
    values = [{"data": math.sin(number / 50)} for number in range(10_000)]
    write_messages(tmp_path / "long.mcap", saying("/speed", values, rate_hz=100))

    (series,) = preview(tmp_path / "long.mcap", fired(at_s=50))

    assert series.field == "/speed.data"
    assert len(series.times_ns) == len(series.values) <= MAX_POINTS
    seconds = [(one - START_NS) / NS_PER_S for one in series.times_ns]
    assert (seconds[0], seconds[-1]) == (20, 80)
    shown = [one for one in series.values if one is not None]
    assert min(shown) < -0.999
    assert max(shown) > 0.999


def test_messages_of_ros_are_shown_too_and_what_is_no_number_is_a_gap(tmp_path: Path) -> None:
    write_flight(tmp_path / "ros.mcap", encoding="cdr")
    (series,) = preview(tmp_path / "ros.mcap", fired())
    assert len(series.values) == 50

    strange = [{"data": 1}, {"data": math.nan}, {"data": None}, {"data": "fast"}, {}, {"data": True}, {"data": 2.5}]
    write_messages(tmp_path / "odd.mcap", saying("/speed", strange))
    (series,) = preview(tmp_path / "odd.mcap", fired())
    assert series.values == [1, None, None, None, None, 1, 2.5]


def test_where_there_is_nothing_to_show_nothing_is_shown(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap")

    assert preview(tmp_path / "flight.mcap", fired(topic=None)) == []
    assert preview(tmp_path / "flight.mcap", fired(field=None)) == []
    assert preview(tmp_path / "flight.mcap", fired(topic="/nowhere")) == []
    assert preview(tmp_path / "flight.mcap", fired(field="[[")) == []
