"""Saves by signal and by file: each exactly once, whenever it comes, and none from half a file."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pilothouse.kit.errors import BadConfiguration
from pilothouse.recorder.asking.drop_directory import DropDirectory, DroppedFile
from pilothouse.recorder.asking.requests import Requests
from pilothouse.recorder.asking.signals import RELOAD, SAVE, Signals
from pilothouse.recorder.outbox.outbox import CaptureRow, CaptureState, SaveKey
from pilothouse.recorder.problems import CannotWrite
from pilothouse.recorder.recorder import Recorder
from tests.support.processes import eventually
from tests.support.robots import Robot, recorder_settings, running_robot


def complete(directory: DropDirectory) -> list[str]:
    """The labels of the files that are complete at the second look."""
    directory.look()
    return [one.label for one in directory.look()]


def test_the_first_line_is_the_label_and_else_the_name(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    for number, (name, content) in enumerate(
        [("a.txt", "bumped a shelf\nsecond line\n"), ("left turn.save", ""), ("b", "\n \n"), ("c", "tab\there\x00")]
    ):
        path = drops.path / name
        path.write_text(content)
        os.utime(path, ns=(number, number))

    assert complete(drops) == ["bumped a shelf", "left turn", "b", "tab here"]


def test_a_file_is_taken_at_the_second_look_and_not_while_it_is_written(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path)
    with (tmp_path / "incident").open("w") as file:
        file.write("bumped")
        file.flush()
        for _ in range(10):
            assert drops.look() == [], "somebody still writes"
        file.write(" a shelf")
    assert complete(drops) == ["bumped a shelf"]


def test_without_leases_a_file_has_to_rest_for_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilothouse.recorder.asking.drop_directory._is_written_to", lambda opened: None)
    drops = DropDirectory(tmp_path)
    (tmp_path / "incident").write_text("x")

    assert [len(drops.look()) for _ in range(5)] == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("name", [".hidden", "x.tmp", "x.part", "x~"])
def test_unfinished_names_are_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("x")

    assert complete(DropDirectory(tmp_path)) == []


def test_only_files_are_taken(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "directory").mkdir()
    os.mkfifo(drops.path / "pipe")
    (tmp_path / "secret").write_text("secret")
    (drops.path / "link").symlink_to(tmp_path / "secret")

    assert complete(drops) == []


def test_a_directory_that_cannot_be_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadConfiguration, match="drop_directory"):
        Recorder.open(recorder_settings(tmp_path / "data", drop_directory=tmp_path / "file"))


def test_a_dropped_file_becomes_one_recording_and_is_gone(tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    with running_robot(tmp_path / "data", drop_directory=drops) as robot:
        robot.say(0)
        (drops / "incident").write_text("bumped a shelf\n")
        (row,) = robot.sealed()
        eventually(lambda: not list(drops.iterdir()), what="the file to be consumed")

    assert (row.label, row.reason) == ("bumped a shelf", "manual")
    assert robot.facts(row).label == "bumped a shelf"


def test_a_file_from_before_the_first_message_waits_for_it(tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    drops.mkdir()
    (drops / "early").write_text("")
    with running_robot(tmp_path / "data", drop_directory=drops) as robot:
        eventually(lambda: robot.recorder._requests._told, what="the first attempt")
        assert (drops / "early").exists()
        robot.say(0)
        (row,) = robot.sealed()

    assert row.label == "early"


def requests_of(robot: Robot, drops: DropDirectory) -> Requests:
    recorder = robot.recorder
    return Requests(signals=None, directory=drops, outbox=recorder.outbox, save=recorder.save, reload=recorder.reload)


def the_file(drops: DropDirectory) -> DroppedFile:
    drops.look()
    (file,) = drops.look()
    return file


def test_killed_between_the_recording_and_the_end_of_the_file_it_is_saved_once(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "incident").write_text("bumped")
    with running_robot(tmp_path / "data") as robot:
        robot.say(0)
        first = the_file(drops)
        robot.recorder.save(first.label, first.key)

    with running_robot(tmp_path / "data", drop_directory=drops.path) as robot:
        robot.say(1)
        eventually(lambda: not list(drops.path.iterdir()), what="the file to be consumed")
        assert [row.label for row in robot.rows(CaptureState.SEALED)] == ["bumped"]


def test_what_recovery_is_about_to_make_is_not_made_twice(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "incident").write_text("bumped")
    with running_robot(tmp_path / "data") as robot:
        robot.say(0)
        file = the_file(drops)
        row = robot.recorder.save(file.label, file.key)
        robot.recorder.outbox.set_state(row.session_id, CaptureState.WAITING, why="killed while it was written")
        requests = requests_of(robot, drops)

        assert requests._take(file)
        assert file.path.exists()
        robot.recorder.outbox.set_state(row.session_id, CaptureState.SEALED, why="")
        assert requests._take(file)
        assert not file.path.exists()
        assert len(robot.rows()) == 1


def test_a_file_that_cannot_be_deleted_asks_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "incident").write_text("bumped")
    file = the_file(drops)

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    drops.consume(file)

    assert file.path.exists()
    assert complete(drops) == []


def test_what_can_never_be_saved_is_set_aside(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "incident").write_text("bumped")
    file = the_file(drops)

    drops.refuse(file, "no")

    assert complete(drops) == []
    assert [path.name for path in drops.path.iterdir()] == [".incident.refused"]


def test_a_full_disk_keeps_the_file_and_the_wish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "incident").write_text("bumped")
    with running_robot(tmp_path / "data") as robot:
        robot.say(0)
        requests = requests_of(robot, drops)
        attempts: list[str] = []

        def save(label: str, key: object = None) -> None:
            attempts.append(label)
            raise CannotWrite(reason="No space left on device")

        requests._save = save  # type: ignore[assignment]
        for _ in range(5):
            requests._answer(frozenset())

    assert attempts == ["bumped"], "the next attempt is later, not at once"
    assert (drops.path / "incident").exists()


def test_signals_are_words_and_each_waits_once() -> None:
    signals = Signals()
    for name in (SAVE, RELOAD, SAVE):
        signals.say(name)

    assert signals.next(0) == {SAVE, RELOAD}
    assert signals.next(0) == frozenset()


def test_an_installed_handler_notes_a_signal_and_ends_nothing() -> None:
    before = {name: signal.getsignal(signal.Signals[name]) for name in (SAVE, RELOAD)}
    try:
        signals = Signals.installed()
        os.kill(os.getpid(), signal.SIGUSR1)

        assert signals.next(5) == {SAVE}
    finally:
        for name, handler in before.items():
            signal.signal(signal.Signals[name], handler)


def test_a_file_whose_name_is_no_text_is_a_save_like_any_other(tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    with running_robot(tmp_path / "data", drop_directory=drops) as robot:
        robot.say(0)
        for name in (b"\xff\xfe", b"new\nline", b"plain"):
            Path(os.fsdecode(os.fsencode(drops) + b"/" + name)).write_bytes(b"")
        rows = robot.sealed(3)
        eventually(lambda: not list(drops.iterdir()), what="the files to be consumed")

    assert {row.label for row in rows} == {"??", "new line", "plain"}


def test_a_file_that_cannot_be_dealt_with_holds_up_no_other(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    for number, name in enumerate(("first", "second")):
        (drops.path / name).write_text("")
        os.utime(drops.path / name, ns=(number, number))
    with running_robot(tmp_path / "data") as robot:
        robot.say(0)
        requests = requests_of(robot, drops)
        save = robot.recorder.save

        def fails_for_the_first(label: str, key: SaveKey | None = None) -> CaptureRow:
            if label == "first":
                raise ValueError("nobody foresaw this")
            return save(label, key)

        requests._save = fails_for_the_first
        drops.look()
        requests._answer(frozenset())

        assert [row.label for row in robot.sealed()] == ["second"]
        assert [path.name for path in drops.path.iterdir()] == ["first"]


def test_a_byte_order_mark_is_no_part_of_a_label(tmp_path: Path) -> None:
    drops = DropDirectory(tmp_path / "drops")
    (drops.path / "a").write_bytes(b"\xef\xbb\xbfbumped\r\n")

    assert complete(drops) == ["bumped"]
