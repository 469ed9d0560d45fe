"""The last minute in RAM, as sealed chunks: appending packs a message once, capturing writes chunks as they are."""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from struct import error as StructError  # noqa: N812
from types import TracebackType

from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock
from pilothouse.kit.errors import Problem
from pilothouse.mcap.model import Binary, Channel, Compression, Group, TopicCount
from pilothouse.mcap.problems import BadTimestamp, RingClosed, UnknownChannel
from pilothouse.mcap.records import INDEX_ENTRY, MESSAGE, MESSAGE_OVERHEAD, Registry
from pilothouse.mcap.ring.beside import Beside
from pilothouse.mcap.ring.lanes import Lane, Track, chunk_bytes_of
from pilothouse.mcap.ring.sealing import Sealer
from pilothouse.mcap.ring.shelf import Shelf
from pilothouse.mcap.spool.spool import Spool
from pilothouse.mcap.writing.chunks import OpenChunk, unpacked
from pilothouse.mcap.writing.keeping import Keep, Place, usual
from pilothouse.mcap.writing.snapshot import Snapshot

# A channel with one message larger than this moves to the chunks of fat channels: a page of telemetry should not cost
# a reader an image.
FAT_BYTES = 16 << 10
LATCHED_TOPICS = ("/tf_static", "/map", "/robot_description")
# The number on a message has 32 bits; it starts again before they are used up.
SEQUENCE_LIMIT = 1 << 31
LATELY_CHUNKS = 16  # a few seconds of them, as each place seals one every half second

_pack_message = MESSAGE.pack
_pack_entry = INDEX_ENTRY.pack


def default_latched(topic: str) -> bool:
    """True for topics that are said once and hold from then on."""
    return topic in LATCHED_TOPICS or topic.endswith(("/tf_static", "/robot_description"))


