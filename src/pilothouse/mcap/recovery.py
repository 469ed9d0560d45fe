"""Making a readable recording from what a crash left: every chunk whose checksum holds, indexed anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mcap.records import Attachment

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES
from pilothouse.mcap.model import Captured
from pilothouse.mcap.problems import Broken, Damaged, NothingToRecover
from pilothouse.mcap.reading.scan import Scan, scan
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import Span, parse, sealed_again
from pilothouse.mcap.reading.verification import verify
from pilothouse.mcap.records import FRAME, Registry
from pilothouse.mcap.ring.ring import default_latched
from pilothouse.mcap.ring.timeline import Timeline
from pilothouse.mcap.spool.runs import RunDirectory
from pilothouse.mcap.spool.segment import CARRIED
from pilothouse.mcap.writing.capture import Metadata, write_recording
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.mcap.writing.snapshot import Snapshot

NO_METADATA: Metadata = MappingProxyType({})
# Chunks in which whoever still speaks is heard twice: two cameras make eighteen a second, the small topics two.
HEARD_AT_THE_END = 32


def recover(
    source: Path, path: Path, *, metadata: Metadata = NO_METADATA, chunk_limit_bytes: int = CHUNK_LIMIT_BYTES
) -> Captured:
    """Write what is readable of a damaged recording to a new one, which is read back to its end before this returns.

    Chunks are kept as they are; messages outside chunks are put into chunks; metadata (with more of it, if given) and
    attachments stay.
    Raises NothingToRecover when no message is left.
    """
    with ExitStack() as stack:
        damaged = Source(source)
        stack.callback(damaged.close)
        found = scan(damaged, limit=chunk_limit_bytes)
        if not found.spans:
            reason = found.problems[0] if found.problems else "it is complete and has none"
            raise NothingToRecover(source=source.name, reason=reason)
        captured = write_recording(
            path,
            found.registry,
            _sealed(damaged, found.spans, chunk_limit_bytes),
            metadata={**found.metadata, **metadata},
            attachments=_attachments(damaged, found.attachments),
        )
    _read_back(captured)
    return captured


def recover_spool(
    leftover: Path,
    path: Path,
    *,
    metadata: Metadata,
    window_s: float | None = None,
    windows: Sequence[tuple[int, int]] = (),
    attachments: Iterable[Attachment] = (),
) -> Captured | None:
    """Write what a dead run left in its spool as a recording; None if it held no messages.

    A quiet robot's spool reaches back for days: ``window_s`` takes only the chunks of the last seconds of message time,
    and those of the ``windows`` that were to be recorded, from one time to another.
    Reads the result back to its end before it returns; the leftover stays until ``remove_leftover``. Raises
    SpoolInUse while the run lives or somebody else recovers it.
    """
    run = RunDirectory.hold(leftover)
    try:
        with ExitStack() as stack:
            segments = [_Segment.open(one, stack) for one in sorted(leftover.glob("*.mcap"))]
            snapshot = _snapshot_of(segments, window_s, windows)
            if snapshot is None:
                return None
            first, chunks = snapshot
            captured = write_recording(path, first.registry, chunks, metadata=metadata, attachments=attachments)
        _read_back(captured)
        return captured
    finally:
        run.release()


def remove_leftover(leftover: Path) -> None:
    """Delete a dead run's directory; raises SpoolInUse while the run lives."""
    RunDirectory.hold(leftover).remove()


@dataclass(slots=True)
class _Segment:
    source: Source
    found: Scan

    @classmethod
    def open(cls, path: Path, stack: ExitStack) -> _Segment:
        source = Source(path)
        stack.callback(source.close)
        return cls(source, scan(source))

    @property
    def carried(self) -> list[Span]:
        """Chunks repeated from earlier segments."""
        return self.found.spans[: self._carried_count]

    @property
    def own(self) -> list[Span]:
        return self.found.spans[self._carried_count :]

    @property
    def _carried_count(self) -> int:
        return int(self.found.metadata.get(CARRIED, {}).get("chunks", "0"))


