"""The commands of the guide to running a hub, and of the guide to live robots, run as printed."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from pilothouse.recorder.settings import RecorderSettings
from tests.support.flights import write_flight
from tests.support.processes import PILOTHOUSE, Program, eventually, pilothouse

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
OPERATIONS = (GUIDES / "operations.md").read_text(encoding="utf-8")
LIVE = (GUIDES / "live.md").read_text(encoding="utf-8")
SESSION = "ada_20260512T084230Z"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Path]]:
    data = tmp_path_factory.mktemp("hub")
    (data / "sessions").mkdir()
    write_flight(data / "sessions" / f"{SESSION}.mcap")
    with pilothouse("hub", "--data", data, "--port", "0", "--host", "127.0.0.1") as program:
        row = f"{program.url}/api/sessions/{SESSION}"
        eventually(lambda: httpx2.get(row).json().get("state") == "ok", what="the index")
        yield program, data


def run(example: str, directory: Path, **environment: str) -> str:
    path = f"{PILOTHOUSE.parent}:/usr/bin:/bin"
    answer = subprocess.run(
        ["sh", "-ec", example], env={"PATH": path, **environment}, cwd=directory, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_hub_is_backed_up_and_put_back_as_printed(hub: tuple[Program, Path], tmp_path: Path) -> None:
    _, data = hub
    backup, put_back = re.findall(r"```bash\n(.*?)```", OPERATIONS, re.DOTALL)

    assert "rows" in run(backup, tmp_path, DATA=str(data))
    assert "the audit log is whole" in run(put_back, tmp_path, DATA=str(data))

    with pilothouse("hub", "--data", tmp_path / "restored", "--port", "0", "--host", "127.0.0.1") as restored:
        assert (
            httpx2.get(f"{restored.url}/api/sessions/{SESSION}/mcap").content
            == (data / "sessions" / f"{SESSION}.mcap").read_bytes()
        )


def test_a_question_for_a_robot_that_is_not_there_says_so(hub: tuple[Program, Path], tmp_path: Path) -> None:
    program, _ = hub
    (example,) = re.findall(r"```bash\n(.*?)```", LIVE, re.DOTALL)
    short = example.replace('estop"}', 'estop", "timeout_s": 1}')

    assert "robot_not_connected" in run(short, tmp_path, HUB=program.url, ROBOT="ada")


def test_the_settings_of_the_guide_to_live_robots_are_settings() -> None:
    (settings,) = re.findall(r"```yaml\n(.*?)```", LIVE, re.DOTALL)

    assert yaml.safe_load(settings).keys() <= RecorderSettings.model_fields.keys()
