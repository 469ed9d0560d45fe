"""Triggers that come one upon another: each ends as a recording, or in a row that says why not."""

from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import verify
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.recorder.problems import OverBudget
from tests.support.flights import START_NS
from tests.support.processes import eventually
from tests.support.robots import FAST, FakeHub, Robot, running_robot

EXTENDING: dict[str, Any] = {**FAST, "pre_s": 1, "post_s": 3, "during_post_roll": "extend"}


def drive(robot: Robot, *values: float) -> None:
    """One message a second."""
    for second, value in enumerate(values):
        robot.say(second, value)


def row_of(robot: Robot, state: CaptureState) -> Any:
    return eventually(lambda: next(iter(robot.rows(state)), None), what=f"a {state} row")


def test_a_trigger_during_a_post_roll_extends_it_and_both_say_so(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[EXTENDING]) as robot:
        drive(robot, 1, 10, 1, 10, 1, 1, 1, 1, 1)
        (row,) = robot.sealed()
        merged = row_of(robot, CaptureState.MERGED)

        assert robot.times_s(row) == [0, 1, 2, 3, 4, 5, 6]
        assert (row.pre_s, row.post_s) == (1, 5)
        assert (merged.merged_into, merged.incident_id) == (row.session_id, row.incident_id)
        assert (merged.trigger.fired_at_ns, merged.more) == (START_NS + 3 * NS_PER_S, 0)
        facts = robot.facts(row)
        assert facts.trigger is not None
        assert (facts.trigger.fired_at_ns, facts.post_s) == (START_NS + NS_PER_S, 5)
        assert [(one.session_id, one.trigger) for one in facts.merged] == [(merged.session_id, merged.trigger)]
        assert robot.recorder.outbox.recording(merged.session_id) == robot.recorder.outbox.find(row.session_id)


def test_what_extends_brings_its_own_pre_roll(tmp_path: Path) -> None:
    longer = {**EXTENDING, "name": "longer", "value": 20, "pre_s": 4}
    with running_robot(tmp_path, triggers=[{**EXTENDING, "name": "shorter"}, longer]) as robot:
        drive(robot, 1, 1, 1, 10, 30, 1, 1, 1, 1, 1)
        (row,) = robot.sealed()

        assert robot.times_s(row) == [0, 1, 2, 3, 4, 5, 6, 7]
        assert row.trigger is not None
        assert row.trigger.rule == "shorter"
        assert [one.trigger and one.trigger.rule for one in robot.facts(row).merged] == ["longer"]


def test_a_post_roll_grows_no_longer_than_allowed_and_what_comes_then_has_its_own(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[EXTENDING], max_post_s=6) as robot:
        drive(robot, *(10 if second % 2 else 1 for second in range(12)), 1, 1, 1, 1, 1)
        rows = robot.sealed(3)

        assert [row.post_s for row in rows] == [5, 5, 5]
        assert [robot.times_s(row) for row in rows] == [list(range(begin, begin + 7)) for begin in (0, 4, 8)]
        assert [(row.merged_into, row.more) for row in robot.rows(CaptureState.MERGED)] == [
            (row.session_id, 0) for row in rows
        ]


def test_a_rule_may_add_where_the_others_extend(tmp_path: Path) -> None:
    adding = {**EXTENDING, "name": "adding", "value": 20, "during_post_roll": "add"}
    rules = [{key: value for key, value in EXTENDING.items() if key != "during_post_roll"}, adding]
    with running_robot(tmp_path, triggers=rules, during_post_roll="extend") as robot:
        drive(robot, 1, 10, 30, 1, 1, 1, 1, 1)
        rows = robot.sealed(2)

        assert [robot.times_s(row) for row in rows] == [[0, 1, 2, 3, 4], [1, 2, 3, 4, 5]]
        assert robot.rows(CaptureState.MERGED) == []


def test_a_clock_that_was_set_back_extends_nothing(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[EXTENDING]) as robot:
        robot.say(3600, 10)
        robot.say(0, 1)
        robot.say(1, 10)
        robot.say(10, 1)
        rows = robot.sealed(2)

        assert [robot.times_s(row) for row in rows] == [[3600], [0, 1]]


def test_merged_triggers_of_a_capture_that_fails_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("pilothouse.recorder.capture.writing.write_capture", broken)
    with running_robot(tmp_path, triggers=[EXTENDING]) as robot:
        drive(robot, 1, 10, 1, 10, 1, 1, 1, 1, 1)
        rows = eventually(lambda: (found := robot.rows(CaptureState.REFUSED)) and len(found) == 2 and found, what="two")

        assert [row.why for row in rows or []] == ["RuntimeError: no"] * 2


def test_what_is_over_the_budget_is_one_row_that_counts(tmp_path: Path) -> None:
    rules = [{**FAST, "name": name, "post_s": 0.1, "pre_s": 0.5, "captures_per_hour": 3} for name in ("a", "b")]
    with running_robot(tmp_path, triggers=rules, captures_per_hour=5) as robot:
        drive(robot, *(10 if second % 2 else 1 for second in range(20)), 1)
        eventually(lambda: sum(row.more for row in robot.rows(CaptureState.REFUSED)) == 13, what="what was counted")
        refused = robot.rows(CaptureState.REFUSED)

        assert len(robot.sealed(5)) == 5
        assert {(row.trigger.rule, row.why, row.more) for row in refused if row.trigger} == {
            ("a", "over the budget of this rule: 3 recordings in an hour", 6),
            ("b", "over the budget of all rules together: 5 recordings in an hour", 7),
        }
        assert {row.last_fired_at_ns for row in refused} == {START_NS + 19 * NS_PER_S}
        answered = robot.recorder.answers.triggers()
        assert {one.name: one.over_budget for one in answered.rules} == {"a": 7, "b": 8}
        assert sorted(one.more for one in answered.recent if one.state is CaptureState.REFUSED) == [6, 7]


