"""The guard of a robot that is watched: state, boundaries and risk log, as far as pages of the UI ask for them."""

from __future__ import annotations

import time
from typing import Any

from tests.support.watched_robot import Answer, WatchedRobot, cycle_of, status_of

BOUNDARIES: list[dict[str, Any]] = [
    {"name": "limits", "type": "joint_position"},
    {"name": "speed", "type": "joint_velocity", "scale": 0.9, "fallback": "slow"},
    {"name": "workspace", "type": "workspace_box", "lower_m": [-0.8, -0.8, 0.05], "upper_m": [0.8, 0.8, 1.2]},
]
LEADS_TO = {"start": "running", "pause": "paused", "resume": "running", "stop": "stopped", "reset": "idle"}


class WatchedGuard:
    """Answers a robot's questions, and changes its state as a guard would."""

    def __init__(self, robot: WatchedRobot) -> None:
        self.robot = robot
        self.boundaries = {one["name"]: dict(one) for one in BOUNDARIES}
        self.version = 0
        self.log: list[dict[str, Any]] = [_record(number) for number in range(40, 0, -1)]
        self.takes_the_stop = True
        answers = robot.answers
        answers["GET /api/boundaries"] = lambda _: (200, self._listed())
        answers["GET /api/risk-log"] = self._logged
        answers["GET /api/risk-log/stats"] = lambda _: (200, self._totals())
        answers["POST /api/control/estop"] = lambda _: self._stopped()
        answers["POST /api/boundaries"] = self._put
        for name in self.boundaries:
            answers[f"PUT /api/boundaries/{name}"] = self._put
            answers[f"DELETE /api/boundaries/{name}"] = self._deleted
        for event in self.log:
            answers[f"GET /api/risk-log/{event['event_id']}"] = lambda _, event=event: (200, event)  # type: ignore[misc]
        for what, state in LEADS_TO.items():
            answers[f"POST /api/control/{what}"] = lambda _, state=state: self._become(state)  # type: ignore[misc]

    def _become(self, state: str) -> Answer:
        self.robot.status = status_of(state, config_version=self.version)
        return 200, self.robot.status

    def _stopped(self) -> Answer:
        cause = {
            "source": "rest", "reason": "POST /api/control/estop from 127.0.0.1", "timestamp": time.time(),
            "sinks_told": self.takes_the_stop, "problems": [] if self.takes_the_stop else ["sink arm: no answer"],
        }  # fmt: skip
        self.robot.status = status_of("emergency", emergency=cause, config_version=self.version)
        return 200, self.robot.status

    def _listed(self) -> dict[str, Any]:
        return {"boundaries": list(self.boundaries.values()), "version": self.version}

    def _put(self, request: dict[str, Any]) -> Answer:
        if request["if_match"] not in (None, self.version):
            return 409, {"detail": "Somebody changed the boundaries since.", "code": "boundaries_changed"}
        name = request["body"].get("name") or request["path"].rsplit("/", 1)[1]
        config = {key: value for key, value in request["body"].items() if key != "name"}
        if "scael" in config:
            return 422, {"detail": f"boundaries.{name}.scael: unknown key; did you mean 'scale'?", "code": "wrong"}
        self.boundaries[name] = {"name": name, **config}
        return self._changed(200)

    def _deleted(self, request: dict[str, Any]) -> Answer:
        del self.boundaries[request["path"].rsplit("/", 1)[1]]
        return self._changed(204)

    def _changed(self, status: int) -> Answer:
        self.version += 1
        self.robot.status = {**self.robot.status, "config_version": self.version}
        return status, None

    def _logged(self, request: dict[str, Any]) -> Answer:
        outcome = request["query"].get("outcome")
        events = [one for one in self.log if outcome in (None, one["outcome"])]
        return 200, {"events": events, "count": len(events)}

    def _totals(self) -> dict[str, Any]:
        return {"total": len(self.log), "rejected": 4, "clamped": 36, "by_risk_level": {}, "avg_latency_ms": 2.0,
                "dropped": 0, "dropped_rejected": 0}  # fmt: skip


def _record(number: int) -> dict[str, Any]:
    is_reject = number % 10 == 0
    event = cycle_of(number * 10)
    reason = "the tool would leave it by 3 cm" if is_reject else event["reasons"][0]
    status = {"name": "TaskGuard", "layer": "L2", "decision": "REJECT", "reason": reason, "boundary": "workspace",
              "mode": "enforce"}  # fmt: skip
    more: dict[str, Any] = {
        "event_id": number, "reason": reason, "layer": "L2", "fallback": "slow" if is_reject else None,
        "observed": [0.1, 0.4, 0.2], "requested_gripper": 0.04, "executed_gripper": 0.04, "monotonic_ns": 1,
        "config_hash": "c0ffee" * 8, "timestamp": time.time() - 5 * (40 - number),
    }  # fmt: skip
    if is_reject:
        more |= {"decision": "REJECT", "outcome": "reject", "executed": None, "reasons": [reason],
                 "guard_statuses": [*event["guard_statuses"], status], "risk_level": "CRITICAL"}  # fmt: skip
    return event | more
