"""A full disk costs what cannot be written, says so, and nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.mcap import Ring, Spool, StorageFull, open_recording, recover_spool, write_capture
from pilothouse.mcap.records import Registry
from pilothouse.mcap.writing.capture import write_recording
from tests.support.flights import START_NS, json_channel, write_flight

MIB = 1 << 20
EVER = (0, 2**64 - 1)
DISK_BYTES = 6 * MIB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MiB, where this machine lets us mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def full_ring(spool: Spool | None = None) -> Ring:
    ring = Ring(window_s=600, max_bytes=64 * MIB, spool=spool, chunk_bytes=100_000)
    channel = ring.add_channel(json_channel("/a"))
    for number in range(1000):
        ring.append(channel, START_NS + number, os.urandom(10_000))
    return ring


def test_a_capture_that_does_not_fit_leaves_nothing_behind(small_disk: Path) -> None:
    with full_ring() as ring, pytest.raises(StorageFull) as full:
        write_capture(ring.snapshot(*EVER), small_disk / "a.mcap", metadata={})

    assert "no room left" in full.value.sentence
    assert list(small_disk.iterdir()) == []
    write_flight(small_disk / "b.mcap")


def test_a_disk_that_fills_up_while_writing_leaves_nothing_behind(small_disk: Path) -> None:
    with full_ring() as ring:
        snapshot = ring.snapshot(*EVER)
        registry: Registry = snapshot.registry
        with pytest.raises(StorageFull):
            write_recording(small_disk / "a.mcap", registry, snapshot.pieces(), metadata={})  # of unknown size

    assert list(small_disk.iterdir()) == []


def test_the_ring_goes_on_when_the_spool_cannot(small_disk: Path, tmp_path: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(DISK_BYTES - MIB))
    spool = Spool(small_disk / "spool", max_bytes=64 * MIB, segment_bytes=4 * MIB)
    with full_ring(spool) as ring:
        ring.seal()
        spool.flush()
        problem, skipped = spool.problem, spool.skipped_chunks
        captured = write_capture(ring.snapshot(*EVER), tmp_path / "a.mcap", metadata={})

        ballast.unlink()
        channel = ring.add_channel(json_channel("/b"))
        ring.append(channel, START_NS + 5000, b'"after"')
        ring.seal()
        spool.flush()
        after = spool.problem
    spool.close()

    assert problem is not None
    assert "No space left" in problem
    assert skipped > 10
    assert captured.message_count == 1000
    assert after is None
    recovered = recover_spool(spool.path, tmp_path / "b.mcap", metadata={})
    assert recovered is not None
    assert "/b" in recovered.topics


def test_on_a_full_disk_the_spool_gives_up_its_oldest_for_the_newest(small_disk: Path, tmp_path: Path) -> None:
    spool = Spool(small_disk / "spool", max_bytes=64 * MIB, segment_bytes=MIB)
    with full_ring(spool) as ring:
        ring.seal()
        spool.flush()
    spool.close()

    assert spool.skipped_chunks == 0
    recovered = recover_spool(spool.path, tmp_path / "a.mcap", metadata={})
    assert recovered is not None
    assert recovered.end_ns == START_NS + 999
    with open_recording(recovered.path) as recording:
        assert 300 < recording.summary().message_count < 1000
