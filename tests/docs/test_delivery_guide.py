"""The guide to delivery holds: its commands run as printed against a real hub, its configuration is valid."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from pilothouse.client import HubClient
from pilothouse.kit.settings import load
from pilothouse.recorder.delivery_settings import AdoptConfig, DeliverySettings
from pilothouse.recorder.outbox.risk_events import MAX_WAITING_BYTES
from pilothouse.recorder.settings import RecorderSettings
from tests.support.processes import eventually, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs/guides/delivery.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
(CONFIGURATION,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def run(command: str, directory: Path, **names: str) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, **names}
    done = subprocess.run(
        ["bash", "-c", command], cwd=directory, env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, (command, done)
    return done.stdout


def test_every_command_runs_as_printed_from_the_code_to_the_hub(tmp_path: Path) -> None:
    env = {"MD_HUB_AUTH_PASSWORD": "hunter2"}
    flags = ("hub", "--mode", "fleet", "--data", tmp_path / "hub", "--host", "127.0.0.1", "--port", "0")
    create, enroll, report, health = COMMANDS
    with pilothouse(*flags, env=env) as hub:
        assert json.loads(run(create, tmp_path, HUB=hub.url, PASSWORD="hunter2"))["robot_id"] == "arm-7"
        assert "enrolled as arm-7" in run(enroll, tmp_path, HUB=hub.url)
        recorder_flags = ("recorder", "run", "--data", tmp_path / "robot", "--port", "0")
        with pilothouse(*recorder_flags) as recorder, HubClient(hub.url, password="hunter2") as operator:
            assert json.loads(run(report, tmp_path, RECORDER=recorder.url)) == {"accepted": 1, "duplicates": 0}
            eventually(lambda: operator.risk_events().total == 1, what="the report at the hub")
            delivery = json.loads(run(health, tmp_path, RECORDER=recorder.url))["delivery"]

    assert delivery["hub"] == hub.url
    assert delivery["token"]["token_id"]


def test_the_configuration_is_valid_shows_every_key_and_the_defaults_it_names(tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(CONFIGURATION)
    content = yaml.safe_load(CONFIGURATION)

    settings = load(RecorderSettings, file=file, environ={})

    assert set(content["delivery"]) == set(DeliverySettings.model_fields)
    assert set(content["adopt"][0]) == set(AdoptConfig.model_fields)
    default, same = DeliverySettings(), ("direct", "alert_after_s", "rotate_token_days")
    assert [getattr(settings.delivery, name) for name in same] == [getattr(default, name) for name in same]
    assert settings.adopt[0].label == AdoptConfig(directory=tmp_path).label
    assert MAX_WAITING_BYTES == 256 << 20
