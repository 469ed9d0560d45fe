"""``/api/control/*``, through the whole application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pilothouse.guard.api import GuardTokenNeeded, create_app
from pilothouse.guard.loop import Command, State, after
from pilothouse.guard.loop.control import NotNow
from pilothouse.guard.model import Action
from pilothouse.guard.settings import GuardSettings
from pilothouse.web import public_routes
from tests.support.processes import eventually
from tests.support.served_guards import Guard, guarding, stack_of

COMMANDS = [command.value for command in Command]


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    with guarding(tmp_path) as guard:
        yield guard


def into(guard: Guard, state: str) -> None:
    """Bring a fresh guard into a state."""
    ways = {
        "idle": (),
        "running": ("start",),
        "paused": ("start", "pause"),
        "stopped": ("start", "stop"),
        "emergency": ("estop",),
    }
    for command in ways[state]:
        assert guard.post(command).status_code == 200
    assert guard.status["state"] == state


@pytest.mark.parametrize("state", [state.value for state in State])
def test_every_command_in_every_state_is_as_the_table_says(tmp_path: Path, state: str) -> None:
    for command in COMMANDS:
        data = tmp_path / command
        data.mkdir()
        with guarding(data) as guard:
            into(guard, state)
            answer = guard.post(command)
            try:
                expected = after(State(state), Command(command)).value
            except NotNow:
                assert answer.status_code == 409
                assert state in answer.json()["detail"]
                assert answer.json()["code"] == "not_now"
                assert guard.status["state"] == state
            else:
                assert (answer.status_code, answer.json()["state"]) == (200, expected)


def test_it_serves_at_once_and_moves_nothing_before_a_start(guard: Guard) -> None:
    assert guard.status["state"] == "idle"
    assert guard.http.get("/readyz").status_code == 200
    assert guard.sink.told == []


def test_start_takes_its_parameters_from_the_query(guard: Guard) -> None:
    status = guard.run(3, task_name="pick", cycle_budget_ms=8)

    assert (status["cycle_count"], status["n_cycles"], status["cycle_budget_ms"]) == (3, 3, 8.0)
    assert status["control_frequency_hz"] == pytest.approx(125)
    assert {event["active_task"] for event in guard.events()} == {"pick"}
    assert guard.events()[0]["active_boundaries"] == ["limits"]
    assert len(guard.sink.applied) == 3


def test_the_defaults_are_the_documented_ones(guard: Guard) -> None:
    answer = guard.post("start").json()

    assert (answer["active_task"], answer["n_cycles"], answer["cycle_budget_ms"]) == ("default", -1, 20.0)
    described = guard.http.get("/openapi.json").json()["paths"]["/api/control/start"]["post"]["parameters"]
    assert {one["name"]: one["schema"]["default"] for one in described} == {
        "task_name": "default", "n_cycles": -1, "cycle_budget_ms": 20.0,
    }  # fmt: skip


def test_a_frequency_in_the_stackfile_holds_when_no_budget_is_asked_for(tmp_path: Path) -> None:
    with guarding(tmp_path, stack=stack_of(safety={"control_frequency_hz": 200, "max_obs_age_s": 2})) as guard:
        assert guard.post("start", n_cycles=1).json()["cycle_budget_ms"] == 5.0


@pytest.mark.parametrize(
    "query",
    [{"n_cycles": 0}, {"n_cycles": -2}, {"n_cycles": "many"}, {"cycle_budget_ms": 0}, {"cycle_budget_ms": "nan"},
     {"cycle_budget_ms": "inf"}, {"cycle_budget_ms": -1}, {"task_name": ""}],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_starts_nothing(guard: Guard, query: dict[str, object]) -> None:
    assert guard.post("start", **query).status_code == 422
    assert guard.status["state"] == "idle"


def test_an_unknown_task_is_not_found_and_the_nearest_is_named(guard: Guard) -> None:
    answer = guard.post("start", task_name="pikc")

    assert answer.status_code == 404
    assert "'pick'" in answer.json()["detail"]
    assert guard.status["state"] == "idle"


def test_start_after_an_emergency_stop_needs_a_reset(guard: Guard) -> None:
    into(guard, "emergency")

    assert guard.post("start").status_code == 409
    assert guard.http.get("/readyz").status_code == 503
    assert guard.post("reset").json()["state"] == "idle"
    assert guard.http.get("/readyz").status_code == 200
    assert guard.run(2)["state"] == "stopped"


def test_the_emergency_stop_says_who_and_that_the_sinks_were_told(guard: Guard) -> None:
    guard.post("start")
    eventually(lambda: guard.sink.applied, deadline_s=20)

    cause = guard.post("estop").json()["emergency"]

    assert (cause["source"], cause["sinks_told"], cause["problems"]) == ("rest", True, [])
    assert guard.sink.told[-1] == "emergency_stop"


def test_the_emergency_stop_asks_for_no_token_no_name_and_no_origin(tmp_path: Path) -> None:
    with guarding(tmp_path, guard_token="s3cret") as guard:
        strange = {"Host": "evil.example", "Origin": "https://evil.example"}

        assert guard.http.get("/api/control/status").status_code == 401
        assert guard.http.get("/api/control/status", headers=strange).status_code == 403
        assert guard.http.post("/api/control/estop", headers=strange).status_code == 200
        assert guard.runtime.loop.state is State.EMERGENCY
        assert guard.http.post("/api/control/reset").status_code == 401
        assert guard.http.post("/api/control/reset", headers={"Authorization": "Bearer s3cret"}).status_code == 200


def test_beyond_loopback_it_does_not_start_without_a_token(tmp_path: Path) -> None:
    with pytest.raises(GuardTokenNeeded):
        create_app(GuardSettings(data=tmp_path, host="0.0.0.0"))


def test_with_a_token_only_the_emergency_stop_and_the_probes_are_public(tmp_path: Path) -> None:
    guarded = create_app(GuardSettings(data=tmp_path, guard_token="s3cret"))

    assert public_routes(guarded) == []
    assert "/api/control/estop" in guarded.state.public
    assert not [
        path for path in guarded.state.public if path.startswith(("/api", "/ws", "/mcap")) and "estop" not in path
    ]


def test_a_slow_policy_gets_the_fallback_and_the_metrics_say_so(tmp_path: Path) -> None:
    answered = threading.Event()

    with guarding(tmp_path) as guard:
        guard.pacer.patience = 100
        guard.policy.say = lambda observation: (answered.wait(60), Action((0.01, 0.01)))[1]
        guard.run(3)
        answered.set()

        assert {event["failure_type"] for event in guard.events()} == {"policy_late"}
        assert {event["fallback_triggered"] for event in guard.events()} == {"hold"}
        metrics = guard.http.get("/metrics").text
    assert "pilothouse_guard_late_policies_total 3.0" in metrics
    assert 'pilothouse_guard_state{state="stopped"} 1.0' in metrics
    assert 'pilothouse_guard_jitter_seconds_bucket{le="+Inf"} 3.0' in metrics


def test_a_jump_far_away_is_never_sent(guard: Guard) -> None:
    guard.policy.say = lambda observation: Action((50.0, 1e9))
    guard.run(5)

    assert all(abs(position) <= 0.2 for action in guard.sink.applied for position in action.joint_positions)


def rewrite(tmp_path: Path, **sections: object) -> None:
    (tmp_path / "stack.yaml").write_text(yaml.safe_dump(stack_of(**sections)))


def test_a_reload_during_motion_swaps_the_engine_and_the_session_goes_on(guard: Guard, tmp_path: Path) -> None:
    guard.post("start")
    before = eventually(lambda: guard.sink.applied and guard.status, deadline_s=20)
    rewrite(tmp_path, boundaries={"limits": {"type": "joint_position"}}, tasks={"default": {}})

    answer = guard.post("reload")

    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    after_it = eventually(lambda: (now := guard.status)["active_boundaries"] == ["limits"] and now, deadline_s=20)
    assert after_it["session_id"] == before["session_id"]
    assert after_it["config_hash"] == answer.json()["config_hash"] != before["config_hash"]
    assert after_it["state"] == "running"


@pytest.mark.parametrize(
    ("sections", "status", "words"),
    [
        ({"tasks": {"default": {"boundaries": ["limts"]}}}, 422, "limits"),
        ({"tasks": {"other": {}}}, 409, "'default' is running"),
        ({"policy": {"type": "sim", "period_s": 3}}, 409, "policy"),
        ({"joints": 3}, 409, "joints"),
    ],
)
def test_what_cannot_be_reloaded_leaves_the_old_engine_and_says_why(
    guard: Guard, tmp_path: Path, sections: dict[str, object], status: int, words: str
) -> None:
    guard.post("start")
    before = eventually(lambda: guard.sink.applied and guard.status, deadline_s=20)
    rewrite(tmp_path, **sections)

    answer = guard.post("reload")

    assert answer.status_code == status
    assert words in answer.json()["detail"]
    now = guard.status
    assert (now["config_hash"], now["state"]) == (before["config_hash"], "running")
    assert now["last_reload"]["ok"] is False
    assert words in now["last_reload"]["detail"]


def test_at_the_end_the_sink_is_told_to_stop(tmp_path: Path) -> None:
    with guarding(tmp_path) as guard:
        guard.post("start")
        eventually(lambda: guard.sink.applied, deadline_s=20)

    assert guard.sink.told[-1] == "stop"


def test_a_hardware_button_is_a_function_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "button_of_a_test.py").write_text("is_down = []\ndef pressed():\n    return bool(is_down)\n")

    with guarding(tmp_path, estop_function="button_of_a_test:pressed") as guard:
        guard.post("start")
        eventually(lambda: guard.sink.applied, deadline_s=20)
        __import__("button_of_a_test").is_down.append(1)

        assert guard.wait_for("emergency")["emergency"]["source"] == "hardware"
