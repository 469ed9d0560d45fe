"""MuJoCo and Gymnasium for real; LeRobot against a stand-in that has its interface."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
mujoco = pytest.importorskip("mujoco")

from pilothouse.guard.adapters import open_adapters  # noqa: E402
from pilothouse.guard.adapters.sim.geometry import place  # noqa: E402
from pilothouse.guard.model import Action  # noqa: E402
from pilothouse.guard.problems import AdapterUnusable, GuardExtraMissing  # noqa: E402
from pilothouse.guard.stackfile import Stackfile, load_text  # noqa: E402
from pilothouse.kit.clock import ManualClock  # noqa: E402
from tests.support.processes import eventually  # noqa: E402
from tests.support.stacks import template, two_joints  # noqa: E402


def mujoco_stack() -> Stackfile:
    text = template().replace("sinks:\n  arm: {type: sim}", "sinks:\n  arm: {type: mujoco}")
    start, end = text.index("sources:"), text.index("sinks:")
    return load_text(text[:start] + "sources:\n  arm: {type: mujoco}\n" + text[end:])


def test_the_arm_in_mujoco_moves_and_is_seen_as_the_simulated_one() -> None:
    clock = ManualClock()
    adapters = open_adapters(mujoco_stack(), clock)
    source, sink = adapters.sources["arm"], adapters.sinks["arm"]
    source.start()
    target = (0.5, 0.2, 1.0, 0.3, 0.5, -0.4)
    sink.apply(Action(target, 0.04))
    for _ in range(20):
        clock.advance(0.2)
        seen = source.read()

    assert seen is not None
    assert seen.joint_positions == pytest.approx(target, abs=5e-3)
    assert seen.gripper == pytest.approx(0.04, abs=2e-3)
    placed = place(seen.joint_positions, (False,) * 6)
    assert seen.end_effector is not None
    assert seen.end_effector.position == pytest.approx(placed.pose.position, abs=1e-9)
    assert seen.jacobian is not None
    for own, theirs in zip(seen.jacobian, placed.jacobian, strict=True):
        assert own == pytest.approx(theirs, abs=1e-9)
    assert set(seen.channels) == {f"{name}.torque_nm" for name in mujoco_stack().robot.joint_names}
    source.stop()


def test_the_arm_in_mujoco_stops_when_it_is_told() -> None:
    clock = ManualClock()
    adapters = open_adapters(mujoco_stack(), clock)
    source, sink = adapters.sources["arm"], adapters.sinks["arm"]
    sink.apply(Action((2.0, 0.4, 1.4, 0.0, 0.6, 0.0)))
    clock.advance(0.1)
    source.read()
    sink.emergency_stop()
    clock.advance(0.02)
    stopping = source.read()
    for _ in range(10):
        clock.advance(0.2)
        there = source.read()

    assert stopping is not None
    assert there is not None
    assert there.joint_positions[0] < 1.8
    assert max(map(abs, there.joint_velocities or ())) < 1e-2


def test_a_model_of_other_joints_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "arm.xml").write_text(
        "<mujoco><worldbody><body><joint name='aa'/><geom size='1'/></body></worldbody></mujoco>"
    )
    stack = two_joints(
        sources={"arm": {"type": "mujoco", "mjcf": str(tmp_path / "arm.xml")}}, sinks={"arm": {"type": "mujoco"}}
    )

    with pytest.raises(AdapterUnusable, match="the model has no joint 'a'; did you mean 'aa'"):
        open_adapters(stack)


class Pair(gymnasium.Env):  # type: ignore[misc]
    """Two joints that go where they are told; an episode is three steps."""

    observation_space = gymnasium.spaces.Box(-10, 10, (4,), np.float64)
    action_space = gymnasium.spaces.Box(-3, 3, (3,), np.float32)

    def __init__(self, start: float = 0.0) -> None:
        self.start, self.steps, self.closed = start, 0, False

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.steps = 0
        return np.array([0.0, self.start, self.start, 9.0]), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        return np.array([1.0, action[1], action[0], action[2]]), 0.0, self.steps == 3, False, {}

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def pair() -> Any:
    gymnasium.register("Pilothouse/Pair-v0", entry_point=Pair)
    yield "Pilothouse/Pair-v0"
    gymnasium.registry.pop("Pilothouse/Pair-v0")


def gymnasium_stack(env: str, **changes: Any) -> Stackfile:
    source = {"type": "gymnasium", "env": env, "positions": [2, 1], "velocities": [0, 3], **changes}
    return two_joints(sources={"arm": source}, sinks={"arm": {"type": "gymnasium"}})


def test_an_environment_is_a_robot_whose_time_is_its_steps(pair: str) -> None:
    clock = ManualClock()
    adapters = open_adapters(gymnasium_stack(pair, options={"start": 0.5}), clock)
    source, sink = adapters.sources["arm"], adapters.sinks["arm"]
    source.start()
    first = source.read()
    sink.apply(Action((1.0, 2.0), 0.05))
    clock.advance(3)
    second = source.read()
    sink.emergency_stop()
    for _ in range(2):
        sink.apply(Action((1.0, 2.0), 0.05))
    after_the_episode = source.read()
    source.stop()

    assert first is not None
    assert second is not None
    assert after_the_episode is not None
    assert (first.joint_positions, first.features) == ((0.5, 0.5), (0.0, 0.5, 0.5, 9.0))
    assert second.joint_positions == (1.0, 2.0)
    assert second.joint_velocities == (1.0, pytest.approx(0.05))
    assert second.timestamp == first.timestamp + 3
    assert after_the_episode.joint_positions == (0.5, 0.5)
    with pytest.raises(ValueError, match="the action has 2 numbers, and a step takes 3"):
        sink.apply(Action((1.0, 2.0)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"env": "Pilothouse/Pear-v0"}, "cannot be opened"),
        ({"positions": [2, 40]}, "number 40 is asked for"),
        ({"options": {"strat": 1}}, "cannot be opened"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_an_environment_that_does_not_fit_is_said(pair: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(AdapterUnusable, match=said):
        open_adapters(gymnasium_stack(**{"env": pair, **changes}))


class Follower:
    """What LeRobot's robots have; degrees, and a camera."""

    def __init__(self, config: Any) -> None:
        self.config, self.sent, self.connected = config, [], False
        self.at = {"a.pos": 90.0, "b.pos": 45.0, "gripper.pos": 50.0}

    def connect(self) -> None:
        self.connected = True

    def disconnect(self) -> None:
        self.connected = False

    def get_observation(self) -> dict[str, Any]:
        return {**self.at, "top": np.zeros((4, 6, 3), dtype=np.uint8)}

    def send_action(self, action: dict[str, float]) -> dict[str, float]:
        self.sent.append(action)
        return action


