import threading
from pathlib import Path

import pytest

from pilothouse.client.problems import DirectUploadFailed
from pilothouse.kit.errors import Conflict, Forbidden, NotFound, Problem, Unauthenticated
from pilothouse.mcap import sha256_of
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.outbox.outbox import CaptureState
from tests.support.processes import eventually
from tests.support.risks import risk_event
from tests.support.robots import FakeHub, running_robot


class NoSuchRoute(NotFound):
    """There is nothing at this address."""


class OtherRobot(Forbidden):
    """This token is another robot's."""


class NotThatOne(Conflict):
    """The hub has another recording of this name."""


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "next_s", lambda _: 0.02)


def test_a_recording_is_delivered_with_its_hash_and_kept(tmp_path: Path) -> None:
    hub = FakeHub()
    with running_robot(tmp_path, hub=hub) as robot:
        robot.say(0)
        row = robot.recorder.save("one")
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

        metadata, content = hub.recordings[row.session_id]
        assert (metadata.robot_id, metadata.sha256) == ("robot", sha256_of(robot.path(row)))
        assert content == robot.path(row).read_bytes()


def test_a_hub_that_is_away_is_waited_for_and_logged_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = FakeHub()
    hub.away = True
    with running_robot(tmp_path, hub=hub) as robot:
        robot.say(0)
        robot.recorder.save("one")
        eventually(lambda: hub.calls > 20, what="attempts")
        assert robot.rows(CaptureState.DELIVERED) == []
        hub.away = False
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")
        eventually(lambda: hub.heartbeats, what="a heartbeat")

    logged = capsys.readouterr().out
    assert logged.count("cannot be reached") == 1
    assert logged.count("answers again") == 1


