"""The API examples of the guide to looking into recordings, run as printed against a real hub and a real flight."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from pilothouse.mcap import verify
from tests.support.flights import drone_flight
from tests.support.processes import PILOTHOUSE, eventually, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "looking-into-recordings.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
SESSION = "drone_20260512T084230Z"


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("hub")
    (data / "sessions").mkdir()
    shutil.copy(drone_flight(), data / "sessions" / f"{SESSION}.mcap")
    with pilothouse("hub", "--data", data, "--port", "0", "--host", "127.0.0.1") as hub:
        row = f"{hub.url}/api/sessions/{SESSION}"
        eventually(lambda: httpx2.get(row).json().get("state") == "ok", what="the index")
        yield hub.url


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("$HUB")[1][:40].strip())
def test_an_example_works_as_printed(example: str, hub_url: str, tmp_path: Path) -> None:
    environment = {"HUB": hub_url, "SESSION": SESSION, "PATH": f"{PILOTHOUSE.parent}:/usr/bin:/bin"}

    answer = subprocess.run(
        ["sh", "-c", example], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )

    assert answer.returncode == 0, answer.stderr
    made = list(tmp_path.iterdir())
    assert answer.stdout or made
    assert all(verify(path).ok for path in made)
