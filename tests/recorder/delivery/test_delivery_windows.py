from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import load
from pilothouse.recorder.delivery_settings import DeliverySettings
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.windows import Window, is_open


def at_minute(hour: int, minute: int = 0, *, day: int = 15, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ("22:00-06:00", [(22, 0), (23, 59), (0, 0), (5, 59)], [(6, 0), (12, 0), (21, 59)]),
        ("09:30-17:00", [(9, 30), (16, 59)], [(9, 29), (17, 0), (0, 0)]),
        ("00:00-24:00", [(0, 0), (23, 59)], []),
        ("18:00 - 24:00", [(23, 59)], [(0, 0)]),
    ],
)
def test_a_window_holds_its_first_minute_and_not_its_last(
    window: str, inside: list[tuple[int, int]], outside: list[tuple[int, int]]
) -> None:
    windows = [Window.parse(window)]

    assert all(is_open(windows, at_minute(*one), UTC) for one in inside)
    assert not any(is_open(windows, at_minute(*one), UTC) for one in outside)


def test_several_windows_are_all_open_and_none_is_always_open() -> None:
    windows = [Window.parse("01:00-02:00"), Window.parse("12:00-13:00")]

    assert [is_open(windows, at_minute(hour), UTC) for hour in (1, 2, 12)] == [True, False, True]
    assert is_open([], at_minute(2), UTC)


def test_windows_mean_the_clocks_of_their_zone_in_summer_and_in_winter() -> None:
    berlin = DeliverySettings(windows=("22:00-23:00",), time_zone="Europe/Berlin")

    assert [berlin.is_open(at_minute(21, month=1)), berlin.is_open(at_minute(20, month=1))] == [True, False]
    assert [berlin.is_open(at_minute(20, month=7)), berlin.is_open(at_minute(21, month=7))] == [True, False]


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        ({"windows": ["10 to 6"]}, "write it like 22:00-06:00"),
        ({"windows": ["25:00-06:00"]}, "hours go from 00:00 to 24:00"),
        ({"windows": ["06:00-06:00"]}, "is an empty window"),
        ({"time_zone": "Europe/Berlim"}, "no time zone 'Europe/Berlim' is known"),
        ({"max_bytes_per_s": 10}, "delivery.max_bytes_per_s"),
        ({"max_byte_per_s": 10}, "did you mean 'max_bytes_per_s'"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(tmp_path: Path, delivery: dict[str, object], words: str) -> None:
    with pytest.raises(BadConfiguration, match=words):
        load(RecorderSettings, overrides={"data": tmp_path, "delivery": delivery}, environ={})
