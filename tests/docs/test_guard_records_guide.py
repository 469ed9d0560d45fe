"""The guide of the guard's records holds: its commands run as printed, its settings are complete and the defaults."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from pilothouse.guard.stackfile.sections import LoopbackConfig, RiskConfig
from pilothouse.kit.settings import load
from pilothouse.mcap import verify
from pilothouse.recorder.settings import RecorderSettings
from tests.support.processes import PILOTHOUSE, eventually, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs/guides/guard-records.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
(PYTHON,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
SETTINGS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)]


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running guard whose policy misbehaves, and the directory the commands run in."""
    directory = tmp_path_factory.mktemp("guard")
    subprocess.run([PILOTHOUSE, "guard", "init"], cwd=directory, check=True, capture_output=True)
    stack = yaml.safe_load((directory / "stack.yaml").read_text())
    stack["policy"] = {"type": "sim", "misbehave": "nan", "misbehave_every_s": 0.2}
    (directory / "stack.yaml").write_text(yaml.safe_dump(stack))
    arguments = ("guard", "run", "stack.yaml", "--data", "data", "--port", "0", "--start")
    with pilothouse(*arguments, cwd=directory) as program, httpx2.Client(base_url=program.url) as client:

        def recorded() -> dict[str, Any] | None:
            answer = client.get("/mcap/sessions")
            sessions = answer.json()["sessions"] if answer.is_success else []
            return sessions[0] if sessions and sessions[0]["total_cycles"] > 40 else None

        session = eventually(recorded)
        eventually(lambda: client.get("/api/risk-log/stats").json()["rejected"] > 0)
        client.post("/api/control/stop").raise_for_status()
        yield {
            "GUARD": program.url, "SESSION": session["session_id"], "FILE": session["filename"], "HERE": str(directory)
        }  # fmt: skip


def test_every_command_runs_as_printed(guard: dict[str, str]) -> None:
    path = f"{PILOTHOUSE.parent}:{os.environ['PATH']}"
    here = Path(guard["HERE"])
    answers = []
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, **guard, "PATH": path},
            cwd=here, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done)
        answers.append(done.stdout)

    assert len(answers) == 12
    assert json.loads(answers[2])["rejected"] > 0
    assert json.loads(answers[3])["event_id"] == 1
    assert json.loads(answers[6])["sessions"][0]["session_id"] == guard["SESSION"]
    assert json.loads(answers[8])["events"][0]["outcome"] == "reject"
    assert len(json.loads((here / "risk_log.json").read_text())) >= json.loads(answers[2])["total"]
    assert verify(here / "incident.mcap").message_count == 22

    subprocess.run(["python", "-c", PYTHON], env={**os.environ, "PATH": path}, cwd=here, check=True)
    assert verify(here / "cut.mcap").message_count == 11


def test_the_settings_are_all_of_them_and_the_values_of_risk_are_the_defaults() -> None:
    risk, loopback = SETTINGS[0]["risk"], SETTINGS[1]["loopback"]

    assert set(risk) == set(RiskConfig.model_fields)
    assert RiskConfig.model_validate(risk) == RiskConfig()
    assert set(loopback) == set(LoopbackConfig.model_fields)
    shown = LoopbackConfig.model_validate(loopback)
    assert shown.model_copy(update={"max_total_mb": None}) == LoopbackConfig()


def test_the_recorder_takes_its_part(tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(yaml.safe_dump(SETTINGS[2]))

    assert load(RecorderSettings, file=file, environ={}).adopt[0].label == "guard session"
