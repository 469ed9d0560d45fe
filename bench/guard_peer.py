"""robot-dam 0.7 on the cycles of ``bench/guard.py``: a scenario as JSON on standard input, nanoseconds on its output.

Run by the Python of its own environment (``make .venv/peer/made.stamp``); imports nothing of Pilothouse.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np


class GivenDynamics:
    """Hands robot-dam the pose and the Jacobian of the cycle: neither side pays for kinematics."""

    available = True
    default_frame_id = 0

    def __init__(self) -> None:
        self.translation = self.rotation = self.jacobian = np.zeros(0)

    def give(self, translation: np.ndarray, jacobian: np.ndarray) -> None:
        self.translation, self.rotation, self.jacobian = translation, np.eye(3), jacobian

    def update(self, q: np.ndarray) -> None:
        pass

    def frame_placement(self, frame: int) -> GivenDynamics:
        return self

    def frame_jacobian(self, frame: int) -> np.ndarray:
        return self.jacobian


def stackfile(scenario: dict[str, Any]) -> str:
    def single(layer: str, callback: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"type": "single", "layer": layer, "nodes": [{"callback": callback, "params": params}]}

    limits = scenario["limits"]
    boundaries = {
        "limits": single("L1", "joint_position_limits", {"lower": limits["lower"], "upper": limits["upper"]}),
        "speed": single("L1", "joint_velocity_limit", {"max_velocities": limits["velocity"]}),
        "workspace": single("L1", "workspace", {"bounds": limits["bounds"], "cbf_alpha": limits["alpha"]}),
        "watchdog": single("L3", "hardware_watchdog", {"max_staleness_ms": 200.0}),
    }
    tasks = {"default": {"boundaries": list(boundaries)}}
    guards = [{"L1": "motion"}, {"L3": "hardware"}]
    safety = {"control_hz": 50.0}
    return json.dumps({"version": "1", "guards": guards, "boundaries": boundaries, "tasks": tasks, "safety": safety})


def main() -> None:
    import dam.api
    from dam.runtime.guard_runtime import GuardRuntime
    from dam.types.action import ActionProposal
    from dam.types.observation import Observation

    scenario = json.load(sys.stdin)
    dam.api._register_builtins()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stack.yaml"
        path.write_text(stackfile(scenario))
        runtime = GuardRuntime.from_stackfile(str(path))
    dynamics = GivenDynamics()
    runtime._solvers["dynamics"] = dynamics
    runtime.start_task("default")
    spans, decisions = [], {}
    for cycle in scenario["cycles"]:
        now = time.monotonic()
        pose = np.array([*cycle["position"], 0.0, 0.0, 0.0, 1.0])
        observation = Observation(now, np.array(cycle["q"]), np.zeros(len(cycle["q"])), pose)
        action = ActionProposal(np.array(cycle["target"]))
        dynamics.give(np.array(cycle["position"]), np.array(cycle["jacobian"]))
        begin = time.perf_counter_ns()
        _, results = runtime.validate(observation, action, "trace", now=now)
        spans.append(time.perf_counter_ns() - begin)
        worst = max(results, key=lambda one: one.decision.value)
        name = worst.decision.name
        if name == "REJECT" and not decisions.get(name):
            print(worst.reason, file=sys.stderr)
        decisions[name] = decisions.get(name, 0) + 1
    json.dump({"spans_ns": spans, "decisions": decisions}, sys.stdout)


if __name__ == "__main__":
    main()
