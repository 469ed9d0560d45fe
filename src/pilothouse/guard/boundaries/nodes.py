"""Tasks as nodes (L2): one that ends in time, or several one after the other."""

from __future__ import annotations

import math

from pilothouse.guard.boundaries.boundary import Boundary, Moment
from pilothouse.guard.boundaries.space import ToolUnknown
from pilothouse.guard.boundaries.task_settings import NodeTimeoutConfig, SequenceConfig, Step
from pilothouse.guard.boundaries.zones import is_inside
from pilothouse.guard.kinematics import RobotModel


class NodeTimeout(Boundary):
    """Source: the monotonic clock since the first cycle after the start."""

    def __init__(self, name: str, config: NodeTimeoutConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.timeout_s = config.timeout_s
        self.start()

    def start(self, elapsed_s: float = 0.0) -> None:
        self._began_s = elapsed_s

    def adopt(self, before: Boundary) -> None:
        assert isinstance(before, NodeTimeout)
        self._began_s = before._began_s

    def judge(self, moment: Moment) -> str:
        spent_s = moment.elapsed_s - self._began_s
        if not spent_s <= self.timeout_s:
            return f"the task has taken {spent_s:.3f} s; {self.timeout_s:g} s are allowed"
        return ""


class Sequence(Boundary):
    """Source: the tool and the gripper as observed for goals, the tool at the candidate for zones."""

    def __init__(self, name: str, config: SequenceConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.nodes = config.nodes
        self.repeat = config.repeat
        self.start()

    def start(self, elapsed_s: float = 0.0) -> None:
        self._number = 0
        self._entered_s = elapsed_s

    def adopt(self, before: Boundary) -> None:
        assert isinstance(before, Sequence)
        self._number, self._entered_s = before._number, before._entered_s

    @property
    def node(self) -> str:
        """The name of the node that runs."""
        return self.nodes[self._number].name

    def judge(self, moment: Moment) -> str:
        try:
            self._go_on(moment)
            node = self.nodes[self._number]
            if node.inside is not None and moment.candidate is not None:
                tool = moment.space.point(moment.candidate)
                if not is_inside(node.inside, tool):
                    return f"the tool would leave the zone of node {node.name!r}"
        except ToolUnknown as unknown:
            return str(unknown)
        spent_s = moment.elapsed_s - self._entered_s
        if node.timeout_s is not None and not spent_s <= node.timeout_s:
            return f"node {node.name!r} has taken {spent_s:.3f} s; {node.timeout_s:g} s are allowed"
        return ""

    def _go_on(self, moment: Moment) -> None:
        is_last = self._number == len(self.nodes) - 1
        if (is_last and not self.repeat) or not _is_done(self.nodes[self._number], moment):
            return
        self._number = 0 if is_last else self._number + 1
        self._entered_s = moment.elapsed_s


def _is_done(node: Step, moment: Moment) -> bool:
    if not node.ends:
        return False
    gripper = moment.observation.gripper
    if node.gripper_below_m is not None and not (gripper is not None and gripper < node.gripper_below_m):
        return False
    if node.gripper_above_m is not None and not (gripper is not None and gripper > node.gripper_above_m):
        return False
    if node.goal_m is None:
        return True
    return math.dist(moment.space.point(moment.joints), node.goal_m) <= node.tolerance_m
