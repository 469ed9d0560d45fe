"""Cuts on their way to whoever asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import ExitStack
from threading import Lock

from pilothouse.hub.playback.domain import UnknownTopic, like
from pilothouse.hub.playback.service.patience import Patience, Turns
from pilothouse.hub.playback.service.windows import Window
from pilothouse.hub.recordings.domain.problems import RecordingFileMissing
from pilothouse.hub.recordings.service import Content
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES, watched
from pilothouse.mcap import Summary, open_recording
from pilothouse.mcap.cutting.cutting import Cutting, Piece, Wanted
from pilothouse.mcap.reading.spans import ANY_TIME

# A cut may have to read all of a large recording before it finds the few messages that are wanted.
BLOCK_WITHIN_S = 600.0
# Handed over at once: enough that going to a thread for it costs nothing beside reading.
BLOCK_BYTES = 1 << 18


class Cut:
    """A cut that was opened: iterate over it once, then close it. What goes wrong on the way is raised, so that what
    was sent until then is never taken for the whole."""

    def __init__(self, cutting: Cutting, files: ExitStack, patience: Patience, turns: Turns) -> None:
        self._cutting = cutting
        self._pieces = iter(cutting)
        self._files = files
        self._patience = patience
        self._turns = turns
        self._lock = Lock()

    @classmethod
    def open(
        cls, contents: Sequence[Content], topics: Collection[str] | None,
        start_s: float | None, end_s: float | None, turns: Turns,
    ) -> Cut:  # fmt: skip
        """Read the summaries; raises UnknownTopic, BadWindow, Damaged, RecordingFileMissing."""
        patience = Patience(BLOCK_WITHIN_S)
        with ExitStack() as files:
            try:
                opened = [watched(files.enter_context(content.open()), patience.check) for content in contents]
            except FileNotFoundError:
                raise RecordingFileMissing from None
            with open_recording(opened[0], chunk_limit_bytes=CHUNK_LIMIT_BYTES) as first:
                summary = first.summary()
            window = _cut_window(summary, start_s, end_s)
            pieces = [Piece.open(file, chunk_limit_bytes=CHUNK_LIMIT_BYTES) for file in opened]
            known = {channel.topic for piece in pieces for channel in piece.registry.channels.values()}
            for topic in topics or ():
                if topic not in known:
                    raise UnknownTopic(topic=topic, hint=like(topic, known))
            wanted = Wanted(None if topics is None else frozenset(topics), windows=(window,))
            return cls(Cutting(pieces, wanted), files.pop_all(), patience, turns)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while block := await self._turns.work(self._patience, self._block):
            yield block

    def close(self) -> None:
        """Let go of the files, as soon as no thread reads them any more. Idempotent."""
        self._patience.give_up()
        with self._lock, self._files, self._cutting:
            pass

    def _block(self) -> bytes:
        block = bytearray()
        with self._lock:
            for piece in self._pieces:
                block += piece
                if len(block) >= BLOCK_BYTES:
                    break
        return bytes(block)


def _cut_window(summary: Summary, start_s: float | None, end_s: float | None) -> tuple[int, int]:
    """Without an end the recordings that follow the first are taken to their own."""
    asked = Window.of(summary, start_s, end_s)
    return (
        ANY_TIME[0] if start_s is None else asked.start_ns,
        ANY_TIME[1] if end_s is None else asked.end_ns,
    )
