"""A changed configuration is applied as a whole or not at all, and nothing that was recorded is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.errors import Problem
from pilothouse.mcap import open_recording
from pilothouse.recorder.problems import NeedsRestart, NothingToReload
from pilothouse.recorder.recorder import Recorder
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources import SourceState
from tests.support.flights import write_flight
from tests.support.processes import PILOTHOUSE, Program, eventually, pilothouse
from tests.support.robots import FAST, FakeHub, Robot, recorder_settings, running_robot

RULE = "{kind: threshold, topic: /agent, field: x, op: gt, value: 3}"


def read(config: dict[str, Any]) -> RecorderSettings:
    return recorder_settings(**config)


@contextmanager
def changing(data: Path, **settings: object) -> Iterator[tuple[Robot, dict[str, object]]]:
    """A running recorder and its configuration, to be changed."""
    config: dict[str, object] = {"data": data, **settings}
    recorder = Recorder.open(read(config), read=lambda: read(config))
    recorder.start()
    try:
        yield Robot(recorder), config
    finally:
        recorder.stop()


def test_captures_that_wait_for_the_disk_hold_no_more_than_the_new_budget(tmp_path: Path) -> None:
    with changing(tmp_path, max_bytes=64 << 20) as (robot, config):
        config["max_bytes"] = 32 << 20
        robot.recorder.reload()

        assert robot.recorder.captures._backlog.max_bytes == 32 << 20


def test_a_new_rule_fires_and_an_old_one_keeps_its_memory(tmp_path: Path) -> None:
    slow = {**FAST, "name": "fast", "duration_s": 5}
    with changing(tmp_path, triggers=[slow]) as (robot, config):
        for second in range(3):
            robot.say(second, 10)
        config["triggers"] = [{**slow, "post_s": 0.5}, {**FAST, "name": "faster", "value": 11}]

        assert robot.recorder.reload().changed == ["triggers"]
        for second in range(3, 7):
            robot.say(second, 10)
        robot.say(7, 12)
        fired = {one.rule.name: one.fired for one in robot.recorder.pipeline.rules}

    assert fired == {"fast": 1, "faster": 1}, "five seconds have passed since before the reload"
    assert [one.post_s for one in robot.recorder.pipeline.rules if one.rule.name == "fast"] == [0.5]


def test_a_rule_that_is_gone_fires_no_more(tmp_path: Path) -> None:
    with changing(tmp_path, triggers=[FAST]) as (robot, config):
        robot.say(0, 1)
        config["triggers"] = []
        robot.recorder.reload()
        robot.say(1, 10)

        assert robot.recorder.answers.triggers().rules == []
        assert robot.rows() == []


def test_window_budget_and_topics_hold_at_once(tmp_path: Path) -> None:
    with changing(tmp_path) as (robot, config):
        for second in range(60):
            robot.say(second)
            robot.recorder.ring.seal()
        config.update(window_s=10, max_bytes=40 << 20, topics=[{"match": "/speed", "max_rate_hz": 1}], post_s=0)
        applied = robot.recorder.reload()
        row = robot.recorder.save("after")

        assert set(applied.changed) == {"window_s", "max_bytes", "topics", "post_s"}
        assert robot.times_s(row)[0] == 49
        assert robot.recorder.answers.health().buffer_fill < 1


def refusal(reload: Callable[[], object]) -> str:
    with pytest.raises(Problem) as problem:
        reload()
    return problem.value.sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"robot_id": "another"}, "robot_id cannot change while the recorder runs"),
        ({"port": 1234}, "port cannot change"),
        ({"data": "elsewhere"}, "data cannot change"),
        ({"sources": ["replay:absent.mcap"]}, "there is no such file"),
        ({"window": 5}, "did you mean 'window_s'"),
        ({"drop_directory": "/proc/version"}, "drop_directory"),
    ],
)
def test_what_cannot_be_applied_changes_nothing_at_all(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with changing(tmp_path, triggers=[FAST]) as (robot, config):
        before = robot.recorder.settings
        config.update({"triggers": [], "window_s": 5, **change})

        assert said in refusal(robot.recorder.reload)
        assert robot.recorder.settings is before
        assert [one.rule.name for one in robot.recorder.pipeline.rules] == ["/speed.data > 9"]


def test_a_recorder_without_a_configuration_says_so(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot, pytest.raises(NothingToReload):
        robot.recorder.reload()


def test_every_setting_is_applied_or_named_as_needing_a_restart(tmp_path: Path) -> None:
    with changing(tmp_path, spool_fsync="seal") as (robot, config):
        config["spool_fsync"] = "never"

        with pytest.raises(NeedsRestart, match="spool_fsync"):
            robot.recorder.reload()


def test_sources_that_stay_go_on_and_others_take_their_places(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.mcap" for name in ("first", "second", "third"))
    for path in (first, second, third):
        write_flight(path, seconds=600)
    with changing(tmp_path / "data", sources=[f"replay:{first}", f"replay:{second}"]) as (robot, config):
        stays, goes = robot.recorder.sources
        config["sources"] = [f"replay:{third}", f"replay:{first}"]
        applied = robot.recorder.reload()
        comes, same = robot.recorder.sources
        eventually(lambda: comes.progress.messages, what="the new source to speak")

        assert (applied.started, applied.stopped) == ([f"replay:{third}"], [f"replay:{second}"])
        assert same is stays
        assert goes.is_over
        assert [one.name for one in robot.recorder.answers.health().sources] == [f"replay:{third}", f"replay:{first}"]
        assert stays.state is SourceState.RUNNING


def test_a_source_that_has_failed_gets_another_chance(tmp_path: Path) -> None:
    path = tmp_path / "flight.mcap"
    write_flight(path, seconds=2)
    with changing(tmp_path / "data", sources=[f"replay:{path}"]) as (robot, _):
        robot.recorder.sources[0]._state = SourceState.FAILED

        assert robot.recorder.reload().started == [f"replay:{path}"]


def ask(program: Program, path: str, *, post: bool = False) -> Any:
    request = urllib.request.Request(program.url + path, b"{}" if post else None, method="POST" if post else "GET")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def push(program: Program, topic: str, text: str) -> None:
    body = json.dumps({"topic": topic, "data": text}).encode()
    urllib.request.urlopen(urllib.request.Request(program.url + "/messages", body), timeout=30).close()


def said_in(path: str) -> list[str]:
    with open_recording(Path(path)) as recording:
        return [json.loads(one.content) for one in recording.messages()]


def test_a_real_recorder_keeps_its_minute_over_reloads_by_signal_and_by_command(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    config.write_text("robot_id: r2\ntriggers: []\n")
    with pilothouse("recorder", "run", "--config", config, "--data", tmp_path / "data", "--port", "0") as program:
        push(program, "/agent", "before")
        config.write_text(f"robot_id: r2\nwindow_s: 30\ntriggers: [{RULE}]\n")
        os.kill(program.pid, signal.SIGHUP)
        eventually(lambda: ask(program, "/triggers")["rules"], what="the rule to be there")
        push(program, "/agent", "between")
        config.write_text("robot_id: another\n")
        refused = ask(program, "/config/reload", post=True)
        config.write_text("robot_id: r2\n")
        applied = ask(program, "/config/reload", post=True)
        push(program, "/agent", "after")
        saved = ask(program, "/sessions/save", post=True)
        assert program.stop() == 0

    assert refused["code"] == "needs_restart"
    assert set(applied["changed"]) == {"window_s", "triggers"}
    assert said_in(saved["path"]) == ["before", "between", "after"]


def test_signals_never_kill_a_recorder_and_each_is_a_save(tmp_path: Path) -> None:
    with pilothouse("recorder", "run", "--data", tmp_path, "--port", "0", ready=False) as program:
        until_it_listens_to_signals(program)
        os.kill(program.pid, signal.SIGUSR1)
        program.wait_ready()
        push(program, "/agent", "first")
        saved = eventually(lambda: (one := ask(program, "/sessions/last")).get("path") and one, what="the save")
        assert program.stop() == 0

    assert (saved["label"], said_in(saved["path"])) == ("SIGUSR1", ["first"])


def until_it_listens_to_signals(program: Program) -> None:
    """From the moment the interpreter runs our first lines; a handler is there long before anything is ready."""
    mask = 1 << (signal.SIGUSR1 - 1)

    def caught() -> bool:
        lines = Path(f"/proc/{program.pid}/status").read_text().splitlines()
        return any(int(line.split()[1], 16) & mask for line in lines if line.startswith("SigCgt:"))

    eventually(caught, what="the handler")
    assert not program.url


def test_the_command_reloads_and_says_what_changed(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    config.write_text("robot_id: r2\n")
    with pilothouse("recorder", "run", "--config", config, "--data", tmp_path / "data", "--port", "0") as program:
        config.write_text("robot_id: r2\nwindow_s: 30\n")
        command = [PILOTHOUSE, "recorder", "reload", "--url", program.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        config.write_text("robot_id: r2\nwindow_s: [\n")
        wrong = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "applied: window_s\n"
    assert wrong.returncode == 2
    assert "is not valid YAML" in wrong.stderr


def test_what_waits_is_delivered_as_soon_as_the_hours_and_the_token_allow_it(tmp_path: Path) -> None:
    closed = {"windows": ["00:00-00:01" if time.localtime().tm_hour > 1 else "12:00-12:01"], "time_zone": None}
    hub = FakeHub()
    config: dict[str, Any] = {"data": tmp_path, "hub_url": "http://hub.test", "delivery": closed, "heartbeat_s": 0.05}
    recorder = Recorder.open(read(config), connect=lambda: hub, read=lambda: read(config))
    recorder.start()
    try:
        robot = Robot(recorder)
        robot.say(0)
        row = recorder.save("x")
        eventually(lambda: hub.heartbeats, what="a heartbeat")
        assert hub.recordings == {}
        config["delivery"] = {"max_bytes_per_s": "10MB"}

        assert recorder.reload().changed == ["delivery"]
        eventually(lambda: row.session_id in hub.recordings, what="the recording")
        config["hub_url"] = None
        assert "whether there is a hub_url" in refusal(recorder.reload)
    finally:
        recorder.stop()
