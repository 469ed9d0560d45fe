"""The guide to triggers holds: every configuration loads, every kind has an example, the backtest is what it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pilothouse.kit.settings import load
from pilothouse.mcap import Decoders, open_recording
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.triggers import build_rule
from pilothouse.triggers.backtest import backtest
from pilothouse.triggers.composite import AllConfig, AnyConfig
from pilothouse.triggers.kinds import SINGLES
from tests.support.flights import drone_flight

GUIDE = (Path(__file__).parents[2] / "docs/guides/triggers.md").read_text(encoding="utf-8")
CONFIGURATIONS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
CONSOLE = re.findall(r"```console\n\$ pilothouse (.*?)\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_a_configuration_loads_as_a_recorders_and_makes_rules(text: str, tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(text)

    settings = load(RecorderSettings, file=file, environ={})

    assert len([build_rule(config) for config in settings.triggers]) >= len(yaml.safe_load(text)["triggers"])


def test_every_kind_has_an_example() -> None:
    shown = {one["kind"] for text in CONFIGURATIONS for one in yaml.safe_load(text)["triggers"] if "kind" in one}

    assert shown == {one.model_fields["kind"].default for one in [*SINGLES, AllConfig, AnyConfig]}


def test_the_backtest_prints_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "drone.mcap").symlink_to(drone_flight())
    ((flags, shown),) = CONSOLE

    answer = subprocess.run(
        ["sh", "-c", f"{Path(sys.executable).with_name('pilothouse')} {flags}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
        timeout=60,
    )

    assert answer.stdout == shown


def test_a_lower_limit_would_fire_as_often_as_the_guide_says() -> None:
    speed = {"kind": "threshold", "topic": "/speed", "field": "data", "op": "gt", "value": 8.5}
    settings = RecorderSettings(triggers=[speed, {**speed, "name": "calm", "hysteresis": 0.5}])  # type: ignore[arg-type]

    with open_recording(drone_flight()) as flight:
        rules = [build_rule(config) for config in settings.triggers]
        found = Counter(one.fired.rule for one in backtest(rules, flight.messages(topics=["/speed"]), Decoders()))

    assert found == {"/speed.data > 8.5": 5, "calm": 3}
