"""However small its window: a recorder under load stays within 1.2 times the window and 60 MiB."""

from __future__ import annotations

import json
import random
import urllib.request
from pathlib import Path
from typing import Any

import foxglove
import pytest

from tests.support.processes import Program, eventually, pilothouse

MIB = 1 << 20
SMALL_TOPICS, SMALL_PER_FRAME = 20, 33
FRAME_BYTES = 300_000
# So many may be on their way: the robot speaks as fast as it is recorded, and no faster.
AHEAD = 20


def ask(program: Program, path: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(urllib.request.Request(program.url + path, body), timeout=60) as answer:
        return json.load(answer)


def peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("window_mib", [16, 32, 64, 256])
def test_a_window_that_is_filled_twice_and_saved_meanwhile_takes_no_more_than_promised(
    tmp_path: Path, window_mib: int
) -> None:
    context = foxglove.Context()
    server = foxglove.start_server(port=0, context=context, message_backlog_size=100_000)
    try:
        small = [
            foxglove.Channel(f"/state/{number}", message_encoding="json", context=context)
            for number in range(SMALL_TOPICS)
        ]
        camera = foxglove.Channel("/camera", message_encoding="json", context=context)
        config = tmp_path / "recorder.yaml"
        config.write_text(
            f"max_bytes: {window_mib}MiB\nsources: [{{kind: foxglove, url: 'ws://127.0.0.1:{server.port}'}}]\n"
        )
        with pilothouse("recorder", "run", "--config", config, "--data", tmp_path / "data", "--port", "0") as program:
            eventually(lambda: all(one.has_sinks() for one in (*small, camera)), what="the subscriptions")
            noise = random.Random(7)
            frames = [noise.randbytes(FRAME_BYTES) for _ in range(8)]
            states = [noise.randbytes(100).hex().encode() for _ in range(64)]
            said, total = 0, 2 * window_mib * MIB // FRAME_BYTES

            def heard() -> int:
                topic = ask(program, "/topics")["topics"].get("/camera")
                return int(topic["message_count"]) if topic else 0

            while said < total:
                for number in range(AHEAD):
                    camera.log(frames[number % 8])
                    for one in range(SMALL_PER_FRAME):
                        small[one % SMALL_TOPICS].log(states[one % 64])
                said += AHEAD
                eventually(lambda wanted=said: heard() >= wanted, what="what was said")
                if said // AHEAD % 10 == 0:
                    ask(program, "/sessions/save", b"{}")
            health = ask(program, "/healthz")
            peak = peak_bytes(program.pid)
    finally:
        server.stop()

    assert health["buffer_bytes"] > 0.75 * window_mib * MIB
    assert peak <= (1.2 * window_mib + 60) * MIB, f"{peak / MIB:.1f} MiB resident"
