"""From a Stackfile to what it is connected to. The libraries of a kind are imported here, not before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from pilothouse.guard.adapters.arm import ArmSink
from pilothouse.guard.adapters.base import Adapters, Elsewhere, Policy, Sink, Source
from pilothouse.guard.adapters.policies import policy_here
from pilothouse.guard.problems import AdapterMissing, AdapterUnusable, GuardExtraMissing
from pilothouse.guard.stackfile import Stackfile
from pilothouse.guard.stackfile import adapters as configs
from pilothouse.guard.stackfile.plugins import installed
from pilothouse.guard.stackfile.yours import (
    PluginConfig,
    PluginPolicyConfig,
    PythonPolicyConfig,
    PythonSinkConfig,
    PythonSourceConfig,
)
from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.errors import Problem

if TYPE_CHECKING:
    from pilothouse.guard.adapters.apart import PolicyProcess

# A policy that takes the place of another while the robot moves gets ready in this time.
READY_S = 120.0
_PACKAGES = {
    "mujoco": ("mujoco", "'pilothouse[mujoco]'"),
    "zenoh": ("eclipse-zenoh", "'pilothouse[zenoh]'"),
    "gymnasium": ("gymnasium", "'pilothouse[gymnasium]'"),
    "lerobot": ("lerobot", "lerobot"),
}


class _Opening:
    """Worlds that sources and sinks share, while they are being opened."""

    def __init__(self, stack: Stackfile, clock: Clock) -> None:
        self.stack = stack
        self.clock = clock
        self.worlds: dict[tuple[str, str], Any] = {}

    def source(self, config: Any) -> Source:
        stack, robot = self.stack, self.stack.robot
        match config:
            case configs.SimSourceConfig():
                from pilothouse.guard.adapters.sim import SimArm, SimSource

                return SimSource(self._world(config, lambda: SimArm(robot, config, self.clock)), config)
            case configs.ReplaySourceConfig():
                from pilothouse.guard.adapters.replay import Playback, ReplaySource

                return ReplaySource(self._world(config, lambda: Playback(stack, config, self.clock)))
            case configs.ZenohSourceConfig():
                from pilothouse.guard.adapters.zenoh import ZenohSource

                return ZenohSource(config, robot, self.clock)
            case configs.MujocoSourceConfig():
                from pilothouse.guard.adapters.mujoco import MujocoArm, MujocoSource

                return MujocoSource(self._world(config, lambda: MujocoArm.open(stack, config, self.clock)))
            case configs.GymnasiumSourceConfig():
                from pilothouse.guard.adapters.gymnasium import GymnasiumSource, GymnasiumWorld

                return GymnasiumSource(self._world(config, lambda: GymnasiumWorld.open(robot, config)), self.clock)
            case configs.LeRobotSourceConfig():
                from pilothouse.guard.adapters.lerobot import LeRobotSource, LeRobotWorld

                return LeRobotSource(self._world(config, lambda: LeRobotWorld.open(robot, config, self.clock)))
            case PythonSourceConfig():
                from pilothouse.guard.adapters.python import PythonSource

                return PythonSource(config, robot, self.clock, stack.directory)
            case _:
                return cast("Source", self._plugin("sources", config))

    def policy(self, config: Any) -> Policy:
        robot = self.stack.robot
        match config:
            case configs.SimPolicyConfig():
                from pilothouse.guard.adapters.sim import SimPolicy

                return SimPolicy(config, robot)
            case configs.ReplayPolicyConfig():
                from pilothouse.guard.adapters.replay import ReplayPolicy

                return ReplayPolicy(self.worlds["replay", config.world])
            case configs.ZenohPolicyConfig():
                from pilothouse.guard.adapters.zenoh import ZenohPolicy

                return ZenohPolicy(config, self.clock)
            case _ if is_apart(config):
                return _apart(config, self.stack)
            case _:
                return policy_here(config, robot, self.stack.directory)

    def sink(self, config: Any) -> Sink:
        match config:
            case configs.SimSinkConfig():
                return ArmSink(self.worlds["sim", config.world])
            case configs.ZenohSinkConfig():
                from pilothouse.guard.adapters.zenoh import ZenohSink

                return ZenohSink(config, self.stack.robot, self.clock)
            case configs.MujocoSinkConfig():
                return ArmSink(self.worlds["mujoco", config.world])
            case configs.GymnasiumSinkConfig():
                from pilothouse.guard.adapters.gymnasium import GymnasiumSink

                return GymnasiumSink(self.worlds["gymnasium", config.world])
            case configs.LeRobotSinkConfig():
                from pilothouse.guard.adapters.lerobot import LeRobotSink

                return LeRobotSink(self.worlds["lerobot", config.world])
            case PythonSinkConfig():
                from pilothouse.guard.adapters.python import PythonSink

                return PythonSink(config, self.stack.directory)
            case configs.DiscardSinkConfig():
                from pilothouse.guard.adapters.discard import DiscardSink

                return DiscardSink()
            case _:
                return cast("Sink", self._plugin("sinks", config))

    def _world(self, config: Any, make: Callable[[], Any]) -> Any:
        key = (config.type, config.world)
        if key not in self.worlds:
            self.worlds[key] = make()
        return self.worlds[key]

    def _plugin(self, kind: str, config: PluginConfig) -> Any:
        return installed(kind)[config.type].load()(self.stack.robot, **config.options)


def _apart(config: PythonPolicyConfig | PluginPolicyConfig, stack: Stackfile) -> PolicyProcess:
    from pilothouse.guard.adapters.apart import PolicyProcess

    return PolicyProcess.of(config, stack.robot, stack.directory)


def open_policy(stack: Stackfile) -> Policy:
    """The policy of a Stackfile alone, one that has a process of its own; waits until it is ready to act.

    Raises AdapterUnusable when it does not get ready, or not soon.
    """
    assert is_apart(stack.policy)
    policy = _apart(stack.policy, stack)
    giving_up = threading.Timer(READY_S, policy.kill)
    giving_up.daemon = True
    giving_up.start()
    try:
        policy.reset()
    except Elsewhere as error:
        policy.stop()
        raise AdapterUnusable(kind="policy", name="policy", reason=f"{error!s:.300}") from None
    finally:
        giving_up.cancel()
    return policy


def is_apart(config: object) -> TypeGuard[PythonPolicyConfig | PluginPolicyConfig]:
    """Whether a policy has a process of its own."""
    return getattr(config, "process", "shared") == "own"


def open_adapters(stack: Stackfile, clock: Clock | None = None) -> Adapters:
    """Everything a Stackfile connects the guard to. Raises AdapterMissing, AdapterUnusable or GuardExtraMissing."""
    for kind, found in (("source", stack.sources), ("policy", stack.policy), ("sink", stack.sinks)):
        if not found:
            raise AdapterMissing(kind=kind)
    opening = _Opening(stack, clock or SystemClock())
    opened: list[Any] = []
    try:
        sources = _opened("source", stack.sources, opening.source, opened)
        policy = _opened("policy", {"policy": stack.policy}, opening.policy, opened)["policy"]
        sinks = _opened("sink", stack.sinks, opening.sink, opened)
    except Problem:
        # A connection left open can keep a process from ending.
        for one in reversed(opened):
            _told_to_stop(one)
        raise
    return Adapters(sources, policy, sinks)


def _told_to_stop(adapter: Any) -> None:
    with suppress(Exception):
        getattr(adapter, "stop", lambda: None)()


def _opened(kind: str, wanted: Mapping[str, Any], open_one: Callable[[Any], Any], opened: list[Any]) -> dict[str, Any]:
    found = {}
    for name, config in wanted.items():
        try:
            found[name] = open_one(config)
            opened.append(found[name])
        except Problem:
            raise
        except ModuleNotFoundError as error:
            package, install = _PACKAGES.get(config.type, (error.name, error.name))
            raise GuardExtraMissing(kind=kind, name=name, package=package, install=install) from None
        except Exception as error:
            reason = f"{type(error).__name__}: {error!s:.300}"
            raise AdapterUnusable(kind=kind, name=name, reason=reason) from error
    return found
