"""Bags of ROS 1, chunk by chunk: an index of all messages, as rosbags makes it, is not held."""

from __future__ import annotations

import bz2
import heapq
import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import lz4.frame
from rosbags.interfaces import Connection
from rosbags.rosbag1 import Reader, ReaderError
from rosbags.rosbag1.reader import ChunkInfo, Header, RecordType, read_uint32

from pilothouse.mcap import Channel, Message, Schema
from pilothouse.recorder.problems import SourceUnusable
from pilothouse.recorder.sources.flights import Extent, Holding

# In memory, of each chunk: where it lies and when it begins; of a chunk that is unpacked: where each message lies.
MOST_CHUNKS, LISTED_BYTES, FOUND_BYTES = 1_000_000, 80, 240
# Whatever a damaged chunk makes of those that unpack it.
DAMAGES = (ReaderError, OSError, ValueError, RuntimeError, KeyError, EOFError, MemoryError)


class Ros1Flight:
    """A .bag file; its messages are handed in as they are."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def extent(self) -> Extent:
        with closing(self._reader()) as reader:
            return Extent(min(reader.starts, default=0), reader.last_ns, reader.count)

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message]:
        holding = Holding(hold)
        with closing(self._reader()) as reader:
            channels = {one.id: _channel(one) for one in reader.connections}
            chunks = _Unpacking(self._path, reader, most_bytes, holding.unpack)
            try:
                for sequence, (chunk, found) in enumerate(chunks.in_order()):
                    # It is told of before it is copied out of its chunk.
                    holding.hand_in(found.size)
                    content = chunk.unpacked[found.position : found.position + found.size]
                    message = Message(channels[found.connection], found.time_ns, found.time_ns, sequence, content)
                    del content
                    yield message
                    del message  # it may be large, and the next is read now
            except DAMAGES as error:
                raise SourceUnusable(path=self._path, reason=f"it is damaged: {_said(error)}") from None

    def _reader(self) -> _Reader:
        reader = _Reader(self._path)
        try:
            reader.open()
        except ReaderError as error:
            raise SourceUnusable(path=self._path, reason=_said(error)) from None
        return reader


class _Reader(Reader):
    """Knows of each chunk where it lies and when it begins, and of no message."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.starts, self.positions = array("Q"), array("Q")
        self.last_ns = self.count = 0
        self._first: ChunkInfo | None = None

    def read_chunk_info(self) -> ChunkInfo:
        """The same one for all of them, without counts: then no index is read, and little is held."""
        info = super().read_chunk_info()
        if count := sum(info.connection_counts.values()):
            self.starts.append(info.start_time)
            self.positions.append(info.pos)
            # A bag's end is just after its last message.
            self.last_ns, self.count = max(self.last_ns, info.end_time - 1), self.count + count
        if len(self.starts) > MOST_CHUNKS:
            raise ReaderError(f"it has more than {MOST_CHUNKS} chunks; write it again with larger ones.")
        self._first = self._first or info._replace(connection_counts={})
        return self._first


class _Found(NamedTuple):
    """A message in an unpacked chunk; they sort by time."""

    time_ns: int
    position: int
    size: int
    connection: int


class _Chunk(NamedTuple):
    unpacked: bytes
    found: list[_Found]  # the next one last
    resident_bytes: int


class _Unpacking:
    """Unpacks chunks as their time comes, and no more of them at once than fit."""

    def __init__(self, path: Path, reader: _Reader, most_bytes: int, hold: Callable[[int], None]) -> None:
        self._path, self._reader, self._most_bytes, self._hold = path, reader, most_bytes, hold
        self._held_bytes = LISTED_BYTES * len(reader.starts)

    def in_order(self) -> Iterator[tuple[_Chunk, _Found]]:
        starts = self._reader.starts
        upcoming = sorted(range(len(starts)), key=starts.__getitem__, reverse=True)
        playing: list[tuple[int, int, _Chunk]] = []
        while upcoming or playing:
            while upcoming and (not playing or starts[upcoming[-1]] <= playing[0][0]):
                number = upcoming.pop()
                chunk = self._unpacked(self._reader.positions[number])
                if chunk.found:
                    heapq.heappush(playing, (chunk.found[-1].time_ns, number, chunk))
                del chunk
            if playing:
                _, number, chunk = heapq.heappop(playing)
                yield chunk, chunk.found.pop()
                if chunk.found:
                    heapq.heappush(playing, (chunk.found[-1].time_ns, number, chunk))
                else:
                    self._held_bytes -= chunk.resident_bytes
                del chunk

    def _unpacked(self, position: int) -> _Chunk:
        bio = self._reader.bio
        assert bio is not None
        bio.seek(position)
        place = self._reader.read_chunk()
        self._take(place.datasize)
        bio.seek(place.datapos)
        packed = bio.read(place.datasize)
        unpacked = _decompressed(place.decompressor, packed, self._most_bytes - self._held_bytes)
        self._take(len(unpacked), beside=0 if unpacked is packed else len(packed))
        del packed
        found = self._found(unpacked)
        resident_bytes = len(unpacked) + FOUND_BYTES * len(found)
        self._take(resident_bytes)
        self._held_bytes += resident_bytes
        return _Chunk(unpacked, found, resident_bytes)

    def _found(self, unpacked: bytes) -> list[_Found]:
        found: list[_Found] = []
        records = BytesIO(unpacked)
        most_found = (self._most_bytes - self._held_bytes - len(unpacked)) // FOUND_BYTES
        while records.tell() < len(unpacked):
            header = Header.read(records)
            size = read_uint32(records)
            if header.get_uint8("op") == RecordType.MSGDATA:
                found.append(_Found(header.get_time("time"), records.tell(), size, header.get_uint32("conn")))
                if len(found) > most_found:
                    raise self._too_much()
            records.seek(size, os.SEEK_CUR)
        found.sort(reverse=True)
        return found

    def _take(self, size: int, *, beside: int = 0) -> None:
        if self._held_bytes + size > self._most_bytes:
            raise self._too_much()
        self._hold(self._held_bytes + size + beside)

    def _too_much(self) -> SourceUnusable:
        return SourceUnusable(
            path=self._path, reason=f"its chunks take more than {self._most_bytes} bytes at once; raise max_bytes."
        )


def _decompressed(unbounded: Callable[[bytes], bytes], packed: bytes, most_bytes: int) -> bytes:
    """What is in a chunk, and of one that is too large a byte more than it may have."""
    if unbounded is bz2.decompress:
        return bz2.BZ2Decompressor().decompress(packed, most_bytes + 1)
    if unbounded is lz4.frame.decompress:
        unpacked: bytes = lz4.frame.LZ4FrameDecompressor().decompress(packed, most_bytes + 1)
        return unpacked
    return packed


def _channel(connection: Connection) -> Channel:
    schema = Schema(connection.msgtype.replace("/msg/", "/"), "ros1msg", connection.msgdef.data.encode())
    return Channel(connection.topic, "ros1", schema)


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
