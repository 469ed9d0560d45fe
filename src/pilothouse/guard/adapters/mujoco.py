"""An arm with real physics, in MuJoCo."""

from __future__ import annotations

import threading
from importlib.resources import files
from typing import Any

from pilothouse.guard.adapters.sim.arm import middle
from pilothouse.guard.model import Action, Observation, Pose
from pilothouse.guard.stackfile import Stackfile
from pilothouse.guard.stackfile.adapters import MujocoSourceConfig
from pilothouse.guard.stackfile.faults import did_you_mean
from pilothouse.kit.clock import NS_PER_S, Clock

GRIPPER = "gripper"
# Nobody asked for longer than this: the world stood still.
LONGEST_S = 1.0


class MujocoArm:
    """A model and its state; time passes in it when somebody looks. For any number of threads."""

    def __init__(self, stack: Stackfile, config: MujocoSourceConfig, clock: Clock, model: Any) -> None:
        import mujoco  # type: ignore[import-untyped]

        self._mujoco: Any = mujoco
        self._clock = clock
        self._model = model
        self._data: Any = mujoco.MjData(model)
        names = stack.robot.joint_names
        self._names = names
        self._joints = [self._id("joint", name) for name in names]
        self._positions = [int(model.jnt_qposadr[one]) for one in self._joints]
        self._speeds = [int(model.jnt_dofadr[one]) for one in self._joints]
        self._actuators = [self._id("actuator", name) for name in names]
        self._gripper = (
            (int(model.jnt_qposadr[self._id("joint", GRIPPER)]), self._id("actuator", GRIPPER))
            if stack.robot.gripper
            else None
        )
        self._site = self._id("site", config.site) if config.site else model.nsite - 1
        self._step_ns = round(model.opt.timestep * NS_PER_S)
        self._lock = threading.Lock()
        self._is_braking = False
        self._reached_ns = clock.monotonic_ns()
        self._begin([middle(joint) for joint in stack.robot.joints])

    @classmethod
    def open(cls, stack: Stackfile, config: MujocoSourceConfig, clock: Clock) -> MujocoArm:
        """Raises ValueError for a model that is none, or has other joints."""
        import mujoco

        if config.mjcf is not None:
            model = mujoco.MjModel.from_xml_path(str(stack.path(config.mjcf)))
        else:
            own = files("pilothouse.guard.stackfile").joinpath("arm.xml")
            model = mujoco.MjModel.from_xml_string(own.read_text(encoding="utf-8"))
        return cls(stack, config, clock, model)

    def _id(self, kind: str, name: str) -> int:
        number = self._mujoco.mj_name2id(self._model, getattr(self._mujoco.mjtObj, f"mjOBJ_{kind.upper()}"), name)
        if number < 0:
            count = {"joint": self._model.njnt, "actuator": self._model.nu, "site": self._model.nsite}[kind]
            known = [getattr(self._model, kind)(index).name for index in range(count)]
            raise ValueError(f"the model has no {kind} {name!r}{did_you_mean(name, known)}")
        return int(number)

    def _begin(self, positions: list[float]) -> None:
        for address, actuator, position in zip(self._positions, self._actuators, positions, strict=True):
            self._data.qpos[address] = self._data.ctrl[actuator] = position
        self._mujoco.mj_forward(self._model, self._data)

    def observe(self) -> Observation:
        """What is true now: pose and Jacobian are those of the site, base frame."""
        import numpy as np

        with self._lock:
            self._advance()
            data, now_ns = self._data, self._clock.now_ns()
            linear, angular = np.zeros((3, self._model.nv)), np.zeros((3, self._model.nv))
            self._mujoco.mj_jacSite(self._model, data, linear, angular, self._site)
            rows = np.vstack([linear, angular])[:, self._speeds].tolist()
            turned = np.zeros(4)
            self._mujoco.mju_mat2Quat(turned, data.site_xmat[self._site])
            w, x, y, z = turned.tolist()
            px, py, pz = data.site_xpos[self._site].tolist()
            return Observation(
                timestamp=now_ns / NS_PER_S,
                joint_positions=tuple(data.qpos[self._positions].tolist()),
                joint_velocities=tuple(data.qvel[self._speeds].tolist()),
                end_effector=Pose((px, py, pz), (x, y, z, w)),
                jacobian=tuple(map(tuple, rows)),
                gripper=float(data.qpos[self._gripper[0]]) if self._gripper else None,
                channels={
                    f"{name}.torque_nm": float(data.actuator_force[actuator])
                    for name, actuator in zip(self._names, self._actuators, strict=True)
                },
            )

    def apply(self, action: Action) -> None:
        """Move to these targets from now on."""
        with self._lock:
            self._advance()
            self._is_braking = False
            for actuator, target in zip(self._actuators, action.joint_positions, strict=True):
                self._data.ctrl[actuator] = target
            if self._gripper is not None and action.gripper is not None:
                self._data.ctrl[self._gripper[1]] = action.gripper

    def brake(self) -> None:
        """Hold where it is, until the next action. Waits for nobody."""
        self._is_braking = True

    def _advance(self) -> None:
        due = (self._clock.monotonic_ns() - self._reached_ns) // self._step_ns
        self._reached_ns += due * self._step_ns
        steps = min(due, round(LONGEST_S * NS_PER_S) // self._step_ns)
        if self._is_braking:
            self._data.ctrl[self._actuators] = self._data.qpos[self._positions]
            self._is_braking = False
        if steps:
            self._mujoco.mj_step(self._model, self._data, steps)


class MujocoSource:
    """Reads the arm."""

    def __init__(self, arm: MujocoArm) -> None:
        self._arm = arm

    def start(self) -> None:
        """It is there."""

    def read(self) -> Observation | None:
        return self._arm.observe()

    def stop(self) -> None:
        """Nothing to end."""
