"""Two demos that begin at the same moment both find the guard's port free; only one gets it."""

from __future__ import annotations

import fcntl
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from pilothouse.cli.demo import app, programs
from pilothouse.cli.demo.programs import NotReady


class Started:
    """Stands where a program would: who asks for a port that is taken does not become ready."""

    taken: frozenset[str] = frozenset()
    running: ClassVar[list[Started]] = []

    def __init__(self, name: str, arguments: list[str], *, log: Path, settings: Any = None) -> None:
        self.name, self.log, self.port = name, log, arguments[-1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        if self.port in self.taken:
            raise NotReady(name=self.name, reason="the port is taken.", log=self.log)
        self.running.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.running.remove(self)


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "Program", Started)
    monkeypatch.setattr(Started, "running", [])
    ports = iter((41_001, 41_002, 41_003))
    monkeypatch.setattr(app, "_is_free", lambda port: True)
    monkeypatch.setattr(app, "_free_port", lambda: next(ports))


def test_a_guard_whose_port_is_taken_meanwhile_gets_another_one_that_its_recorder_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Started, "taken", frozenset({"8080"}))
    with ExitStack() as stack:
        beside, guard = app._arm(stack, tmp_path, "http://127.0.0.1:8000")

        assert guard.url == "http://127.0.0.1:41001"
        assert [one.url for one in Started.running] == [beside.url, guard.url]
        told = [path.read_text() for path in tmp_path.rglob("*.y*ml")]
        assert any("127.0.0.1:41001" in one for one in told)
        assert not any("127.0.0.1:8080" in one for one in told)
    assert Started.running == []


def test_a_guard_that_starts_nowhere_says_why_and_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Started, "taken", frozenset({"8080", "41001"}))
    with ExitStack() as stack, pytest.raises(NotReady, match="the port is taken"):
        app._arm(stack, tmp_path, "http://127.0.0.1:8000")
    assert Started.running == []


@pytest.mark.parametrize(("name", "port"), [("hub", 8000), ("recorder", 7000), ("arm-recorder", 7001)])
def test_any_other_program_whose_port_is_taken_meanwhile_starts_on_a_free_one(
    name: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Started, "taken", frozenset({str(port)}))
    with ExitStack() as stack:
        assert app._started(stack, name, [], tmp_path, port=port).url == "http://127.0.0.1:0"


def test_another_demo_of_the_same_person_waits_from_the_look_at_the_port_until_the_guard_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    seen: list[tuple[str, bool]] = []

    def waits(while_: str) -> None:
        (lock,) = tmp_path.glob("*.lock")
        with lock.open() as asked:
            try:
                fcntl.flock(asked, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                seen.append((while_, True))
            else:
                seen.append((while_, False))

    class Watched(Started):
        def __enter__(self) -> Self:
            waits(self.name)
            return super().__enter__()

    monkeypatch.setattr(programs, "Program", Watched)

    def is_free(port: int) -> bool:
        waits(str(port))
        return True

    monkeypatch.setattr(app, "_is_free", is_free)
    with ExitStack() as stack:
        app._arm(stack, tmp_path, "http://127.0.0.1:8000")
        waits("running")
    assert dict(seen) == {"8080": True, "7001": True, "arm-recorder": True, "guard": True, "running": False}


def test_a_demo_that_can_keep_no_lock_starts_its_arm_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "away"))
    with ExitStack() as stack:
        assert app._arm(stack, tmp_path, "http://127.0.0.1:8000")[1].url == "http://127.0.0.1:8080"
