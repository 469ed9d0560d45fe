"""pilothouse guard: init writes what validate finds fine and run serves; faults end with two and their place."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx2
import pytest

from pilothouse.guard.boundaries import catalog
from tests.support.processes import eventually, pilothouse, ran
from tests.support.served_guards import PATIENT
from tests.support.stacks import TWO_JOINTS


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return ran("guard", *arguments)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    file = tmp_path / "my stack.yaml"
    done = run("init", file)
    assert (done.returncode, done.stdout.strip()[-len(str(file)) - 2 :]) == (0, f"'{file}'")
    return file


def test_init_writes_what_validate_finds_fine_and_never_over_a_file(written: Path) -> None:
    fine, again, forced = run("validate", written), run("init", written), run("init", written, "--force")

    assert (fine.returncode, fine.stderr) == (0, "")
    assert "is fine: sim-arm, 6 joints, 50 Hz, enforce" in fine.stdout
    assert "guard    L1 MotionGuard: limits, speed, acceleration, workspace" in fine.stdout
    assert "task     default: limits, speed, acceleration, workspace, fresh, motors" in fine.stdout
    assert "warning" not in fine.stdout
    assert (again.returncode, forced.returncode) == (5, 0)
    assert "--force" in again.stderr


def test_validate_names_each_fault_with_its_line(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(TWO_JOINTS.replace("scale", "scael"))
    two.write_text(TWO_JOINTS.replace("scale", "scael").replace("max_obs_age_s", "max_age"))

    single, several, facts = run("validate", one), run("validate", two), run("validate", two, "--json")

    assert single.returncode == several.returncode == facts.returncode == 2
    assert single.stderr == f"pilothouse: {one}: line 15, boundaries.speed.scael: unknown key; did you mean 'scale'?\n"
    assert len(several.stdout.splitlines()) == 2
    assert json.loads(facts.stdout)["faults"][0] == {
        "path": ["boundaries", "speed", "scael"], "line": 15, "reason": "unknown key; did you mean 'scale'?",
    }  # fmt: skip
    assert run("validate", tmp_path / "absent.yaml").returncode == 4


def test_validate_warns_of_what_may_be_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(
        TWO_JOINTS.replace("default: {boundaries: [limits, speed]", "pick: {boundaries: [limits]")
        .replace("policy: {type: sim}\n", "")
        .replace("max_obs_age_s: 0.2", "mode: monitor")
    )

    warnings = json.loads(run("validate", file, "--json").stdout)["warnings"]

    assert [one.partition(":")[0] for one in warnings] == [
        "no task heeds the boundary 'speed'",
        "there is no task 'default', which start runs unless told otherwise",
        "mode monitor",
        "no policy",
    ]


def test_the_catalog_lists_every_kind_and_shows_one() -> None:
    listed, one, wrong = run("catalog"), run("catalog", "joint_velocity"), run("catalog", "joint_velocty")
    facts = json.loads(run("catalog", "--json").stdout)

    assert [line.split()[1] for line in listed.stdout.splitlines()] == [kind.type for kind in catalog()]
    assert "scale" in one.stdout
    assert (wrong.returncode, "did you mean 'joint_velocity'?" in wrong.stderr) == (2, True)
    assert {one["type"]: one["layer"] for one in facts} == {kind.type: kind.layer.value for kind in catalog()}


def test_the_schema_knows_every_section() -> None:
    schema = json.loads(run("schema").stdout)

    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) == {"version", "robot", "boundaries", "tasks"}
    assert set(schema["properties"]) == {
        "version", "robot", "sources", "policy", "sinks", "boundaries", "guards", "tasks", "fallbacks", "safety",
        "risk", "loopback", "telemetry",
    }  # fmt: skip
    assert schema["additionalProperties"] is False


def test_the_guard_runs_what_init_wrote_and_its_session_replays_unchanged(written: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with (
        pilothouse("guard", "run", written, "--data", data, "--port", "0", env=PATIENT) as guard,
        httpx2.Client(base_url=guard.url) as client,
    ):
        assert client.get("/api/control/status").json()["state"] == "idle"
        client.post("/api/control/start", params={"n_cycles": 40}).raise_for_status()
        eventually(lambda: client.get("/api/control/status").json()["state"] == "stopped", what="the cycles")
        assert guard.stop() == 0
    (session,) = (data / "sessions").glob("*.mcap")

    replayed = run("replay", written, session, "--json")

    (file,) = json.loads(replayed.stdout)["files"]
    assert (file["cycles"], replayed.stderr) == (40, "")
    # A machine under load may have taken too long to decide; nothing else may come out otherwise.
    assert [one for one in file["changes"] if one["before"] != "FAULT"] == []
    assert ("PASS", "PASS") in {(one["before"], one["after"]) for one in file["decisions"]}


def test_a_guard_without_a_stackfile_that_is_right_does_not_start(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TWO_JOINTS.replace("type: joint_velocity", "type: joint_velocty"))

    answer = run("run", bad, "--port", "0", "--data", tmp_path / "data")

    assert answer.returncode == 2
    assert "did you mean 'joint_velocity'?" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_second_guard_on_the_same_records_is_refused_until_the_first_is_gone(written: Path, tmp_path: Path) -> None:
    command = ("guard", "run", written, "--port", "0", "--data", tmp_path / "data")
    with pilothouse(*command) as guard:
        second = run(*command[1:])
        guard.kill()
    with pilothouse(*command):
        pass

    assert second.returncode == 2
    assert second.stderr.startswith(f"pilothouse: Another guard keeps its records in {tmp_path / 'data'}")


def test_a_running_guard_reads_its_stackfile_again(written: Path, tmp_path: Path) -> None:
    with pilothouse("guard", "run", written, "--port", 0, "--data", tmp_path / "data") as guard:
        written.write_text(written.read_text().replace("scale: 0.9", "scale: 0.5"))
        again = httpx2.post(f"{guard.url}/api/control/reload")
        speed = httpx2.get(f"{guard.url}/api/boundaries/speed").json()

    assert (again.status_code, again.json()["ok"], speed["scale"]) == (200, True, 0.5)


def test_run_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    absent, flag, nothing = run("run", tmp_path / "absent.yaml"), run("run", "x.yaml", "--prot", 1), run("run")

    assert (absent.returncode, flag.returncode, nothing.returncode) == (4, 2, 2)
    for answer in (absent, flag, nothing):
        assert len(answer.stderr.splitlines()) == 1
    assert "--prot" in flag.stderr
    assert "STACKFILE" in nothing.stderr
    assert "--start" in run("run", "--help").stdout
