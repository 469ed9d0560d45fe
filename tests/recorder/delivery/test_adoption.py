"""Finished recordings of another program become this robot's, each once, whatever is killed when."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from mcap.writer import Writer

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import sha256_of, verify
from pilothouse.recorder.delivery import adoption
from pilothouse.recorder.delivery.adoption import Adoption, Found
from pilothouse.recorder.delivery_settings import AdoptConfig
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, Outbox
from pilothouse.recorder.recorder import Recorder
from pilothouse.wire import CaptureFacts, TriggerFired
from tests.support.flights import write_flight
from tests.support.processes import eventually
from tests.support.robots import FakeHub, recorder_settings, running_robot


class Robot:
    """The part of a recorder that adopts, started as often as one likes."""

    def __init__(self, data: Path) -> None:
        self.guard = data / "guard"
        self.guard.mkdir(exist_ok=True)
        self.sessions = data / "sessions"
        self.sessions.mkdir(exist_ok=True)
        self.outbox = Outbox(data / "outbox.db", "robot")
        self.sealed = 0
        self.adoption = Adoption(
            outbox=self.outbox, sessions=self.sessions, clock=ManualClock(), steady_ns=lambda: 7,
            directories=[AdoptConfig(directory=self.guard, label="guard session")], on_sealed=self._on_sealed,
        )  # fmt: skip

    def _on_sealed(self) -> None:
        self.sealed += 1

    def rows(self) -> list[CaptureRow]:
        return self.outbox.in_state(*CaptureState)

    def path(self, row: CaptureRow) -> Path:
        return self.sessions / f"{row.session_id}.mcap"


@pytest.fixture
def robot(tmp_path: Path) -> Robot:
    return Robot(tmp_path)


def test_a_finished_file_becomes_a_recording_of_this_robot(robot: Robot) -> None:
    flight = write_flight(robot.guard / "2026-05-12_1.mcap").path

    robot.adoption.look()
    robot.adoption.look()

    (row,) = robot.rows()
    assert (row.state, row.reason, row.label) == (CaptureState.SEALED, "guard", "guard session")
    assert row.session_id.startswith("robot_")
    assert row.incident_id.startswith("inc_")
    assert (row.sha256, row.size_bytes) == (sha256_of(flight), flight.stat().st_size)
    assert robot.path(row).samefile(flight)
    assert row.topics == ("/odom", "/speed")
    assert robot.sealed == 1


def test_what_is_not_finished_is_left_alone(robot: Robot) -> None:
    write_flight(robot.guard / "one.mcap").path.rename(robot.guard / "one.mcap.active")
    robot.adoption.look()
    assert robot.rows() == []

    (robot.guard / "one.mcap.active").rename(robot.guard / "one.mcap")
    robot.adoption.look()
    assert len(robot.rows()) == 1


def test_a_file_says_itself_what_it_is(robot: Robot) -> None:
    fired = TriggerFired(rule="speed", kind="threshold", topic="/speed", field="data", value=9.5, fired_at_ns=5)
    facts = CaptureFacts(session_id="g1", robot_id="robot", incident_id="inc_9", label="clamped", trigger=fired)
    write_flight(robot.guard / "one.mcap", metadata={"pilothouse": {**facts.to_metadata(), "config_hash": "ab12"}})

    robot.adoption.look()

    (row,) = robot.rows()
    assert (row.reason, row.label, row.incident_id, row.trigger) == ("guard", "clamped", "inc_9", fired)


@pytest.mark.parametrize("step", ["_take", "_note"])
def test_killed_at_any_step_the_next_start_finishes_it_once(
    robot: Robot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    write_flight(robot.guard / "one.mcap")
    monkeypatch.setattr(Adoption, step, die)
    with pytest.raises(Killed):
        robot.adoption.look()
    monkeypatch.undo()
    robot.outbox.close()

    again = Robot(tmp_path)
    again.adoption.look()
    Robot(tmp_path).adoption.look()

    (row,) = again.rows()
    assert [one.stem for one in again.sessions.iterdir()] == [row.session_id]
    assert row.state is CaptureState.SEALED


def test_what_retention_has_removed_is_not_taken_over_again(robot: Robot, tmp_path: Path) -> None:
    write_flight(robot.guard / "one.mcap")
    robot.adoption.look()
    (row,) = robot.rows()
    robot.path(row).unlink()
    robot.outbox.set_state(row.session_id, CaptureState.REMOVED, why="it was the oldest")
    robot.outbox.close()

    again = Robot(tmp_path)
    again.adoption.look()

    assert list(again.sessions.iterdir()) == []
    assert [one.state for one in again.rows()] == [CaptureState.REMOVED]


def test_on_another_disk_it_is_copied_whole_or_not_at_all(robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_disk(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    flight = write_flight(robot.guard / "one.mcap").path
    robot.adoption.look()

    (row,) = robot.rows()
    assert not robot.path(row).samefile(flight)
    assert sha256_of(robot.path(row)) == sha256_of(flight)
    assert [one.name for one in robot.sessions.iterdir()] == [f"{row.session_id}.mcap"]


def test_a_full_disk_is_waited_for(robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_flight(robot.guard / "one.mcap")
    monkeypatch.setattr(os, "link", full)
    robot.adoption.look()
    assert robot.rows() == []

    monkeypatch.undo()
    robot.adoption.look()
    assert len(robot.rows()) == 1


def test_a_file_that_is_no_recording_is_a_row_that_says_why(robot: Robot) -> None:
    (robot.guard / "broken.mcap").write_bytes(b"nothing of the kind")

    robot.adoption.look()
    robot.adoption.look()

    (row,) = robot.rows()
    assert row.state is CaptureState.REFUSED
    assert "broken.mcap cannot be read" in (row.why or "")
    assert list(robot.sessions.iterdir()) == []


def test_the_same_name_with_another_content_is_another_recording(robot: Robot) -> None:
    write_flight(robot.guard / "one.mcap", seconds=1)
    robot.adoption.look()
    (robot.guard / "one.mcap").unlink()
    write_flight(robot.guard / "one.mcap", seconds=2)
    robot.adoption.look()

    assert len({row.session_id for row in robot.rows()}) == 2
    assert all(verify(robot.path(row)).ok for row in robot.rows())


def test_sessions_of_the_guard_are_delivered_like_captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adoption, "LOOK_S", 0.05)
    hub = FakeHub()
    guard = tmp_path / "guard"
    with running_robot(tmp_path / "data", hub=hub, adopt=[{"directory": guard, "label": "arm"}]) as robot:
        guard.mkdir()
        flight = write_flight(tmp_path / "one.mcap").path.rename(guard / "one.mcap")
        (row,) = eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

        assert hub.recordings[row.session_id][1] == flight.read_bytes()
        assert [one.label for one in hub.announcements] == ["arm"]


def test_a_running_recorder_takes_up_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adoption, "LOOK_S", 0.05)
    data, guard = tmp_path / "data", tmp_path / "guard"
    guard.mkdir()
    write_flight(tmp_path / "one.mcap").path.rename(guard / "one.mcap")
    after = recorder_settings(data=data, adopt=[{"directory": guard, "label": "arm"}])
    recorder = Recorder.open(recorder_settings(data=data), read=lambda: after)
    recorder.start()
    try:
        assert recorder.reload().changed == ["adopt"]

        (row,) = eventually(lambda: recorder.outbox.in_state(CaptureState.SEALED), what="the recording")
    finally:
        recorder.stop()

    assert row.label == "arm"


def test_a_file_whose_name_is_no_text_is_taken_over_like_any_other(robot: Robot) -> None:
    flight = write_flight(robot.guard / "one.mcap").path
    flight.rename(Path(os.fsdecode(os.fsencode(robot.guard) + b"/\xff\xfe.mcap")))
    write_flight(robot.guard / "two.mcap")
    broken = Path(os.fsdecode(os.fsencode(robot.guard) + b"/\xff.mcap"))
    broken.write_bytes(b"no recording")

    robot.adoption.look()
    robot.adoption.look()

    states = [row.state for row in robot.rows()]
    assert sorted(states) == [CaptureState.REFUSED, CaptureState.SEALED, CaptureState.SEALED]
    assert robot.sealed == 2


def test_times_that_no_database_counts_to_keep_no_file_back(robot: Robot) -> None:
    with (robot.guard / "far.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        channel = writer.register_channel("/a", "json", 0)
        writer.add_message(channel, (1 << 64) - 1, b"{}", 0)
        writer.finish()

    robot.adoption.look()

    (row,) = robot.rows()
    assert (row.state, row.start_ns, row.message_count) == (CaptureState.SEALED, None, 1)


def test_a_file_that_nobody_foresaw_holds_up_no_other(robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    write_flight(robot.guard / "a.mcap")
    write_flight(robot.guard / "b.mcap")
    take = Adoption._take

    def fails_for_the_first(self: Adoption, found: Found, session_id: str) -> object:
        if found.path.name == "a.mcap":
            raise ValueError("nobody foresaw this")
        return take(self, found, session_id)

    monkeypatch.setattr(Adoption, "_take", fails_for_the_first)
    robot.adoption.look()

    assert [row.state for row in robot.rows()] == [CaptureState.SEALED]
