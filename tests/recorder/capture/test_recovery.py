import shutil
from pathlib import Path

import pytest
from mcap.reader import make_reader

from pilothouse.mcap import Spool, StorageFull, verify
from pilothouse.recorder.capture import recovery
from pilothouse.recorder.outbox.outbox import CaptureState, Outbox
from tests.support.processes import eventually
from tests.support.robots import FAST, FakeHub, Robot, running_robot


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The data directory of a recorder that died with a trigger in its post-roll, three others done or waiting."""
    data = tmp_path / "data"
    rules = [{**FAST, "name": "a", "post_s": 60}, {**FAST, "name": "b", "value": 15, "post_s": 60}]
    with running_robot(tmp_path / "alive", triggers=rules) as robot:
        for second in range(10):
            robot.say(second, 10 if second == 5 else 20 if second == 6 else 1)
        robot.recorder.save("before")
        robot.recorder.ring.seal()
        robot.recorder._spool.flush()
        shutil.copytree(tmp_path / "alive", data)
    return data


def recovered(robot: Robot) -> list[object]:
    robot.recorder._recovery.join(30)
    return list(robot.rows())


def test_the_spool_becomes_a_recording_that_carries_the_trigger(killed: Path) -> None:
    outbox = Outbox(killed / "outbox.db", "robot")
    waiting = {row.session_id: row.incident_id for row in outbox.in_state(CaptureState.WAITING)}
    outbox.close()
    with running_robot(killed) as robot:
        recovered(robot)
        first, second, saved = sorted(robot.rows(), key=lambda row: row.trigger.rule if row.trigger else "z")

        assert (first.state, first.reason) == (CaptureState.SEALED, "recovered")
        assert robot.times_s(first) == list(range(10))
        facts = robot.facts(first)
        assert (facts.reason, facts.label) == ("recovered", "a")
        assert facts.trigger is not None
        assert facts.trigger.value == 10
        assert facts.incident_id == first.incident_id == waiting[first.session_id]
        assert (second.state, second.merged_into) == (CaptureState.MERGED, first.session_id)
        assert second.incident_id == first.incident_id
        assert (saved.state, saved.reason) == (CaptureState.SEALED, "manual")
        assert len(list((killed / "sessions").iterdir())) == 2
        assert Spool.leftovers(killed / "spool") == []


def test_recording_does_not_wait_for_the_recovery(killed: Path) -> None:
    with running_robot(killed) as robot:
        robot.say(100)

        assert robot.times_s(robot.recorder.save("")) == [100]


def test_a_spool_without_anything_asked_for_becomes_a_recording_too(tmp_path: Path) -> None:
    with running_robot(tmp_path / "alive") as robot:
        robot.say(1)
        robot.recorder.ring.seal()
        robot.recorder._spool.flush()
        shutil.copytree(tmp_path / "alive", tmp_path / "data")

    (tmp_path / "gains.yaml").write_text("p: 2\n")
    carried = [{"file": str(tmp_path / name), "name": name} for name in ("gains.yaml", "gone.yaml")]
    with running_robot(tmp_path / "data", hub=(hub := FakeHub()), attachments=carried) as robot:
        (row,) = robot.sealed()
        eventually(lambda: hub.recordings, what="delivery")

        assert (row.reason, robot.times_s(row)) == ("recovered", [1])
        assert row.label == robot.facts(row).label == "the recorder ended without being told to"
        with robot.path(row).open("rb") as file:
            assert [(one.name, one.data) for one in make_reader(file).iter_attachments()] == [("gains.yaml", b"p: 2\n")]
        assert set(robot.facts(row).missing_attachments) == {"gone.yaml"}
        assert list(hub.recordings) == [row.session_id]


def test_a_spool_without_messages_leaves_nothing(tmp_path: Path) -> None:
    with running_robot(tmp_path / "alive"):
        shutil.copytree(tmp_path / "alive", tmp_path / "data")

    with running_robot(tmp_path / "data") as robot:
        assert recovered(robot) == []
        assert list((tmp_path / "data" / "sessions").iterdir()) == []


def test_a_capture_of_which_nothing_is_left_is_refused_with_its_reason(killed: Path) -> None:
    shutil.rmtree(killed / "spool")

    with running_robot(killed) as robot:
        recovered(robot)

        assert [row.why for row in robot.rows(CaptureState.REFUSED)] == [recovery.LOST] * 2


def test_a_file_that_was_finished_but_not_noted_is_kept_as_it_is(killed: Path) -> None:
    with running_robot(killed) as robot:
        recovered(robot)
        (row,) = [one for one in robot.rows(CaptureState.SEALED) if one.trigger]
        content = robot.path(row).read_bytes()
        robot.recorder.outbox.database.connection.execute(
            "UPDATE captures SET state = 'waiting', size_bytes = NULL WHERE session_id = ?", (row.session_id,)
        )

    with running_robot(killed) as robot:
        recovered(robot)
        again = robot.recorder.outbox.find(row.session_id)

        assert again is not None
        assert (again.state, again.size_bytes, again.topics) == (CaptureState.SEALED, len(content), row.topics)
        assert robot.path(row).read_bytes() == content


def test_a_recovery_that_was_itself_killed_is_done_once(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed / "spool", tmp_path / "spool")
    with running_robot(killed) as robot:
        recovered(robot)
        count = len(robot.rows())
    shutil.copytree(tmp_path / "spool", killed / "spool", dirs_exist_ok=True)

    with running_robot(killed) as robot:
        recovered(robot)

        assert len(robot.rows()) == count
        assert len(list((killed / "sessions").iterdir())) == 2
        assert Spool.leftovers(killed / "spool") == []


def test_a_half_written_file_is_removed(killed: Path) -> None:
    (killed / "sessions" / "robot_20260512T084230Z.mcap.active").write_bytes(b"half")

    with running_robot(killed) as robot:
        recovered(robot)

        assert not list((killed / "sessions").glob("*.active"))


def test_a_full_disk_postpones_the_recovery(killed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = [True]
    real = recovery.recover_spool

    def sometimes_full(leftover: Path, path: Path, **rest: object) -> object:
        if full[0]:
            full[0] = False
            raise StorageFull(path=path)
        return real(leftover, path, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(recovery, "recover_spool", sometimes_full)
    monkeypatch.setattr(recovery, "RETRY_S", 0.01)

    with running_robot(killed) as robot:
        recovered(robot)
        (row,) = [one for one in robot.rows(CaptureState.SEALED) if one.trigger]

        assert not full[0]
        assert verify(robot.path(row)).ok


def test_only_the_window_of_a_long_spool_is_recovered_and_what_was_said_once_is_kept(tmp_path: Path) -> None:
    with running_robot(tmp_path / "alive", window_s=60) as robot:
        robot.say(0, 7, topic="/tf_static")
        for minute in range(30):
            robot.say(minute * 60)
            robot.recorder.ring.seal()
        robot.recorder._spool.flush()
        shutil.copytree(tmp_path / "alive", tmp_path / "data")

    with running_robot(tmp_path / "data") as robot:
        (row,) = robot.sealed()

        assert row.topics == ("/speed", "/tf_static")
        assert robot.times_s(row) == [28 * 60, 28 * 60, 29 * 60]