@pytest.fixture
def lerobot(monkeypatch: pytest.MonkeyPatch) -> list[Follower]:
    made: list[Follower] = []

    class Config:
        def __init__(self, port: str) -> None:
            self.port = port

    class RobotConfig:
        @staticmethod
        def get_choice_class(name: str) -> type[Config]:
            return {"so101_follower": Config}[name]

    def make_robot_from_config(config: Config) -> Follower:
        made.append(Follower(config))
        return made[-1]

    package, robots = ModuleType("lerobot"), ModuleType("lerobot.robots")
    package.__path__, robots.__path__ = [], []
    robots.RobotConfig, robots.make_robot_from_config = RobotConfig, make_robot_from_config  # type: ignore[attr-defined]
    for name, module in (("lerobot", package), ("lerobot.robots", robots)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "lerobot.robots.so101_follower", ModuleType("lerobot.robots.so101_follower"))
    return made


def lerobot_stack(**changes: Any) -> Stackfile:
    source = {"type": "lerobot", "robot": "so101_follower", "options": {"port": "/dev/null"}, "rate_hz": 500, **changes}
    return two_joints(sources={"arm": source}, sinks={"arm": {"type": "lerobot"}})


def test_a_robot_of_lerobot_speaks_degrees_and_the_guard_radians(lerobot: list[Follower]) -> None:
    adapters = open_adapters(lerobot_stack(), ManualClock())
    source, sink = adapters.sources["arm"], adapters.sinks["arm"]
    source.start()
    (follower,) = lerobot
    seen = eventually(source.read, what="the first observation")
    sink.apply(Action((math.pi, 0.0), 0.1))
    sink.emergency_stop()
    source.stop()

    assert follower.config.port == "/dev/null"
    assert seen.joint_positions == pytest.approx((math.pi / 2, math.pi / 4))
    assert seen.gripper == pytest.approx(0.05)
    assert seen.images["top"].startswith(b"\xff\xd8")
    assert follower.sent[0] == pytest.approx({"a.pos": 180.0, "b.pos": 0.0, "gripper.pos": 100.0})
    assert follower.sent[1] == follower.at, "the stop holds where it was seen"
    assert not follower.connected


def test_lerobot_that_is_not_there_is_said() -> None:
    with pytest.raises(GuardExtraMissing, match="needs lerobot: pip install lerobot"):
        open_adapters(lerobot_stack())
    with pytest.raises(AdapterUnusable):
        open_adapters(
            two_joints(sources={"arm": {"type": "replay", "path": "/nowhere.mcap"}}, sinks={"a": {"type": "discard"}})
        )