def test_a_thousand_triggers_in_a_minute_leave_few_rows_and_files(tmp_path: Path) -> None:
    rule = {**FAST, "post_s": 1, "pre_s": 2}
    with running_robot(tmp_path, window_s=5, triggers=[rule]) as robot:
        for number in range(1000):
            robot.say(number * 0.06, 10)
            robot.say(number * 0.06 + 0.03, 1)
        robot.say(100)
        eventually(lambda: not robot.rows(CaptureState.WAITING), what="the captures")
        eventually(lambda: sum(1 + row.more for row in robot.rows()) == 1000, what="every trigger")

        assert len(robot.rows()) == 21
        paths = list((tmp_path / "sessions").glob("*.mcap"))
        assert len(paths) == 20
        assert all(verify(path).ok for path in paths)
        (refused,) = robot.rows(CaptureState.REFUSED)
        assert (refused.more, refused.why) == (979, "over the budget of this rule: 20 recordings in an hour")
        assert refused.last_fired_at_ns == START_NS + round(999 * 0.06 * NS_PER_S)
        assert robot.recorder.save("people are never refused").message_count


def test_a_thousand_triggers_that_extend_are_few_long_recordings(tmp_path: Path) -> None:
    rule = {**FAST, "post_s": 1, "pre_s": 2, "during_post_roll": "extend"}
    with running_robot(tmp_path, window_s=5, max_post_s=20, triggers=[rule]) as robot:
        for number in range(1000):
            robot.say(number * 0.06, 10)
            robot.say(number * 0.06 + 0.03, 1)
        robot.say(100)
        eventually(lambda: not robot.rows(CaptureState.WAITING), what="the captures")
        eventually(lambda: sum(1 + row.more for row in robot.rows()) == 1000, what="every trigger")
        sealed = robot.sealed(4)

        assert len(robot.rows()) == 8
        together = sorted({time_s for row in sealed for time_s in robot.times_s(row)})
        assert together == [round(number * 0.03, 3) for number in range(2000)]
        assert all(len(robot.facts(row).merged) == 1 for row in sealed)


def test_budgets_outlive_the_recorder_and_a_day_of_the_wall_clock(tmp_path: Path) -> None:
    rule = {**FAST, "captures_per_day": 1, "post_s": 0.1}
    for run in range(3):
        with running_robot(tmp_path, triggers=[rule]) as robot:
            drive(robot, 1, 10, 1, 1)
            eventually(lambda: not robot.rows(CaptureState.WAITING), what="the end")

            assert len(robot.rows(CaptureState.SEALED)) == 1
            assert len(robot.rows(CaptureState.REFUSED)) == run


def test_alerts_share_a_budget_and_people_do_not(tmp_path: Path) -> None:
    with running_robot(tmp_path, rule_captures_per_hour=2) as robot:
        robot.say(0)
        captures = robot.recorder.captures
        for _ in range(2):
            captures.save(label="", window_s=60, reason="alert")
        for _ in range(3):
            with pytest.raises(OverBudget):
                captures.save(label="", window_s=60, reason="alert")
        for _ in range(5):
            robot.recorder.save("")
        eventually(lambda: robot.rows(CaptureState.REFUSED)[0].more == 2, what="the count")

        assert len(robot.rows(CaptureState.SEALED)) == 7


def test_a_budget_that_is_changed_holds_at_once_and_knows_what_was_spent(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "post_s": 0.1}], rule_captures_per_hour=1) as robot:
        drive(robot, 1, 10, 1, 10, 1, 1)
        eventually(lambda: robot.rows(CaptureState.REFUSED), what="the refusal")
        larger = robot.recorder.settings.model_copy(update={"rule_captures_per_hour": 2})
        robot.recorder.captures.use(larger)
        for second, value in enumerate([10, 1, 10, 1, 1], 10):
            robot.say(second, value)
        robot.sealed(2)
        eventually(lambda: len(robot.rows(CaptureState.REFUSED)) == 2, what="the next refusal")

        assert len(robot.rows(CaptureState.SEALED)) == 2


def test_a_refused_trigger_is_known_on_disk_before_anything_else_happens(tmp_path: Path) -> None:
    with running_robot(tmp_path, triggers=[{**FAST, "captures_per_hour": 0}]) as robot:
        robot.say(0, 10)

        assert [row.why for row in robot.rows(CaptureState.REFUSED)] == [
            "over the budget of this rule: 0 recordings in an hour"
        ]


def test_the_hub_hears_of_triggers_that_made_no_recording(tmp_path: Path) -> None:
    hub = FakeHub()
    once = {**FAST, "name": "fast", "captures_per_hour": 1}
    with running_robot(tmp_path, hub=hub, triggers=[once], heartbeat_s=0.05) as robot:
        drive(robot, 1, 10, 1, 1, 10, 1, 10, 1, 1)
        robot.sealed()
        told = eventually(
            lambda: [one for beat in hub.heartbeats[-1:] for one in beat.without_recording if one.more],
            what="a heartbeat that tells",
        )

    assert [(one.why, one.more) for one in told] == [("over the budget of this rule: 1 recordings in an hour", 1)]
