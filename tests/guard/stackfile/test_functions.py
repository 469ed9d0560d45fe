"""Python named by a Stackfile: found when it is loaded, and its parameters checked against its signature."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.guard.problems import BadStackfile
from pilothouse.guard.stackfile import load, plugins
from tests.support.stacks import TWO_JOINTS

MODULE = """
import math

def follow(observation, *, gain: float = 1.0, name: str = "x"):
    return observation.joint_positions

def needs(observation, model):
    return None

def nothing():
    return None

def anything(*arguments, **parameters):
    return None

class Learned:
    def __init__(self, weights: str, layers: int = 2): ...
    def predict(self, observation): ...

class Arm:
    def apply(self, action): ...
    def emergency_stop(self): ...

def move(action): ...
def halt(): ...
LIMIT = 3
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a module beside the Stackfile, under a name of its own: modules are imported once."""
    name = f"beside_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"broken_{name}.py").write_text("raise SystemExit('no')\n")
    return tmp_path


def module(place: Path) -> str:
    return f"beside_{place.name.replace('-', '_')}"


def loaded(place: Path, section: str, content: dict[str, Any]) -> Any:
    file = place / "stack.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(TWO_JOINTS), section: content}, sort_keys=False))
    return load(file)


def policy(place: Path, function: str, **parameters: Any) -> Any:
    written = {"type": "python", "function": f"{module(place)}:{function}"}
    return loaded(place, "policy", {**written, **({"parameters": parameters} if parameters else {})})


def test_functions_and_classes_beside_the_file_are_found(place: Path) -> None:
    policy(place, "follow", gain=2, name="y")
    policy(place, "Learned", weights="w.pt")
    policy(place, "anything", whatever=1)
    loaded(place, "sinks", {"arm": {"type": "python", "function": f"{module(place)}:Arm"}})
    loaded(place, "sinks", {"arm": {
        "type": "python", "function": f"{module(place)}:move", "emergency_stop": f"{module(place)}:halt",
    }})  # fmt: skip


@pytest.mark.parametrize(
    ("function", "parameters", "said"),
    [
        ("folow", {}, "policy.function: {module!r} has no 'folow'; did you mean 'follow'?"),
        ("follow", {"gian": 1}, "policy.parameters.gian: unknown parameter; did you mean 'gain'?"),
        ("follow", {"gain": "much"}, "policy.parameters.gain: must be float, not str"),
        ("follow", {"gain": True}, "policy.parameters.gain: must be float, not bool"),
        ("follow", {"name": 3}, "policy.parameters.name: must be str, not int"),
        ("needs", {}, "policy.function: the parameter 'model' is missing"),
        ("nothing", {}, "policy.function: takes 0 arguments and is called with 1"),
        ("Learned", {}, "policy.function: the parameter 'weights' is missing"),
        ("Learned", {"weights": "w", "layer": 3}, "policy.parameters.layer: unknown parameter; did you mean 'layers'?"),
        ("LIMIT", {}, "is a int, not a function"),
    ],
)
def test_a_parameter_that_the_function_does_not_have_stops_the_load(
    place: Path, function: str, parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadStackfile) as found:
        policy(place, function, **parameters)

    assert said.format(module=module(place)) in found.value.sentence


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("besid:follow", "there is no module 'besid'; known here: beside"),
        ("broken_{}:follow", "fails: SystemExit: no"),
        ("{}", "pattern"),
        ("os.path:jion", "'os.path' has no 'jion'; did you mean 'join'?"),
    ],
)
def test_a_module_that_cannot_be_imported_stops_the_load(place: Path, reference: str, said: str) -> None:
    with pytest.raises(BadStackfile) as found:
        loaded(place, "policy", {"type": "python", "function": reference.format(module(place))})

    assert said in found.value.sentence


def test_a_callback_is_checked_like_a_policy(place: Path) -> None:
    written = {"type": "callback", "function": f"{module(place)}:anything", "parameters": {}}
    boundaries = {"limits": {"type": "joint_position"}, "speed": {"type": "joint_velocity"}}
    for change, said in (
        ({"function": f"{module(place)}:anythin"}, "boundaries.mine.function:"),
        ({"function": f"{module(place)}:follow"}, "boundaries.mine.function: takes 1 arguments and is called with 2"),
        ({"function": f"{module(place)}:needs", "parameters": {"modle": 1}}, "boundaries.mine.parameters.modle"),
    ):
        with pytest.raises(BadStackfile) as found:
            loaded(place, "boundaries", {**boundaries, "mine": {**written, **change}})
        assert said in found.value.sentence


def test_a_robot_that_cannot_be_told_to_stop_is_not_moved(place: Path) -> None:
    with pytest.raises(BadStackfile, match=r"sinks\.arm: needs emergency_stop"):
        loaded(place, "sinks", {"arm": {"type": "python", "function": f"{module(place)}:move"}})
    with pytest.raises(BadStackfile, match=r"sinks\.arm\.emergency_stop: .* has no 'hlat'; did you mean 'halt'"):
        loaded(place, "sinks", {"arm": {
            "type": "python", "function": f"{module(place)}:move", "emergency_stop": f"{module(place)}:hlat",
        }})  # fmt: skip


ACME = """
def open_source(robot, *, host: str, port: int = 7):
    raise NotImplementedError

class Broken:
    pass
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package as pip leaves it behind, with entry points."""
    (tmp_path / "acme_robot.py").write_text(ACME)
    facts = tmp_path / "acme_robot-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-robot\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[pilothouse.guard.sources]\nacme = acme_robot:open_source\ngone = acme_robot:nowhere\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plugins.installed.cache_clear()
    yield
    plugins.installed.cache_clear()


@pytest.mark.usefixtures("acme")
def test_an_installed_package_brings_types_of_its_own() -> None:
    stack = yaml.safe_load(TWO_JOINTS) | {"sinks": {"arm": {"type": "discard"}}}

    loaded_stack = load(stack | {"sources": {"arm": {"type": "acme", "host": "r2", "port": 9}}})
    assert loaded_stack.sources["arm"].options == {"host": "r2", "port": 9}  # type: ignore[union-attr]

    for source, said in (
        ({"type": "acme", "hots": "r2"}, "sources.arm.hots: unknown key; did you mean 'host'?"),
        ({"type": "acme"}, "sources.arm: the parameter 'host' is missing"),
        ({"type": "acme", "host": "r2", "port": "9"}, "sources.arm.port: must be int, not str"),
        ({"type": "acmee", "host": "r2"}, "sources.arm.type: unknown type 'acmee'; did you mean 'acme'?"),
        ({"type": "gone"}, "sources.arm.type: 'gone' is installed and cannot be loaded: AttributeError"),
    ):
        with pytest.raises(BadStackfile) as found:
            load(stack | {"sources": {"arm": source}})
        assert said in found.value.sentence
