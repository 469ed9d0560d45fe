"""Frames of output on a WebSocket that nobody slows down and one on which nothing happens."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import WebSocket

from pilothouse.hub.composition import Hub
from pilothouse.hub.lab.domain.output import OutputFrame
from pilothouse.hub.lab.models import CommandRow
from pilothouse.hub.lab.routes import logs
from pilothouse.hub.lab.service.watching import Ended, Seen
from pilothouse.kit.clock import ManualClock
from pilothouse.wire.lab import LabStream

pytestmark = pytest.mark.anyio

COMMAND = CommandRow(id="cmd_1", sequence=1, exit_code=0, termination_reason=None, reason=None)


class Ear:
    """Who watches."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    async def send_text(self, text: str) -> None:
        self.frames.append(json.loads(text))


async def told(*seen: Seen | Ended | None) -> list[dict[str, Any]]:
    async def watched() -> AsyncGenerator[Seen | Ended | None]:
        for one in seen:
            yield one

    ear, hub = Ear(), SimpleNamespace(clock=ManualClock(0))
    assert await logs._send(cast("WebSocket", ear), cast("Hub", hub), watched()) == 1000
    return ear.frames


def frame(content: bytes, offset: int = 0) -> Seen:
    return Seen(COMMAND, offset, OutputFrame(offset, LabStream.STDOUT, 0, content))


async def test_a_watcher_of_a_silent_command_hears_that_the_line_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await told(None, None) == []

    monkeypatch.setattr(logs, "HEARTBEAT_S", 0)
    assert [list(one) for one in await told(None)] == [["heartbeat"]]


async def test_large_output_comes_in_frames_whose_offsets_go_on_and_bytes_are_whole() -> None:
    content = ("é" * 100_000).encode() + b"\xff"

    frames = await told(frame(content, 7), Ended(COMMAND, 7 + len(content)))

    parts = [one.get("text", "").encode() or base64.b64decode(one.get("base64", "")) for one in frames[:-1]]
    places = [one["offset"] for one in frames]
    assert b"".join(parts) == content
    assert places == [7 + sum(map(len, parts[:number])) for number in range(len(frames))]
    assert frames[-1]["exit_code"] == 0
