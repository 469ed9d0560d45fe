"""What a reader gets that keeps up, and one that does not."""

from __future__ import annotations

import pytest

from pilothouse.guard.telemetry import Event, History, TooFarBehind
from pilothouse.guard.telemetry import history as module


def event(seq: int, *, is_reject: bool = False) -> Event:
    return Event(seq, b"%d" % seq, is_reject, seq, frames=(b"frame",))


def history(count: int, *, size: int = 100, rejects: tuple[int, ...] = ()) -> History:
    made = History(size)
    for seq in range(1, count + 1):
        made.append(event(seq, is_reject=seq in rejects))
    return made


def seqs(events: tuple[Event, ...]) -> list[int]:
    return [one.seq for one in events]


def test_a_reader_that_keeps_up_gets_one_after_the_other() -> None:
    made = history(3)

    first, second = made.after(1), made.after(2)

    assert first is not None
    assert second is not None
    assert (seqs(first.events), first.missed, first.with_frames) == ([2], 0, False)
    assert (seqs(second.events), second.missed, second.with_frames) == ([3], 0, True)
    assert made.after(3) is None


def test_one_far_behind_gets_the_newest_and_how_many_it_missed() -> None:
    batch = history(80).after(10)

    assert batch is not None
    assert (seqs(batch.events), batch.missed) == ([80], 69)


def test_rejects_are_never_left_out() -> None:
    batch = history(80, rejects=(5, 20, 30)).after(10)

    assert batch is not None
    assert (seqs(batch.events), batch.missed) == ([20, 30, 80], 67)


def test_rejects_stay_longer_than_the_ring_and_then_the_reader_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REJECTS", 4)
    made = history(60, size=10, rejects=(20, 21, 22, 23))
    batch = made.after(10)
    assert batch is not None
    assert seqs(batch.events) == [20, 21, 22, 23, 60]

    made.append(event(61, is_reject=True))

    with pytest.raises(TooFarBehind):
        made.after(10)
    late = made.after(20)
    assert late is not None
    assert seqs(late.events) == [21, 22, 23, 61]


def test_cycles_dropped_before_they_were_encoded_are_missed_by_everybody() -> None:
    made = history(3)
    made.append(event(9))

    batch = made.after(3)

    assert batch is not None
    assert (seqs(batch.events), batch.missed) == ([9], 5)


def test_a_new_reader_starts_with_the_last_ones() -> None:
    assert seqs(tuple(history(80).replay(None, 50)[0])) == list(range(31, 81))


def test_a_reader_that_comes_back_gets_all_it_has_not_seen() -> None:
    events, missed = history(80).replay(60, 50)

    assert (seqs(tuple(events)), missed) == (list(range(61, 81)), 0)


def test_one_that_comes_back_late_is_told_what_is_gone() -> None:
    events, missed = history(80, size=10).replay(60, 50)

    assert (seqs(tuple(events)), missed) == (list(range(71, 81)), 10)


def test_a_number_of_an_earlier_life_makes_everything_new() -> None:
    events, missed = history(5).replay(4_000, 50)

    assert (seqs(tuple(events)), missed) == ([1, 2, 3, 4, 5], 0)


def test_camera_frames_are_kept_for_the_newest_events_only() -> None:
    kept = [one.seq for one in history(20).last(20) if one.frames]

    assert kept == [17, 18, 19, 20]


def test_what_is_kept_is_bounded_whatever_comes() -> None:
    made = history(20_000, size=100, rejects=tuple(range(1, 20_001)))

    assert len(made.last(10**6)) == 100
    assert len(made._rejects) == module.MOST_REJECTS
