"""What deploy/ and its guide name exists, and the units are units."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
import yaml

from pilothouse.cli.app import GROUPS
from pilothouse.guard.settings import GuardSettings
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.settings import environment_names
from pilothouse.recorder.settings import RecorderSettings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy").glob("*.service"))
NAMED = re.compile(r"\b(?:PILOTHOUSE|MD)_[A-Z_]+\b|\bTRUSTED_PROXIES\b")


def known() -> set[str]:
    every = (HubSettings, GuardSettings, RecorderSettings)
    names = {name for one in every for key, field in one.model_fields.items() for name in environment_names(key, field)}
    return names | {"PILOTHOUSE_HUB_TOKEN"}


@pytest.mark.parametrize("file", [*UNITS, ROOT / "deploy/nginx.conf", ROOT / "docs/guides/operations.md"], ids=str)
def test_every_setting_that_is_named_is_one(file: Path) -> None:
    assert set(NAMED.findall(file.read_text(encoding="utf-8"))) <= known()


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_runs_a_program_that_says_when_it_is_ready_and_is_ended_in_time(file: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(file.read_text(encoding="utf-8"))
    service = unit["Service"]

    assert service["ExecStart"].split()[0] == "/opt/pilothouse/bin/pilothouse"
    assert service["ExecStart"].split()[1] in GROUPS
    assert service["Type"] == "notify"
    assert int(service["TimeoutStopSec"]) > 5
    # A sandbox sets up its network by netlink, and sources learn by it where to look for peers.
    assert ("AF_NETLINK" in service["RestrictAddressFamilies"]) == (
        service["ExecStart"].split()[1] in ("hub", "worker", "recorder")
    )


def test_nginx_tells_the_hub_who_asks_by_what_name_and_by_tls_and_prometheus_has_targets() -> None:
    proxy = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    scraped = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text(encoding="utf-8"))

    for header in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Upgrade", "Connection"):
        assert f"proxy_set_header {header} " in proxy
    assert [one["job_name"] for one in scraped["scrape_configs"]] == ["pilothouse-hub", "pilothouse-recorder"]
