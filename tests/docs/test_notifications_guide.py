"""The examples of the guide to notifications, run as printed against a real hub and a real receiver."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from standardwebhooks import Webhook

from pilothouse.hub.settings import HubSettings
from pilothouse.kit.settings import environment_names
from tests.support.processes import eventually, pilothouse
from tests.support.receivers import Receiver, receiving

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "notifications.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
PASSWORD = "hunter2"


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings that the guide prints for a network of one's own."""
    path = tmp_path_factory.mktemp("settings") / "hub.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0])
    return path


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory, settings_file: Path) -> Iterator[str]:
    data = tmp_path_factory.mktemp("hub")
    command = ("hub", "--data", data, "--port", "0", "--host", "127.0.0.1", "--config", settings_file)
    with pilothouse(*command, env={"MD_HUB_AUTH_PASSWORD": PASSWORD}) as hub:
        yield hub.url


def run(example: str, hub_url: str, receiver: Receiver, directory: Path) -> str:
    environment = {"HUB": hub_url, "PASSWORD": PASSWORD, "RECEIVER": receiver.url, "PATH": "/usr/bin:/bin"}
    answer = subprocess.run(
        ["sh", "-ec", example], env=environment, cwd=directory, capture_output=True, text=True, timeout=30, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_every_example_works_as_printed_one_after_the_other(hub_url: str, receiver: Receiver, tmp_path: Path) -> None:
    outputs = [run(example, hub_url, receiver, tmp_path) for example in EXAMPLES]

    assert len(outputs) == 5
    assert all(outputs)


def test_the_receiver_of_the_guide_accepts_what_the_hub_sends(hub_url: str, receiver: Receiver, tmp_path: Path) -> None:
    receiver.received.clear()
    made = yaml.safe_load(run(EXAMPLES[0], hub_url, receiver, tmp_path))
    run(EXAMPLES[1], hub_url, receiver, tmp_path)
    request = eventually(lambda: receiver.received)[0]
    names: dict[str, Any] = {"Webhook": Webhook}
    exec(re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0], names)

    assert names["receive"](made["secret"], request.headers, request.body) == "Pilothouse can reach on call"


def test_every_setting_that_the_guide_names_exists() -> None:
    known = {name for key, field in HubSettings.model_fields.items() for name in environment_names(key, field)}

    assert set(re.findall(r"PILOTHOUSE_NOTIFY_[A-Z_]+", GUIDE)) <= known
