"""What captures that wait for room may keep in memory."""

from __future__ import annotations

from pilothouse.mcap import Snapshot
from pilothouse.mcap.records import Registry
from pilothouse.mcap.writing.chunks import OpenChunk, SealedChunk, seal
from pilothouse.mcap.writing.latched import Held
from pilothouse.recorder.capture import backlog
from pilothouse.recorder.capture.backlog import Backlog, Unwritten
from pilothouse.recorder.outbox.post_rolls import CaptureRequest, Due

MEBIBYTE = 1 << 20


def chunk(size: int = MEBIBYTE) -> SealedChunk:
    opened = OpenChunk(0)
    opened.add(1, 0, 1, 1, bytes(size))
    return seal(opened, "none")


def capture(
    *chunks: SealedChunk, earlier: tuple[SealedChunk, ...] = (), held: tuple[Held, ...] = (), name: str = "one"
) -> Unwritten:
    request = CaptureRequest(
        session_id=name, reason="trigger", label="", fired_at_ns=1, pre_s=1, post_s=0, requested_at_ns=1
    )
    snapshot = Snapshot(0, 2, Registry(), chunks, held={1: held}, earlier=earlier)
    return Unwritten(Due(request), snapshot)


def test_all_that_a_capture_keeps_alive_counts_once_however_many_share_it() -> None:
    shared, before, said = chunk(), chunk(), Held(1, 1, 0, bytes(MEBIBYTE))
    waiting = Backlog(10 * MEBIBYTE)

    for name in ("one", "two", "three"):
        assert waiting.add(capture(shared, earlier=(before,), held=(said,), name=name)) is None
    held_bytes = waiting.held_bytes
    left = []
    while waiting.first() is not None:
        waiting.remove_first()
        left.append(waiting.held_bytes)

    assert held_bytes == shared.resident_bytes + before.resident_bytes + MEBIBYTE
    assert left == [held_bytes, held_bytes, 0]


def test_together_they_hold_no_more_than_they_may_whatever_it_is_made_of() -> None:
    waiting = Backlog(3 * MEBIBYTE)
    assert waiting.add(capture(chunk())) is None

    refused = [
        waiting.add(capture(chunk(3 * MEBIBYTE))),
        waiting.add(capture(earlier=(chunk(3 * MEBIBYTE),))),
        waiting.add(capture(held=(Held(1, 1, 0, bytes(3 * MEBIBYTE)),))),
    ]

    assert all(why is not None and "as much memory as the buffer may" in why for why in refused)
    assert len(waiting) == 1
    assert waiting.held_bytes <= 3 * MEBIBYTE


def test_one_that_waits_alone_is_taken_whatever_it_holds() -> None:
    waiting = Backlog(MEBIBYTE)

    assert waiting.add(capture(chunk(2 * MEBIBYTE))) is None
    assert waiting.add(capture(chunk(1))) is not None


def test_so_many_may_wait_even_of_those_that_hold_the_same() -> None:
    waiting, shared = Backlog(3 * MEBIBYTE), chunk()

    answers = [waiting.add(capture(shared, name=str(number))) for number in range(backlog.MAX_UNWRITTEN + 1)]

    assert answers[:-1] == [None] * backlog.MAX_UNWRITTEN
    assert answers[-1] == "256 captures were waiting to be written already"
