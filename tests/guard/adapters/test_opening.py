"""From a Stackfile to what it is connected to; what cannot be opened is said before anything moves."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.guard.adapters import merged, open_adapters
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.problems import AdapterMissing, AdapterUnusable, GuardExtraMissing
from pilothouse.guard.stackfile import Stackfile, load, plugins
from pilothouse.kit.clock import ManualClock
from tests.support.processes import eventually
from tests.support.stacks import TWO_JOINTS, two_joints

HERE = Observation(1.0, (0.0, 0.0))


@pytest.mark.parametrize(("section", "empty"), [("sources", {}), ("sinks", {}), ("policy", None)])
def test_what_a_running_guard_needs_is_asked_for(section: str, empty: object) -> None:
    with pytest.raises(AdapterMissing, match="a guard that runs needs one"):
        open_adapters(two_joints(**({"sinks": {}, section: empty} if section == "sources" else {section: empty})))


def test_source_and_sink_of_one_world_share_its_robot() -> None:
    clock = ManualClock()
    adapters = open_adapters(two_joints(), clock)
    adapters.sinks["arm"].apply(Action((1.0, 0.5)))
    for _ in range(20):
        clock.advance(0.1)
        observation = adapters.sources["arm"].read()

    assert observation is not None
    assert observation.joint_positions == pytest.approx((1.0, 0.5), abs=1e-3)


MODULE = """
from pilothouse.guard.model import Action
calls = []

def read():
    return {"a": 0.25, "b": 0.5, "channels": {"n": float(len(calls))}}

def broken():
    raise OSError("the line is dead")

def follow(observation, gain: float = 1.0):
    return [gain * one for one in observation.joint_positions]

class Learned:
    def __init__(self, bias: float):
        self.bias, self.resets = bias, 0
    def predict(self, observation):
        return [one + self.bias for one in observation.joint_positions]
    def reset(self):
        calls.append("reset")

class Arm:
    def apply(self, action):
        calls.append(action)
    def emergency_stop(self):
        calls.append("stop!")
    def stop(self):
        calls.append("stop")

def move(action):
    calls.append(action)

def halt():
    calls.append("halt")
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    yield name, tmp_path
    sys.modules.pop(name, None)
    sys.path[:] = [one for one in sys.path if one != str(tmp_path)]


def python(own: tuple[str, Path], *, source: str = "read", policy: dict[str, Any], sink: dict[str, Any]) -> Stackfile:
    name, place = own
    content = yaml.safe_load(TWO_JOINTS) | {
        "sources": {"arm": {"type": "python", "function": f"{name}:{source}", "rate_hz": 1000}},
        "policy": {"type": "python", **policy, "function": f"{name}:{policy['function']}"},
        "sinks": {"arm": {"type": "python", **{key: f"{name}:{value}" for key, value in sink.items()}}},
    }
    return load(content, directory=place)


def test_functions_of_ones_own_are_source_policy_and_sink(own: tuple[str, Path]) -> None:
    stack = python(
        own,
        policy={"function": "follow", "parameters": {"gain": 2}, "process": "shared"},
        sink={"function": "move", "emergency_stop": "halt"},
    )
    adapters = open_adapters(stack, ManualClock())
    source, sink = adapters.sources["arm"], adapters.sinks["arm"]
    source.start()
    try:
        observation = eventually(source.read, what="the first observation")
    finally:
        source.stop()
    adapters.policy.reset()
    sink.apply(Action((1.0, 2.0)))
    sink.emergency_stop()
    sink.stop()

    assert observation.joint_positions == (0.25, 0.5)
    assert observation.timestamp == ManualClock().now_ns() / 1e9
    assert adapters.policy.predict(HERE) == [0.0, 0.0]
    assert adapters.policy.predict(observation) == [0.5, 1.0]
    assert sys.modules[own[0]].calls == [Action((1.0, 2.0)), "halt"]


def test_classes_of_ones_own_are_made_and_asked(own: tuple[str, Path]) -> None:
    learned = {"function": "Learned", "parameters": {"bias": 0.5}, "process": "shared"}
    stack = python(own, policy=learned, sink={"function": "Arm"})
    adapters = open_adapters(stack, ManualClock())
    adapters.policy.reset()
    sink = adapters.sinks["arm"]
    sink.apply(Action((1.0, 2.0)))
    sink.emergency_stop()
    sink.stop()

    assert adapters.policy.predict(HERE) == [0.5, 0.5]
    assert sys.modules[own[0]].calls == ["reset", Action((1.0, 2.0)), "stop!", "stop"]


def test_an_exception_in_a_source_reaches_whoever_reads(own: tuple[str, Path]) -> None:
    stack = python(own, source="broken", policy={"function": "follow"}, sink={"function": "Arm"})
    source = open_adapters(stack, ManualClock()).sources["arm"]
    source.start()

    def failed() -> bool:
        try:
            source.read()
        except OSError as error:
            return str(error) == "the line is dead"
        return False

    eventually(failed, what="the failure")
    source.stop()


ACME = """
class Source:
    def __init__(self, robot, *, host):
        if host == "nowhere":
            raise ConnectionError("nobody answers")
        self.robot, self.host = robot, host
    def start(self): ...
    def read(self): ...
    def stop(self): ...
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package as pip leaves it behind, with an entry point."""
    (tmp_path / "acme_arm.py").write_text(ACME)
    facts = tmp_path / "acme_arm-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-arm\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[pilothouse.guard.sources]\nacme = acme_arm:Source\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugins.installed.cache_clear()
    yield
    plugins.installed.cache_clear()
    sys.modules.pop("acme_arm", None)


@pytest.mark.usefixtures("acme")
def test_an_installed_package_brings_its_own_adapter() -> None:
    def opened(host: str) -> Any:
        sections: dict[str, Any] = {
            "sources": {"arm": {"type": "acme", "host": host}},
            "sinks": {"arm": {"type": "discard"}},
        }
        return open_adapters(two_joints(**sections)).sources["arm"]

    source = opened("r2")
    assert (source.host, source.robot.joint_names) == ("r2", ("a", "b"))
    with pytest.raises(AdapterUnusable, match="'arm' cannot be opened: ConnectionError: nobody answers"):
        opened("nowhere")


def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mujoco", None)
    stack = two_joints(sources={"arm": {"type": "mujoco"}}, sinks={"arm": {"type": "mujoco"}})

    with pytest.raises(GuardExtraMissing) as problem:
        open_adapters(stack)

    assert problem.value.sentence == "The source 'arm' needs mujoco: pip install 'pilothouse[mujoco]'"


def test_several_sources_are_one_observation_as_old_as_the_oldest_that_tells_something() -> None:
    arm = Observation(10.0, (1.0, 2.0), channels={"t": 1.0}, gripper=0.5)
    hands = Observation(9.0, (), channels={"t": 5.0, "n": 3.0}, features=(1.0,))
    camera = Observation(2.0, (), images={"top": b"x"})

    whole = merged([camera, hands, arm])

    assert (whole.timestamp, whole.joint_positions, whole.gripper, whole.features) == (9.0, (1.0, 2.0), 0.5, (1.0,))
    assert dict(whole.channels) == {"t": 1.0, "n": 3.0}
    assert dict(whole.images) == {"top": b"x"}
    assert math.isnan(merged([arm, Observation(math.nan, (), channels={"n": 1.0})]).timestamp)