class Ring:
    """Sealed chunks of the last ``window_s`` seconds of message time, in at most ``max_bytes``.

    Any thread may call any method. ``append`` packs under one lock; compression, CRCs and indexes are made by one
    sealing thread with a bounded queue. When that queue is full the appending thread seals its chunk itself
    (counted in ``inline_seals``): nothing is ever dropped on the way in. What is in memory ``beside`` the chunks counts
    against ``max_bytes``: the oldest chunks leave for it, until an eighth of it is left to them.
    """

    def __init__(
        self,
        *,
        window_s: float,
        max_bytes: int,
        compression: Compression = "zstd",
        chunk_bytes: int = 1 << 20,
        chunk_s: float = 0.5,
        spool: Spool | None = None,
        latched: Callable[[str], bool] = default_latched,
        keep: Callable[[str], Keep] = usual,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._compression: Compression = compression
        self._most_chunk_bytes = chunk_bytes
        self._chunk_bytes = chunk_bytes_of(chunk_bytes, max_bytes)
        self._latched = latched
        self._keep = keep
        self._registry = Registry()
        self._lock = threading.Lock()
        self._lanes: dict[Place, Lane] = {}
        self._tracks: dict[int, Track] = {}
        self._accepting = self._tracks  # none when closed
        self._chunks_taken = 0
        # Held by others: what they hold on its way counts as if it were here already.
        self.beside = Beside(lambda: self._sealer.make_way())
        self._shelf = Shelf(
            window_ns=round(window_s * NS_PER_S), max_bytes=max_bytes, beside=self.beside,
            sealing=lambda: self._sealer.excess_bytes, directory=None if spool is None else spool.path,
        )  # fmt: skip
        self._sealer = Sealer(
            self._shelf, compression, chunk_s=chunk_s, chunk_bytes=self._chunk_bytes, take_due=self._take_due,
            spool=spool,
        )  # fmt: skip
        self._spool = spool
        if spool is not None:
            spool.attach(self._registry, window_bytes=max_bytes)

    def __enter__(self) -> Ring:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_channel(self, channel: Channel, *, group: Group | None = None) -> int:
        """The number to append under; an equal channel has the same one, a changed schema a new one.

        ``group`` decides which chunks its messages share; without it latched topics have their own, and a channel
        moves to the fat group with its first message above 16 KiB.
        """
        with self._lock:
            if self._accepting is not self._tracks:
                raise RingClosed
            channel_id = self._registry.add(channel)
            if channel_id not in self._tracks:
                latched = self._latched(channel.topic)
                lane = self._lane(group or ("latched" if latched else "small"), channel.topic)
                may_move = not (group or latched)
                heeded = FAT_BYTES if may_move else self._chunk_bytes
                self._tracks[channel_id] = Track(channel_id, channel.topic, lane, heeded, may_move)
            return channel_id

    def append(self, channel_id: int, log_time_ns: int, message: Binary, publish_time_ns: int | None = None) -> None:
        """Add one message, below a microsecond for a small one. Raises UnknownChannel, BadTimestamp, RingClosed."""
        length = len(message)
        if length > self._chunk_bytes:
            self._sealer.wait_for_room(length)
        with self._lock:
            try:
                track = self._accepting[channel_id]
            except KeyError:
                raise self._refusal(channel_id) from None
            if length > track.heeded_above:
                self._heed(track, length)
            lane = track.lane
            buffer = lane.buffer
            offset = len(buffer)
            entries = track.entries
            sequence = track.sequence
            try:
                entry = _pack_entry(log_time_ns, offset)
                buffer += _pack_message(
                    5,
                    length + MESSAGE_OVERHEAD,
                    channel_id,
                    sequence,
                    log_time_ns,
                    log_time_ns if publish_time_ns is None else publish_time_ns,
                )
                buffer += message
                if not entries:
                    lane.spoken.append(track)
                entries += entry
            except BaseException as error:
                del buffer[offset:]
                if isinstance(error, StructError):
                    raise BadTimestamp(topic=track.topic, log_time_ns=log_time_ns) from None
                raise
            track.sequence = sequence + 1
            track.bytes += length
            if offset + length < lane.full_bytes:
                return
            full = self._take(lane)
        self._sealer.hand_over(full)

    def wait_for_room(self, coming: int) -> None:
        """Wait until so large a message would not meet others that are being compressed."""
        self._sealer.wait_for_room(coming)

    def seal(self) -> None:
        """Seal the open chunks and wait until everything appended before this call stands in the ring."""
        with self._lock:
            taken = [self._take(lane) for lane in self._lanes.values() if lane.buffer]
            last = self._chunks_taken
        for chunk in taken:
            self._sealer.hand_over(chunk)
        self._sealer.wait_for(last)

    def snapshot(self, start_ns: int, end_ns: int) -> Snapshot:
        """Exactly the messages with ``start_ns <= log_time <= end_ns``, plus what latched channels said last before."""
        self.seal()
        with self._lock:
            registry = self._registry.copy()
        with self._sealer.lock:
            return Snapshot(
                start_ns=start_ns,
                end_ns=end_ns,
                registry=registry,
                chunks=self._shelf.within(start_ns, end_ns),
                held=self._shelf.held.messages(),
                earlier=self._shelf.latched_before(start_ns),
                compression=self._compression,
                dropped=_by_topic(self._shelf.lost.within(start_ns, end_ns), registry),
            )

    def resting(self, snapshot: Snapshot) -> Snapshot:
        """The same window, kept on the disk where the spool has it rather than in memory."""
        return snapshot if self._spool is None else snapshot.resting(self._spool.placed)

    @property
    def message_count(self) -> int:
        """Messages in the ring now."""
        with self._lock, self._sealer.lock:
            appended = sum(track.restarted + track.sequence for track in self._tracks.values())
            return appended - self._shelf.left.total()

    @property
    def resident_bytes(self) -> int:
        """Bytes held in memory: sealed, waiting to be sealed, and open."""
        with self._lock, self._sealer.lock:
            still_open = sum(len(lane.buffer) for lane in self._lanes.values())
            still_open += sum(len(track.entries) for track in self._tracks.values())
            return still_open + self._sealer.waiting_bytes + self._shelf.bytes.total()

    @property
    def oldest_ns(self) -> int | None:
        """Log time of the oldest message in the ring; None when it is empty."""
        with self._lock, self._sealer.lock:
            times = [min(one) for _, one in self._unsealed()]
            return min([*times, *(one.oldest_ns for one in self._shelf.chunks())], default=None)

    @property
    def newest_ns(self) -> int | None:
        """Log time of the newest message in the ring; None when it is empty."""
        with self._lock, self._sealer.lock:
            times = [max(one) for _, one in self._unsealed()]
            return max([*times, *(one.newest_ns for one in self._shelf.chunks())], default=None)

    @property
    def window_ns(self) -> int:
        """How far back it reaches, if there is room."""
        return self._shelf.window_ns

    def lately(self) -> list[int]:
        """When each of the channels that spoke in the last seconds spoke last, latched ones aside."""
        with self._lock, self._sealer.lock:
            last: dict[int, int] = {}
            for sealed in self._shelf.latest(self._chunks_taken - LATELY_CHUNKS):
                last.update(sealed.latest)
            for chunk in self._sealer.in_flight.values():
                last.update((channel_id, _last_time(entries)) for channel_id, entries in chunk.entries.items())
            last.update((one.channel_id, _last_time(one.entries)) for one in self._tracks.values() if one.entries)
            return list(last.values())

    @property
    def inline_seals(self) -> int:
        """Chunks an appending thread had to seal itself because the sealing thread was behind."""
        return self._sealer.inline_seals

    @property
    def seals(self) -> bool:
        """Whether the sealing thread lives."""
        return self._sealer.lives

    @property
    def oldest_unsealed(self) -> int | None:
        """The number of the oldest chunk that waits to be sealed; None when none does."""
        with self._sealer.lock:
            return min(self._sealer.in_flight, default=None)

    def topics(self) -> dict[str, TopicCount]:
        """What passed through on each topic since the start."""
        with self._lock, self._sealer.lock:
            newest = Counter(self._shelf.newest)
            for channel_id, times in self._unsealed():
                newest[channel_id] = max(newest[channel_id], max(times))
            found: dict[str, TopicCount] = {}
            for track in self._tracks.values():
                count, dropped = track.restarted + track.sequence, self._shelf.dropped[track.channel_id]
                before = found.get(track.topic, TopicCount(0, None, 0, 0))
                found[track.topic] = TopicCount(
                    before.message_count + count,
                    max(before.last_log_time_ns or 0, newest[track.channel_id]) if count else before.last_log_time_ns,
                    before.dropped + dropped,
                    before.bytes + track.bytes,
                )
            return found

    def change(self, *, window_s: float, max_bytes: int, keep: Callable[[str], Keep]) -> None:
        """Another window, budget and way of keeping topics from now on; what is sealed stays as it was kept so far."""
        with self._lock:
            self._keep = keep
            self._chunk_bytes = self._sealer.chunk_bytes = chunk_bytes_of(self._most_chunk_bytes, max_bytes)
            for track in self._tracks.values():
                track.heeded_above = FAT_BYTES if track.may_move else self._chunk_bytes
                lane = self._lane(track.lane.place.group, track.topic)
                if lane is not track.lane:
                    self._move(track, lane)
            used = {track.lane.place for track in self._tracks.values()}
            self._lanes = {place: lane for place, lane in self._lanes.items() if place in used}
            with self._sealer.lock:
                self._shelf.resize(window_ns=round(window_s * NS_PER_S), max_bytes=max_bytes)

    def close(self) -> None:
        """Seal what is open and stop the sealing thread; the ring can still be read. Idempotent."""
        with self._lock:
            self._accepting = {}
        self.seal()
        self._sealer.stop()

    def _refusal(self, channel_id: int) -> Problem:
        return UnknownChannel(channel_id=channel_id) if self._accepting is self._tracks else RingClosed()

    def _unsealed(self) -> Iterator[tuple[int, array[int]]]:
        for chunk in self._sealer.in_flight.values():
            for channel_id, entries in chunk.entries.items():
                yield channel_id, unpacked(entries)[::2]
        for track in self._tracks.values():
            if track.entries:
                yield track.channel_id, unpacked(track.entries)[::2]

    def _take(self, lane: Lane) -> OpenChunk:
        """Swap the open chunk of a lane for an empty one; the caller holds the lock and hands the chunk over."""
        self._chunks_taken += 1
        entries = {track.channel_id: track.entries for track in lane.spoken}
        chunk = OpenChunk(self._chunks_taken, lane.place, lane.buffer, entries)
        for track in lane.spoken:
            track.entries = bytearray()
            if track.sequence >= SEQUENCE_LIMIT:
                track.restarted, track.sequence = track.restarted + track.sequence, 0
        lane.buffer, lane.spoken = bytearray(), []
        lane.emptied_ns = self._clock.monotonic_ns()
        self._sealer.in_flight[chunk.number] = chunk
        return chunk

    def _take_due(self, age_ns: int) -> list[OpenChunk]:
        """The open chunks that may hold a message older than this."""
        with self._lock:
            now_ns = self._clock.monotonic_ns()
            due = [lane for lane in self._lanes.values() if now_ns - lane.emptied_ns >= age_ns]
            for lane in due:
                lane.emptied_ns = now_ns
            return [self._take(lane) for lane in due if lane.buffer]

    def _heed(self, track: Track, length: int) -> None:
        """A large message comes."""
        if track.may_move:
            self._move(track, self._lane("fat", track.topic))
            track.may_move, track.heeded_above = False, self._chunk_bytes
        if length > self._chunk_bytes:
            self._sealer.make_way(length)

    def _move(self, track: Track, lane: Lane) -> None:
        # Its index entries point into the open chunk: that one is complete from here on.
        if track.entries:
            self._sealer.hand_over(self._take(track.lane))
        track.lane = lane

    def _lane(self, group: Group, topic: str) -> Lane:
        place = Place.of(group, self._keep(topic), topic)
        if place not in self._lanes:
            self._lanes[place] = Lane.at(place, self._chunk_bytes, self._clock.monotonic_ns())
        return self._lanes[place]


def _last_time(entries: Binary) -> int:
    return int.from_bytes(entries[-INDEX_ENTRY.size : -INDEX_ENTRY.size + 8], "little")


def _by_topic(counts: Counter[int], registry: Registry) -> Counter[str]:
    found: Counter[str] = Counter()
    for channel_id, count in counts.items():
        found[registry.channels[channel_id].topic] += count
    return found
