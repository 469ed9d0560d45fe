"""What a recorder says of itself: whether messages arrive, what was lost, what became of triggers, what is pinned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pilothouse.kit.clock import NS_PER_S, ManualClock, SystemClock
from pilothouse.mcap import Channel
from pilothouse.recorder.counters import RecorderCollector
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.recorder.sources.gate import Gate
from pilothouse.recorder.sources.selection import Selection
from tests.recorder.api.test_routes import serving
from tests.recorder.asking.test_bodies import alert, webhook
from tests.support.flights import write_flight
from tests.support.processes import eventually
from tests.support.robots import FAST, FakeHub, running_robot


def metrics_of(text: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {name: float(value) for name, value in re.findall(r"^(pilothouse_recorder_\S+?) (\S+)$", text, re.MULTILINE)}


def test_health_is_ok_only_while_messages_arrive(tmp_path: Path) -> None:
    clock = ManualClock()
    with running_robot(tmp_path, clock=clock, silent_after_s=10) as robot:
        answers, history = robot.recorder.answers, robot.recorder._history
        assert (answers.health().ok, answers.health().problems) == (False, ["no message has arrived yet"])
        assert answers.problems() == []

        robot.say(0)
        history.add(clock.monotonic_ns(), robot.recorder.ring.topics())
        assert answers.health().ok
        clock.advance(9)
        assert answers.health().ok
        clock.advance(2)
        assert (answers.health().ok, answers.health().problems) == (False, ["no message has arrived for 11 s"])
        clock.step_wall(-3_600)
        robot.say(1)
        assert answers.health().ok


def test_the_end_of_a_replay_is_no_silence(tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "flight.mcap", seconds=2).path
    source = {"kind": "replay", "path": str(flight), "speed": "max"}
    clock = ManualClock()
    with running_robot(tmp_path / "data", clock=clock, sources=[source]) as robot:
        eventually(lambda: all(one.is_over for one in robot.recorder.sources), what="the end of the replay")
        clock.advance(100)

        assert robot.recorder.answers.health().ok


def test_everything_that_is_lost_is_counted_exactly_and_everywhere(tmp_path: Path) -> None:
    hub = FakeHub()
    topics = [{"match": "/fast", "max_rate_hz": 1}]
    with running_robot(tmp_path, hub=hub, max_bytes=32 << 20, compression="none", topics=topics) as robot:
        recorder = robot.recorder
        now_ns = SystemClock().now_ns()
        fat = json.dumps({"topic": "/fat", "data": "x" * 100_000})
        for number in range(400):
            line = json.loads(fat) | {"log_time_ns": now_ns - 50 * NS_PER_S + number * NS_PER_S // 10}
            push(robot, json.dumps(line).encode())
        for number in range(20):
            line = {"topic": "/fast", "data": number, "log_time_ns": now_ns - 2 * NS_PER_S + number * NS_PER_S // 10}
            push(robot, json.dumps(line).encode())
        for line in (b"no json", b'{"topic": "/fast", "data": 1, "log_time_ns": 5}', b'{"topic": "/new", "x": 1}'):
            push(robot, line)
        gate = Gate(
            recorder.pipeline, Selection(exclude=("/left out",)), too_large=recorder.answers.too_large,
            ledger=recorder.answers.ledger,
        )  # fmt: skip
        for topic, size in (("/huge", 8 << 20), ("/huge", (8 << 20) + 1), ("/left out", 16 << 20)):
            gate.message(gate.channel(Channel(topic, "bytes")), now_ns, bytes(size))
        gate.turn_away("/never heard", 16 << 20, now_ns)
        for topic, count in (("/huge", 3), ("/gone", 70_000), ("/left out", 9)):
            gate.miss(topic, count, now_ns)
        gate.find("/huge", now_ns)
        row = recorder.save("")
        facts, counted = robot.facts(row), recorder.answers.topics()
        beat = eventually(
            lambda: next((one for one in hub.heartbeats if "/never heard" in one.topics), None), what="a beat"
        )

        kept = recorder.ring.topics()["/fat"]
        assert facts.drops == {"/fat": kept.dropped}
        assert kept.dropped == 400 - (recorder.ring.message_count - 3) > 0
        assert facts.thinned == {"/fast": 18} == {"/fast": counted.topics["/fast"].thinned}
        assert facts.rejected == {"/fast": 1, "": 2}
        assert (counted.topics["/fast"].bad, counted.unreadable) == (1, 2)
        assert facts.too_large == {"/huge": 1, "/never heard": 1}
        assert (counted.topics["/huge"].too_large, counted.topics["/huge"].message_count) == (1, 1)
        assert facts.missed == {"/huge": 2, "/gone": 70_000}
        assert counted.topics["/gone"].missed == 70_000
        metrics = {one.name: one for one in RecorderCollector(recorder.answers).collect()}
        missed = {one.labels["topic"]: one.value for one in metrics["pilothouse_recorder_missed_messages"].samples}
        assert (missed["/huge"], missed["/gone"], missed["/fat"]) == (2, 70_000, 0)
        told = eventually(
            lambda: next((one for one in hub.announcements if one.session_id == row.session_id), None), what="its word"
        )
        assert told is not None
        assert told.drops == facts.lost == {"/fat": kept.dropped, "/huge": 3, "/never heard": 1, "/gone": 70_000}
        assert beat is not None
        assert beat.topics["/gone"].missed == 70_000
        assert beat.topics["/never heard"].too_large == 1
        assert (beat.topics["/fast"].thinned, beat.topics["/fat"].dropped) == (18, kept.dropped)


def push(robot: object, line: bytes) -> None:
    from pilothouse.recorder.push.pushing import PushReceipt
    from pilothouse.recorder.push.reading import Line

    robot.recorder.pushing.take_lines([Line(1, line)], PushReceipt())  # type: ignore[attr-defined]


def test_metrics_tell_of_rules_topics_and_the_disk(tmp_path: Path) -> None:
    rule = {**FAST, "name": "fast", "captures_per_hour": 1, "post_s": 0.1}
    with serving(tmp_path, triggers=[rule]) as client:
        for second, value in enumerate([1, 10, 1, 10, 1, 10, 1]):
            client.robot.say(second, value)
        found = metrics_of(client.http.get("/metrics").text)

    assert found['pilothouse_recorder_triggers_fired_total{rule="fast"}'] == 3
    assert found['pilothouse_recorder_triggers_over_budget_total{rule="fast"}'] == 2
    assert found['pilothouse_recorder_triggers_merged_total{rule="fast"}'] == 0
    assert found['pilothouse_recorder_dropped_messages_total{topic="/speed"}'] == 0
    assert found['pilothouse_recorder_rejected_messages_total{topic=""}'] == 0
    assert found['pilothouse_recorder_last_message_age_seconds{topic="/speed"}'] > 0
    assert found["pilothouse_recorder_disk_free_bytes"] > found["pilothouse_recorder_disk_reserved_bytes"] == 256 << 20
    assert found["pilothouse_recorder_removed_recordings_total"] == 0


def test_a_capture_says_what_the_robot_is_and_how_it_was_configured(tmp_path: Path) -> None:
    with running_robot(tmp_path / "a", robot={"model": "r2", "serial": "17"}, hub_token="secret") as robot:
        robot.say(0)
        first = robot.facts(robot.recorder.save(""))
    with running_robot(tmp_path / "a", robot={"model": "r2", "serial": "17"}, hub_token="another") as robot:
        robot.say(0)
        again = robot.facts(robot.recorder.save(""))
    with running_robot(tmp_path / "a", robot={"model": "r2", "serial": "18"}) as robot:
        robot.say(0)
        other = robot.facts(robot.recorder.save(""))

    assert first.robot == {"model": "r2", "serial": "17"}
    assert set(first.software) == {"pilothouse", "python", "config_sha256"}
    assert re.fullmatch(r"[0-9a-f]{64}", first.software["config_sha256"])
    assert again.software == first.software
    assert other.software["config_sha256"] != first.software["config_sha256"]


def test_a_recording_is_pinned_and_let_go_over_http(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        client.robot.say(0)
        name = client.save().json()["session_id"]

        assert client.http.put(f"/sessions/{name}/pin").json() == {"session_id": name, "pinned": True}
        assert client.http.get("/triggers").json()["recent"][0]["pinned"] is True
        assert client.http.delete(f"/sessions/{name}/pin").json() == {"session_id": name, "pinned": False}
        unknown = client.http.put("/sessions/nobody/pin")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_recording")


def test_an_alert_over_the_budget_is_answered_so_that_its_sender_rests(tmp_path: Path) -> None:
    with serving(tmp_path, rule_captures_per_hour=1) as client:
        client.robot.say(0)
        first, second = (client.save(webhook(alert(fingerprint=name))) for name in ("a", "b"))

        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json()["session_id"]
        assert second.json() == {
            "ignored": "No recording is made: over the budget of this rule: 1 recordings in an hour."
        }
        assert client.robot.rows(CaptureState.REFUSED)[0].reason == "alert"


@pytest.mark.parametrize("step_s", [-3_600, 3_600])
def test_a_wall_clock_that_is_set_neither_loses_nor_doubles_a_capture(tmp_path: Path, step_s: float) -> None:
    clock = ManualClock(1_760_000_000 * NS_PER_S)
    with running_robot(tmp_path, clock=clock, triggers=[{**FAST, "captures_per_hour": 3}]) as robot:
        for number in range(5):
            robot.say(number * 10, 10)
            clock.advance(1)
            clock.step_wall(step_s)
            robot.say(number * 10 + 2, 1)
        sealed = robot.sealed(3)
        (refused,) = eventually(
            lambda: [one for one in robot.rows(CaptureState.REFUSED) if one.more == 1], what="the count"
        )

        assert len({row.session_id for row in robot.rows()}) == 4
        assert [robot.times_s(row)[-1] for row in sealed] == [0, 10, 20] or step_s < 0
        assert sorted(robot.times_s(row)[-1] for row in sealed) == [0, 10, 20]
        assert refused.why == "over the budget of this rule: 3 recordings in an hour"


def test_a_spool_that_cannot_keep_up_is_said_by_health(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        robot.say(0)
        robot.recorder.answers.spool.problem = "the disk is too slow for what is recorded"

        health = robot.recorder.answers.health()

    assert not health.ok
    assert health.problems == ["the disk is too slow for what is recorded"]
