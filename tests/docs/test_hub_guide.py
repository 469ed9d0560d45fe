"""The API examples of the hub's guide, run as printed against a real hub."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from pilothouse.hub.identity.domain import SCOPES
from tests.support.flights import write_flight
from tests.support.processes import PILOTHOUSE, eventually, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "hub.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
SESSION = "my-robot_20260512T084230Z"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where it is, and an operator's token."""
    data = tmp_path_factory.mktemp("hub")
    (data / "sessions").mkdir()
    write_flight(data / "sessions" / f"{SESSION}.mcap")
    with pilothouse("hub", "--data", data, "--port", "0", "--host", "127.0.0.1") as program:
        row = f"{program.url}/api/sessions/{SESSION}"
        eventually(lambda: httpx2.get(row).json().get("state") == "ok", what="the index")
        yield program.url, (data / "local-auth-token").read_text(encoding="ascii").strip()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("$HUB")[1][:40].strip())
def test_an_example_works_as_printed(example: str, hub: tuple[str, str], tmp_path: Path) -> None:
    url, token = hub
    environment = {"HUB": url, "SESSION": SESSION, "TOKEN": token, "PATH": f"{PILOTHOUSE.parent}:/usr/bin:/bin"}

    answer = subprocess.run(
        ["sh", "-ec", example], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout or list(tmp_path.iterdir())


def test_the_guide_names_every_scope() -> None:
    assert [scope for scope in SCOPES if f"`{scope}`" not in GUIDE] == []
