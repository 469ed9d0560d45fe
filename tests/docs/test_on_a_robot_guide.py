"""The guide to running it on a robot holds: its configuration loads, its commands run as printed, its metrics exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.kit.settings import load
from pilothouse.recorder.attachment_config import AttachmentConfig
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.wire import CaptureFacts
from tests.support.flights import write_flight
from tests.support.processes import eventually, pilothouse

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/on-a-robot.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
CONFIGURATION, ALERTS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of a recorder, and the recording it has made."""
    directory = tmp_path_factory.mktemp("robot")
    flight = write_flight(directory / "flight.mcap", seconds=12).path
    flags = ("--source", f"replay:{flight}", "--speed", "max", "--trigger", "/speed.data > 9", "--robot-id", "r2")
    with pilothouse("recorder", "run", *flags, "--data", directory / "data", "--port", "0") as program:
        eventually(lambda: "recording sealed" in program.stderr, what="the recording")
        with urllib.request.urlopen(f"{program.url}/sessions/last", timeout=30) as answer:
            yield program.url, json.load(answer)


def test_every_command_runs_as_printed(recorder: tuple[str, dict[str, Any]]) -> None:
    url, last = recorder
    environment = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "RECORDER": url,
        "SESSION": last["session_id"], "RECORDING": last["path"],
    }  # fmt: skip
    answers = []
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-ec", command], capture_output=True, text=True, env=environment, check=False, timeout=60
        )
        assert done.returncode == 0, (command, done)
        answers.append(done.stdout)

    assert len(answers) == 4
    assert "config_sha256" in answers[2]


def test_the_configuration_loads_and_names_only_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(CONFIGURATION)
    settings = load(RecorderSettings, file=file, environ={})

    assert len(settings.triggers) > 1
    assert [one.called for one in settings.attachments] == ["params.yaml", "robot.log"]
    assert settings.when_full == "delete_oldest_delivered"


def test_every_metric_named_is_one_the_recorder_has(recorder: tuple[str, dict[str, Any]]) -> None:
    with urllib.request.urlopen(f"{recorder[0]}/metrics", timeout=30) as answer:
        known = set(re.findall(r"^# TYPE (\S+)", answer.read().decode(), re.MULTILINE))
    known |= {name.removesuffix("_total") for name in known} | {f"{name}_total" for name in known}
    named = set(re.findall(r"pilothouse_recorder_\w+", GUIDE))

    assert named
    assert named <= known
    for rule in yaml.safe_load(ALERTS)["groups"][0]["rules"]:
        assert set(re.findall(r"pilothouse_recorder_\w+", rule["expr"])) <= known


def test_what_is_said_of_metadata_attachments_and_the_unit_is_there() -> None:
    for name in (
        "merged",
        "drops",
        "thinned",
        "rejected",
        "too_large",
        "missed",
        "software",
        "robot",
        "missing_attachments",
    ):
        assert name in CaptureFacts.model_fields
        assert f"`{name}`" in GUIDE
    assert {"file", "log", "lines", "max_bytes"} <= set(AttachmentConfig.model_fields)
    unit = (ROOT / "deploy/pilothouse-recorder.service").read_text(encoding="utf-8")
    for line in ("Type=notify", "WatchdogSec=30", "MemoryMax=512M", "Restart=always", "ExecReload="):
        assert line in unit
        assert line.removesuffix("=") in GUIDE
