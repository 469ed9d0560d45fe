"""The examples of the guide to people, run as printed against a real hub; and the login link of a hub without one."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from pilothouse.hub.settings import HubSettings
from pilothouse.kit.settings import environment_names
from tests.support.processes import PILOTHOUSE, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "people.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
PASSWORD = "hunter2"


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    command = ("hub", "--data", tmp_path_factory.mktemp("hub"), "--port", "0", "--host", "127.0.0.1")
    with pilothouse(*command, env={"MD_HUB_AUTH_PASSWORD": PASSWORD}) as hub:
        yield hub.url


def test_every_example_works_as_printed_one_after_the_other(hub_url: str, tmp_path: Path) -> None:
    known = {"HUB": hub_url, "PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"}
    outputs = []
    # What one example keeps in a variable the next ones use.
    script = ""
    for example in EXAMPLES:
        script += f"{example}\necho ----\n"
    answer = subprocess.run(
        ["sh", "-ec", script], env=known, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stderr
    outputs = answer.stdout.split("----\n")

    assert len(outputs) == len(EXAMPLES) + 1 == 7
    assert json.loads((tmp_path / "mara.json").read_text())["organization"]["role"] == "admin"
    assert outputs[-2].endswith("signed out\n")


def test_the_settings_of_clerk_are_settings() -> None:
    printed = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0])

    assert HubSettings.model_validate(printed).check().clerk_keys_url.endswith("/.well-known/jwks.json")


def test_every_setting_the_guide_names_is_one() -> None:
    named = set(re.findall(r"\b(?:PILOTHOUSE|CLERK|AUTH|LOCAL|RATE|TRUSTED)_[A-Z_]+", GUIDE)) - {"AUTH_MODE"}
    known = {name for field, info in HubSettings.model_fields.items() for name in environment_names(field, info)}

    assert named
    assert named - known == set()


def test_a_hub_without_a_credential_prints_a_login_link_and_another_one_on_request(tmp_path: Path) -> None:
    with pilothouse("hub", "--data", tmp_path, "--port", "0", "--host", "127.0.0.1") as hub:
        told = re.search(r"^login (http://\S+)$", hub.stderr, re.MULTILINE)
        assert told
        assert told[1].startswith(f"{hub.url}/login?code=")
        assert "login" not in hub.stdout
        command = [str(PILOTHOUSE), "hub", "login-link", "--data", str(tmp_path), "--url", hub.url]
        other = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

        for link in (told[1], other):
            code = link.partition("code=")[2]
            statuses = [
                httpx2.post(f"{hub.url}/api/v1/auth/session", json={"code": code}).status_code for _ in range(2)
            ]
            assert statuses == [201, 401]


def test_a_login_link_needs_a_hub(tmp_path: Path) -> None:
    command = [str(PILOTHOUSE), "hub", "login-link", "--data", str(tmp_path)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "no hub" in refused.stderr
