"""Guards that serve: in this process, on a robot that does what a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from starlette.testclient import TestClient

from pilothouse.guard.adapters import Adapters
from pilothouse.guard.api import create_app
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.runtime import Runtime, open_records
from pilothouse.guard.settings import GuardSettings
from pilothouse.guard.stackfile import BoundaryEdits, load
from pilothouse.kit.clock import Clock, SystemClock
from tests.support.loops import FakePolicy, FakeSink, UnhurriedPacer
from tests.support.processes import eventually

JPEG = b"\xff\xd8 a picture \xff\xd9"
URL = "http://127.0.0.1:8080"
# For guards that are programs: a busy machine shall not look like a robot that hangs.
PATIENT = {"PILOTHOUSE_WATCHDOG_TIMEOUT_S": "60", "PILOTHOUSE_POLICY_TIMEOUT_S": "60"}


def stack_of(joints: int = 2, **sections: Any) -> dict[str, Any]:
    """A Stackfile: joints of ±3 rad and 2 rad/s, a policy and a robot that tests replace."""
    described = [
        {"name": f"j{number}", "lower_rad": -3.0, "upper_rad": 3.0, "velocity_rad_s": 2.0} for number in range(joints)
    ]
    return {
        "version": 1,
        "robot": {"name": "arm", "joints": described},
        "sources": {"arm": {"type": "sim"}},
        "sinks": {"arm": {"type": "sim"}},
        "policy": {"type": "sim"},
        "boundaries": {"limits": {"type": "joint_position"}, "speed": {"type": "joint_velocity"}},
        "tasks": {"default": {}, "pick": {"boundaries": ["limits"]}},
        "fallbacks": {"hold": {"type": "hold_position"}, "halt": {"type": "emergency_stop"}},
        # A busy machine shall not make an observation stale.
        "safety": {"control_frequency_hz": 50, "max_obs_age_s": 2},
        **sections,
    }


class Arm:
    """A source whose robot stands still, and has cameras when a test gives it some."""

    def __init__(self, joints: int, clock: Clock) -> None:
        self.clock = clock
        self.positions = (0.0,) * joints
        self.images: dict[str, bytes] = {}
        self.gripper: float | None = None

    def start(self) -> None: ...

    def read(self) -> Observation:
        return Observation(self.clock.now_ns() / 1e9, self.positions, gripper=self.gripper, images=self.images)

    def stop(self) -> None: ...


class Guard:
    """A guard with its HTTP side and its robot."""

    def __init__(
        self, http: TestClient, runtime: Runtime, policy: FakePolicy, sink: FakeSink, arm: Arm, pacer: UnhurriedPacer
    ) -> None:
        self.http, self.runtime, self.policy, self.sink, self.arm = http, runtime, policy, sink, arm
        self.pacer = pacer

    def post(self, command: str, **query: Any) -> Any:
        return self.http.post(f"/api/control/{command}", params=query)

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/api/control/status").json()
        return found

    def wait_for(self, state: str) -> dict[str, Any]:
        return eventually(lambda: (now := self.status)["state"] == state and now, deadline_s=20, what=state)

    def run(self, n_cycles: int, **query: Any) -> dict[str, Any]:
        """So many cycles, until they are told."""
        seq = self.runtime.telemetry.total
        answer = self.post("start", n_cycles=n_cycles, **query)
        assert answer.status_code == 200, answer.text
        status = self.wait_for("stopped")
        eventually(lambda: self.runtime.telemetry.total >= seq + n_cycles, deadline_s=20)
        return status

    def events(self, n: int = 1000) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/api/telemetry/history", params={"n": n}).json()["events"]
        return found


@contextmanager
def guarding(
    data: Path,
    *,
    stack: dict[str, Any] | None = None,
    prepare: Callable[[FakePolicy, FakeSink, Arm], None] | None = None,
    **settings: Any,
) -> Iterator[Guard]:
    """A guard of a Stackfile in ``data``, with fakes for the robot."""
    content = stack_of() if stack is None else stack
    file = data / "stack.yaml"
    file.write_text(yaml.safe_dump(content))
    # A busy machine shall not look like a robot that hangs.
    patient = {"watchdog_timeout_s": 20, "policy_timeout_s": 60, **settings}
    told = GuardSettings(data=data, stackfile=file, robot_id="robot", **patient)
    joints = len(content["robot"]["joints"])
    pacer = UnhurriedPacer()
    policy, sink, arm = FakePolicy(), FakeSink(), Arm(joints, pacer.clock)
    policy.say = lambda observation: Action((0.01,) * joints)
    if prepare is not None:
        prepare(policy, sink, arm)

    def open_runtime() -> Runtime:
        clock, loaded = SystemClock(), load(file)
        edits = BoundaryEdits(data, clock)
        adapters = Adapters({"arm": arm}, policy, {"arm": sink})
        records = open_records(told, loaded, clock)
        return Runtime(told, edits.applied(loaded), adapters, edits=edits, records=records, clock=clock, pacer=pacer)

    app = create_app(told, open_runtime)
    with TestClient(app, base_url=URL) as http:
        yield Guard(http, app.state.runtime, policy, sink, arm, pacer)
