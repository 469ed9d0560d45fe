"""The guides of the sources hold: every example loads, and the page of each kind shows every key of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import load
from pilothouse.recorder.asking.drop_directory import DropDirectory
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.sources.config import (
    EXAMPLES,
    ONE_LINE,
    FoxgloveConfig,
    MqttConfig,
    ReplayConfig,
    Ros2Config,
    ZenohConfig,
)
from pilothouse.recorder.sources.topics import TopicRule

GUIDES = Path(__file__).parents[2] / "docs/guides"
GUIDE = (GUIDES / "sources.md").read_text(encoding="utf-8")
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((GUIDES / "sources").glob("*.md"))}
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
CONFIGURATIONS = [one for text in (GUIDE, *PAGES.values()) for one in YAML.findall(text)]
KINDS = {
    "replay": ReplayConfig,
    "foxglove": FoxgloveConfig,
    "zenoh": ZenohConfig,
    "mqtt": MqttConfig,
    "ros2": Ros2Config,
}
SHARED = {"include", "exclude", "max_rate_hz"}


@pytest.mark.parametrize("number", range(len(CONFIGURATIONS)))
def test_an_example_loads(number: int, tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(CONFIGURATIONS[number])

    settings = load(RecorderSettings, file=file, environ={})

    assert settings.sources or settings.topics or settings.drop_directory


def test_every_key_of_every_kind_is_shown() -> None:
    shown: dict[str, set[str]] = {}
    for one in CONFIGURATIONS:
        for source in yaml.safe_load(one).get("sources", []):
            if isinstance(source, dict):
                shown.setdefault(source["kind"], set()).update(source)

    assert {kind: keys | SHARED for kind, keys in shown.items()} == {
        kind: set(config.model_fields) for kind, config in KINDS.items()
    }
    assert shown["foxglove"] >= SHARED
    assert set(KINDS) == set(ONE_LINE)


def test_each_kind_has_a_page_that_shows_it_and_how_to_try_it() -> None:
    assert set(PAGES) == {*KINDS, "push"}
    for kind, page in PAGES.items():
        assert f"[{kind}](sources/{kind}.md)" in GUIDE
        assert page.startswith(f"# Source: {kind}\n")
        assert "**Not run" in page or kind == "push"
        assert {source["kind"] for one in YAML.findall(page) for source in yaml.safe_load(one)["sources"]} <= {kind}
        assert re.search(r"```(bash|console|python)\n", page)


def test_the_command_that_drops_a_file_asks_for_a_save(tmp_path: Path) -> None:
    (command,) = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
    drops = DropDirectory(tmp_path)
    subprocess.run(["bash", "-c", command.replace("/var/lib/robot/saves", str(tmp_path))], check=True)
    drops.look()

    assert [one.label for one in drops.look()] == ["bumped into a shelf"]


@pytest.mark.parametrize("line", re.findall(r"\| `(\w+:[^`]+)` \|", GUIDE))
def test_every_one_line_form_loads(line: str) -> None:
    (source,) = load(RecorderSettings, overrides={"sources": [line]}, environ={}).sources

    assert source.kind == line.partition(":")[0]
    assert source.kind in EXAMPLES
    assert source.summary.startswith(source.kind)


@pytest.mark.parametrize(
    ("source", "wrong", "right"),
    [
        ({"kind": "foxglove", "url": "ws://r:1", "exlude": []}, "exlude", "exclude"),
        ({"kind": "zenoh", "multicats": True}, "multicats", "multicast"),
        ({"kind": "mqtt", "url": "mqtt://b", "client": "x"}, "client", "client_id"),
        ({"kind": "ros2", "domain": 3}, "domain", "domain_id"),
        ({"kind": "replay", "path": "f", "max_rate": 5}, "max_rate", "max_rate_hz"),
    ],
)
def test_a_misspelt_key_names_the_nearest(source: dict[str, object], wrong: str, right: str) -> None:
    with pytest.raises(BadConfiguration, match=rf"{wrong}'; did you mean '{right}'\?"):
        load(RecorderSettings, overrides={"sources": [source]}, environ={})


def test_every_key_of_a_topic_rule_is_shown() -> None:
    shown = [yaml.safe_load(one).get("topics", []) for one in CONFIGURATIONS]

    assert {key for rules in shown for rule in rules for key in rule} == set(TopicRule.model_fields)


def test_a_number_alone_limits_every_topic() -> None:
    source = {"kind": "foxglove", "url": "ws://r:1", "max_rate_hz": 5}

    assert load(RecorderSettings, overrides={"sources": [source]}, environ={}).sources[0].max_rate_hz == {"*": 5}
    for wrong in (0, -1, True, {"/a": 0}):
        with pytest.raises(BadConfiguration, match="max_rate_hz"):
            load(RecorderSettings, overrides={"sources": [{**source, "max_rate_hz": wrong}]}, environ={})
