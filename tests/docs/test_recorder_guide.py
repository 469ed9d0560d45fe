"""The recorder's guide holds: its configuration is complete and valid, its commands run as printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pilothouse.kit.settings import load
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources.config import ReplayConfig
from pilothouse.triggers import ThresholdConfig
from tests.support.flights import write_flight
from tests.support.processes import eventually, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs/guides/recorder.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
CONFIGURATION = next(one for one in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL) if "# recorder.yaml" in one)
# Shared by all services, or a secret that does not belong in a file.
ELSEWHERE = re.compile(r"log_|rate_limit_|security_header_|allowed_hosts|trusted_proxies|.*_token")


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("robot")
    flight = write_flight(directory / "flight.mcap", seconds=2).path
    flags = ("--source", f"replay:{flight}", "--speed", "max", "--data", directory / "data", "--port", "0")
    with pilothouse("recorder", "run", *flags) as program:
        eventually(lambda: "a source has ended" in program.stderr, what="the end of the replay")
        yield program.url


def test_every_command_runs_as_printed(recorder: str) -> None:
    answers = []
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            env={**os.environ, "RECORDER": recorder},
            check=False,
        )
        assert done.returncode == 0, (command, done)
        answers.append(done.stdout)

    assert len(answers) == 10
    assert json.loads(answers[8])["label"] == "MotorHot: left motor above 90 °C"
    assert json.loads(answers[9])["accepted"] == 2


def test_the_configuration_is_valid_and_shows_every_key(tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(CONFIGURATION)
    content = yaml.safe_load(CONFIGURATION)

    settings = load(RecorderSettings, file=file, environ={})

    assert settings.triggers[0].label == "overspeed"
    assert set(content) == {name for name in RecorderSettings.model_fields if not ELSEWHERE.match(name)}
    assert set(content["triggers"][0]) == set(ThresholdConfig.model_fields)
    assert set(content["sources"][0]) == set(ReplayConfig.model_fields)


def test_the_values_shown_as_defaults_are_the_defaults(tmp_path: Path) -> None:
    content = yaml.safe_load(CONFIGURATION)
    file = tmp_path / "recorder.yaml"
    same = (
        "host",
        "port",
        "window_s",
        "max_bytes",
        "compression",
        "post_s",
        "spool_max_bytes",
        "spool_fsync",
        "heartbeat_s",
    )
    file.write_text(yaml.safe_dump({name: content[name] for name in same}))

    shown, default = load(RecorderSettings, file=file, environ={}), load(RecorderSettings, environ={})

    assert shown == default
