"""The sealing thread, and what the appending thread does for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import cast
from zlib import crc32

import pytest

from pilothouse.mcap.records import CHUNK_HEAD
from pilothouse.mcap.ring.sealing import Sealer
from pilothouse.mcap.ring.shelf import Shelf
from pilothouse.mcap.spool.spool import Spool
from pilothouse.mcap.writing.chunks import OpenChunk

MIB = 1 << 20
START_NS = 1_700_000_000_000_000_000


class BusySpool:
    """Keeps the sealing thread with its first chunk until it is let go."""

    def __init__(self) -> None:
        self.reached, self.let_go = threading.Event(), threading.Event()

    def put(self, *_: object) -> None:
        self.reached.set()
        assert self.let_go.wait(30)


class Workshop:
    def __init__(self) -> None:
        self.looks = 0
        self.spool = BusySpool()
        self.shelf = Shelf(window_ns=1 << 62, max_bytes=64 * MIB)
        self.sealer = Sealer(
            self.shelf, "zstd", chunk_s=3600, chunk_bytes=MIB, take_due=self._look, spool=cast("Spool", self.spool)
        )

    def _look(self, age_ns: int) -> list[OpenChunk]:
        self.looks += 1
        return []

    def hand_over(self, number: int) -> OpenChunk:
        chunk = OpenChunk(number)
        chunk.add(1, number, START_NS + number, START_NS + number, b"joints" * 100 * number)
        self.sealer.in_flight[number] = chunk
        self.sealer.hand_over(chunk)
        return chunk


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.spool.let_go.set()
    made.sealer.stop()


def test_who_appends_makes_the_crc_when_a_chunk_waits_already(workshop: Workshop) -> None:
    being_sealed = workshop.hand_over(1)
    assert workshop.spool.reached.wait(30)

    first, next_one = workshop.hand_over(2), workshop.hand_over(3)

    assert (being_sealed.crc, first.crc, next_one.crc) == (None, None, crc32(next_one.buffer))
    workshop.spool.let_go.set()
    workshop.sealer.wait_for(3)
    said = [CHUNK_HEAD.unpack_from(one.head)[-1] for one in workshop.shelf.within(START_NS, START_NS + 3)]
    assert said == [crc32(one.buffer) for one in (being_sealed, first, next_one)]


def test_open_chunks_are_not_looked_at_after_each_that_is_sealed(workshop: Workshop) -> None:
    workshop.spool.let_go.set()
    for number in range(1, 20):
        workshop.hand_over(number)
    workshop.sealer.wait_for(19)

    assert workshop.looks == 0
