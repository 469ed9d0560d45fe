"""A full disk: a clear answer, the ring goes on, and what triggers asked for is written when there is room again."""

from __future__ import annotations

import json
import resource
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pilothouse.mcap import verify
from tests.support.flights import write_flight
from tests.support.processes import Program, eventually, pilothouse

MIB = 1 << 20
FillUp = Callable[[Program], Callable[[], None]]

# Programs that start and end many times, on a machine that may do much else meanwhile.
pytestmark = pytest.mark.timeout(600)


def ask(program: Program, path: str, *, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(program.url + path, body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def received(program: Program) -> int:
    topics = ask(program, "/topics")[1]["topics"]
    return sum(topic["message_count"] for topic in topics.values())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root can mount a small file system; the limit on file sizes stands in for it")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def full_disk(place: Path) -> FillUp:
    def fill(_: Program) -> Callable[[], None]:
        ballast = place / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (MIB, 4096, 1):
                while _written(file, size):
                    pass
        return ballast.unlink

    return fill


def _written(file: Any, size: int) -> bool:
    try:
        return bool(file.write(b"\0" * size) == size)
    except OSError:
        return False


def small_files(program: Program) -> Callable[[], None]:
    """From now on the recorder cannot make a file larger than half a megabyte."""
    before = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (MIB // 2, before[1]))
    return lambda: resource.prlimit(program.pid, resource.RLIMIT_FSIZE, before) and None


def test_on_a_full_disk_a_save_is_refused_and_triggers_wait(small_disk: Path, tmp_path: Path) -> None:
    _survives_a_full_disk(small_disk / "data", tmp_path, full_disk(small_disk))


def test_where_files_may_not_grow_a_save_is_refused_and_triggers_wait(tmp_path: Path) -> None:
    _survives_a_full_disk(tmp_path / "data", tmp_path, small_files)


def _survives_a_full_disk(data: Path, tmp_path: Path, fill_up: FillUp) -> None:
    config = tmp_path / "recorder.yaml"
    write_flight(tmp_path / "flight.mcap", seconds=20, fat=True)
    config.write_text(
        f"sources: [{{kind: replay, path: {tmp_path / 'flight.mcap'}, speed: 20, loop: true}}]\n"
        "compression: none\nwindow_s: 20\nspool_max_bytes: 4MiB\nmin_free_bytes: 0\n"
        "triggers: [{kind: threshold, topic: /speed, field: data, op: gt, value: 1, post_s: 0.1}]\n"
    )
    with pilothouse("recorder", "run", "--config", config, "--data", data, "--port", "0") as program:
        eventually(lambda: ask(program, "/healthz")[1]["buffer_bytes"] > 2 * MIB, what="a filled ring")
        make_room = fill_up(program)
        status, answer = ask(program, "/sessions/save", body=b'{"label": "no room"}')
        assert (status, answer["code"]) in ((503, "storage_full"), (503, "no_room"))
        count = received(program)
        waiting = eventually(
            lambda: [one for one in ask(program, "/triggers")[1]["pending"] if one["why"]], what="the reason"
        )
        assert "free some space" in waiting[0]["why"]
        assert ask(program, "/readyz")[0] == 503
        eventually(lambda: received(program) > count, what="more messages")

        make_room()
        eventually(lambda: waiting[0]["session_id"] in [path.stem for path in recordings(data)], what="the recording")
        assert ask(program, "/sessions/save", body=b'{"label": "room"}')[0] == 200
        eventually(lambda: ask(program, "/readyz")[0] == 200, what="readiness")
        assert program.stop() == 0
        assert "Traceback" not in program.stderr

    assert recordings(data)
    assert all(verify(path).ok for path in recordings(data))
    assert not list((data / "sessions").glob("*.active"))


def recordings(data: Path) -> list[Path]:
    return sorted((data / "sessions").glob("*.mcap"))