def _snapshot_of(
    segments: list[_Segment], window_s: float | None, windows: Sequence[tuple[int, int]]
) -> tuple[Snapshot, Iterator[SealedChunk]] | None:
    """The channels and chunks of all segments; what was carried into the first of them counts as latched."""
    everything = [(one.source, span) for one in segments for span in one.own]
    if not everything:
        return None
    registry = Registry()
    for one in segments:
        registry.take_over(one.found.registry)
    limit_ns = 0 if window_s is None else _oldest_kept_ns(_spoken(everything, registry), window_s)

    def wanted(span: Span) -> bool:
        asked_for = any(span.newest_ns >= begin and span.oldest_ns <= end for begin, end in windows)
        return span.newest_ns >= limit_ns or asked_for

    spans = [(source, span) for source, span in everything if wanted(span)]
    start_ns = min(span.oldest_ns for _, span in spans)
    if not any(begin < limit_ns for begin, _ in windows):
        start_ns = max(limit_ns, start_ns)
    end_ns = max(span.newest_ns for _, span in spans)
    carried = [(segments[0].source, span) for span in segments[0].carried]
    carried += [(source, span) for source, span in everything if not wanted(span) and _latched(span, registry)]
    earlier = tuple(chunk for chunk in (sealed_again(source, span, 0) for source, span in carried) if chunk)
    snapshot = Snapshot(start_ns=start_ns, end_ns=end_ns, registry=registry, chunks=(), earlier=earlier)

    def chunks() -> Iterator[SealedChunk]:
        yield from snapshot.pieces()
        for number, (source, span) in enumerate(spans, start=1):
            chunk = sealed_again(source, span, number)
            if chunk is not None:
                yield chunk

    return snapshot, chunks()


def _spoken(everything: list[tuple[Source, Span]], registry: Registry) -> list[Span]:
    """Without what is said once, unless there is nothing else."""
    spans = [span for _, span in everything]
    return [one for one in spans if not _latched(one, registry)] or spans


def _oldest_kept_ns(spans: list[Span], window_s: float) -> int:
    """Where the last seconds begin; as in the ring, one message with a wrong stamp does not move it.

    Channels that never share a chunk may have clocks of their own: of those heard at the end, the one furthest behind
    counts. That may keep too much where clocks differ, and never too little.
    """
    window_ns = round(window_s * NS_PER_S)
    lanes: list[tuple[set[int], Timeline]] = []
    ended_ns: dict[int, int] = {}  # lane -> when it was heard last
    heard: deque[Timeline] = deque(maxlen=HEARD_AT_THE_END)
    for span in spans:
        channels = set(span.channels or ())
        known = next((one for one in lanes if not channels or channels & one[0]), None)
        if known is None:
            known = (set(), Timeline(window_ns))
            lanes.append(known)
        known[0].update(channels)
        known[1].observe(span.newest_ns)
        ended_ns[id(known[1])] = span.newest_ns
        heard.append(known[1])
    last = [one for one in heard if heard.count(one) > 1] or [heard[-1]]
    # Where the run ended right after its clock was set, nothing has confirmed that; what was said since is kept.
    doubtful = [ended_ns[id(one)] - window_ns for one in last if one.doubts]
    return max(0, min([*doubtful, *(one.oldest_kept_ns for one in last)]))


def _latched(span: Span, registry: Registry) -> bool:
    return bool(span.channels) and all(default_latched(registry.channels[one].topic) for one in span.channels or ())


def _sealed(source: Source, spans: list[Span], limit: int) -> Iterator[SealedChunk]:
    for number, span in enumerate(spans, start=1):
        chunk = sealed_again(source, span, number, limit=limit)
        if chunk is not None:
            yield chunk


def _attachments(source: Source, spans: list[Span]) -> Iterator[Attachment]:
    for span in spans:
        try:
            attachment = parse(Attachment, source.read_at(span.offset, span.length)[FRAME.size :])
        except Broken:
            continue
        assert isinstance(attachment, Attachment)
        yield attachment


def _read_back(captured: Captured) -> None:
    check = verify(captured.path)
    if check.ok and check.message_count == captured.message_count:
        return
    reason = check.problems[0] if check.problems else f"{check.message_count} messages of {captured.message_count}"
    raise Damaged(source=captured.path.name, reason=reason, advice="The original is untouched; check the disk")