def test_what_was_not_delivered_is_delivered_after_a_restart(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        ids = [robot.recorder.save("").session_id for _ in range(3)]
        robot.recorder.outbox.set_state(ids[1], CaptureState.DELIVERING)

    hub = FakeHub()
    with running_robot(tmp_path, hub=hub) as robot:
        eventually(lambda: len(robot.rows(CaptureState.DELIVERED)) == 3, what="deliveries")

    assert list(hub.recordings) == ids


def test_a_recording_the_hub_refuses_does_not_hold_up_the_others(tmp_path: Path) -> None:
    hub = FakeHub()
    with running_robot(tmp_path) as robot:
        robot.say(0)
        refused, other = robot.recorder.save("").session_id, robot.recorder.save("").session_id
    hub.refuses[refused] = NotThatOne()

    with running_robot(tmp_path, hub=hub) as robot:
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")
        eventually(lambda: (row := robot.recorder.outbox.find(refused)) and row.why, what="the reason")
        row = robot.recorder.outbox.find(refused)

        assert list(hub.recordings) == [other]
        assert row is not None
        assert row.state is CaptureState.SEALED
        assert "another recording of this name" in (row.why or "")
        assert robot.path(row).exists()


def test_a_file_somebody_removed_is_given_up_with_its_reason(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        robot.path(robot.recorder.save("")).unlink()

    with running_robot(tmp_path, hub=FakeHub()) as robot:
        (row,) = eventually(lambda: robot.rows(CaptureState.REFUSED), what="the reason")

        assert row.why == "its file was removed before delivery"


def test_heartbeats_say_how_well_the_robot_hears(tmp_path: Path) -> None:
    hub = FakeHub()
    with running_robot(tmp_path, hub=hub) as robot:
        for number in range(10):
            robot.say(number / 10)
        eventually(lambda: _heard(hub) == 10, what="all ten in a heartbeat")
        heartbeat = hub.heartbeats[-1]

        assert (heartbeat.robot_id, heartbeat.buffer_size) == ("robot", 10)
        assert heartbeat.topics["/speed"].message_count == 10
        assert heartbeat.disk_free_bytes
        assert heartbeat.outbox_depth == 0
        assert "pilothouse" in heartbeat.versions


def test_without_a_hub_nothing_is_delivered_and_nothing_complains(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        robot.recorder.save("")

        assert len(robot.rows(CaptureState.SEALED)) == 1
    assert "hub" not in capsys.readouterr().out


def test_waits_grow_to_a_limit_with_jitter_and_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    backoff = Backoff(initial_s=1, maximum_s=8)

    waits = [backoff.next_s() for _ in range(2000)]

    assert 0.5 <= waits[0] <= 1
    assert all(4 <= wait <= 8 for wait in waits[3:])
    assert len(set(waits)) > 100
    backoff.reset()
    assert backoff.next_s() <= 1


def _heard(hub: FakeHub) -> int:
    topics = hub.heartbeats[-1].topics if hub.heartbeats else {}
    return topics["/speed"].message_count if topics else 0


def test_a_delivery_shows_how_far_it_is_and_forgets_it_afterwards(tmp_path: Path) -> None:
    hub = FakeHub()
    seen: list[int | None] = []
    with running_robot(tmp_path, hub=hub) as robot:
        hub.on_progress = lambda: seen.append(robot.recorder.answers.triggers().recent[0].sent_bytes)
        robot.say(0)
        robot.recorder.save("one")
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

        assert seen == [1]
        assert robot.recorder.answers.triggers().recent[0].sent_bytes is None


def test_a_recording_goes_straight_to_the_bucket_of_a_hub_that_has_one(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.takes_direct = True
    with running_robot(tmp_path, hub=hub) as robot:
        robot.say(0)
        row = robot.recorder.save("one")
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

    assert [one for one in hub.told if one in ("direct", f"recording {row.session_id}")] == [
        "direct", f"recording {row.session_id}"
    ]  # fmt: skip


@pytest.mark.parametrize("failure", [DirectUploadFailed(reason="the store is full."), NoSuchRoute()])
def test_what_cannot_go_straight_to_the_bucket_goes_through_the_hub(tmp_path: Path, failure: Problem) -> None:
    hub = FakeHub()
    hub.refuses["direct"] = failure
    with running_robot(tmp_path, hub=hub) as robot:
        robot.say(0)
        robot.recorder.save("one")
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

        assert robot.recorder.delivery is not None
        assert robot.recorder.delivery.health.problem is None


def test_an_outage_does_not_make_a_recording_go_the_long_way(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.takes_direct = hub.away = True
    with running_robot(tmp_path, hub=hub) as robot:
        robot.say(0)
        robot.recorder.save("one")
        eventually(lambda: hub.calls > 20, what="attempts")
        hub.away = False
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

    assert "direct" in hub.told


def test_without_direct_uploads_the_bucket_is_not_asked_for(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.takes_direct = True
    with running_robot(tmp_path, hub=hub, delivery={"direct": False}) as robot:
        robot.say(0)
        robot.recorder.save("one")
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

    assert "direct" not in hub.told


def test_what_was_recorded_under_another_name_does_not_hold_up_what_is_said_under_this_one(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        robot.recorder.save("before it was enrolled anew")
        robot.recorder.report_risk([risk_event(1)])
    hub = FakeHub()
    hub.refuses = {"announcement": OtherRobot(), "ev-00001": OtherRobot()}
    with running_robot(tmp_path, hub=hub) as robot:
        eventually(lambda: robot.recorder.risk_events.refused == 1, what="the end of the old event")
        robot.recorder.report_risk([risk_event(2)])
        eventually(lambda: hub.risk_events, what="the new event")
        eventually(lambda: hub.heartbeats, what="a heartbeat")

    assert [one.event_id for one in hub.risk_events] == ["ev-00002"]


def test_an_upload_whose_token_was_replaced_under_way_goes_on_with_the_new_one(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        session_id = robot.recorder.save("one").session_id
    hub = FakeHub()
    hub.refuses[session_id] = Unauthenticated()
    under_way, replaced = threading.Event(), threading.Event()

    def wait() -> None:
        under_way.set()
        assert replaced.wait(30)

    hub.on_progress = wait
    # No heartbeat in between: it would connect anew before the upload fails.
    with running_robot(tmp_path, hub=hub, heartbeat_s=3_600, delivery={"alert_after_s": 0}) as robot:
        delivery = robot.recorder.delivery
        assert delivery is not None
        assert under_way.wait(30)
        eventually(lambda: hub.heartbeats, what="the only heartbeat")
        hub.on_progress = lambda: hub.refuses.pop(session_id, None)
        delivery.link.renew()
        replaced.set()
        eventually(lambda: robot.rows(CaptureState.DELIVERED), what="delivery")

        assert session_id not in hub.refuses
        assert delivery.health.alerts() == []
