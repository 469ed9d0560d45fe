"""The API examples of the guide to incidents, run as printed against a real hub."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import pilothouse

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "incidents.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
PASSWORD = "hunter2"


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("hub")
    with pilothouse("hub", "--data", data, "--port", "0", "--host", "127.0.0.1") as hub:
        yield hub.url


@pytest.fixture(scope="module")
def closed_hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub with a password, which the audit log needs."""
    data = tmp_path_factory.mktemp("hub")
    command = ("hub", "--data", data, "--port", "0", "--host", "127.0.0.1")
    with pilothouse(*command, env={"MD_HUB_AUTH_PASSWORD": PASSWORD}) as hub:
        yield hub.url


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("$HUB")[1][:40].strip())
def test_an_example_works_as_printed(example: str, hub_url: str, closed_hub_url: str, tmp_path: Path) -> None:
    url = closed_hub_url if "$PASSWORD" in example else hub_url
    environment = {"HUB": url, "PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"}

    answer = subprocess.run(
        ["sh", "-ec", example], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout
