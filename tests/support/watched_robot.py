"""A robot that is watched: connects to a hub's relay and says what a test makes it say, as recorder and guard would."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from pilothouse.wire.relay import RelayAnswer

PERIOD_S = 0.02
JOINTS = ("shoulder", "elbow", "wrist")
Answer = tuple[int, Any]


def status_of(state: str = "running", **more: Any) -> dict[str, Any]:
    """What a guard answers under `/api/control`."""
    possible = {"running": ["pause", "stop", "estop"], "emergency": ["estop", "reset"]}.get(state, ["start", "estop"])
    return {
        "state": state, "possible": possible, "active_task": "default", "active_boundaries": ["limits"],
        "active_fallback": None, "available_tasks": ["default"], "session_id": "sess_1", "cycle_count": 1,
        "n_cycles": -1, "cycle_budget_ms": 20.0, "control_frequency_hz": 50.0, "mode": "enforce",
        "joints": [{"name": name, "unit": "rad", "lower": -3.0, "upper": 3.0} for name in JOINTS],
        "config_hash": "c0ffee", "config_version": 0, "emergency": None, "last_reload": None,
        "timing": {"cycles": 1, "deadline_misses": 0, "skipped_ticks": 0, "overruns": 0, "late_policies": 0,
                   "late_policies_discarded": 0, "late_sources": 0, "late_sinks": 0, "jitter_mean_ms": 0.0,
                   "jitter_max_ms": 0.0, "last_total_ms": 1.0},
        **more,
    }  # fmt: skip


def cycle_of(number: int, **more: Any) -> dict[str, Any]:
    """A cycle's event; each tenth is clamped."""
    clamped = number % 10 == 0
    wave = (number % 200) / 100 - 1
    decision = "CLAMP" if clamped else "PASS"
    reasons = ["wrist asked for 4.2 rad/s; the limit is 2 rad/s"] if clamped else []
    stages = {"source": 0.6, "policy": 1.2, "guards": 0.2, "sink": 0.1, "total": 2.1 + (number % 7) / 2}
    return {
        "type": "cycle", "seq": number, "cycle_id": number, "trace_id": f"trace-{number}", "was_rejected": False,
        "was_clamped": clamped, "risk_level": "ELEVATED" if clamped else "NORMAL", "fallback_triggered": None,
        "latency_ms": {"obs": 0.6, "policy": 1.2, "validate": 0.2, "sink": 0.1, "total": stages["total"]},
        "guard_statuses": [
            {"name": "MotionGuard", "layer": "L1", "decision": decision, "reason": "".join(reasons),
             "boundary": "speed" if clamped else None, "mode": "enforce"},
            {"name": "HardwareGuard", "layer": "L3", "decision": "PASS", "reason": "", "boundary": None,
             "mode": "enforce"},
        ],
        "active_task": "default", "active_boundaries": ["limits", "speed"], "active_cameras": ["front", "top"],
        "timestamp": time.time(), "decision": decision, "outcome": decision.lower(),
        "boundary": "speed" if clamped else None, "reasons": reasons, "failure_type": None, "mode": "enforce",
        "session_id": "sess_1", "requested": [wave, 0.5, 2.0 * wave], "executed": [wave, 0.5, wave],
        "perf": {"stages": stages, "layers": {"L1": 0.1, "L3": 0.1}, "guards": {"MotionGuard": 0.1},
                 "deadline_ms": 20.0, "slack_ms": 20.0 - stages["total"]},
        **more,
    }  # fmt: skip


def pictures(count: int = 16) -> list[bytes]:
    """JPEGs that differ, some kilobytes each, as a small camera makes them."""
    from PIL import Image

    made = []
    for number in range(count):
        image = Image.effect_noise((320, 240), 40 + number).convert("RGB")
        content = io.BytesIO()
        image.save(content, "JPEG", quality=60)
        made.append(content.getvalue())
    return made


class WatchedRobot:
    """Beats, connects whenever it is let, cycles at 50 Hz, and answers its guard's questions by ``answers``."""

    def __init__(self, hub_url: str, robot_id: str, *, cameras: tuple[str, ...] = (), relay: str = "control") -> None:
        self.robot_id = robot_id
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.status = status_of()
        self.cycles = 0
        self.more: dict[str, Any] = {}
        """Of every cycle from now on."""
        self.said: list[str] = []
        """Told once, beside the cycles."""
        self._url = hub_url
        self._cameras = cameras
        self._relay = relay
        self._frames = pictures() if cameras else []
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._beat, self._stay_connected)]

    def start(self) -> None:
        self._beat_once()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(20)

    def _beat_once(self) -> None:
        beat = {"robot_id": self.robot_id, "interval_s": 10}
        httpx2.post(f"{self._url}/api/v1/agents/heartbeat", json=beat, timeout=30).raise_for_status()

    def _beat(self) -> None:
        while not self._ending.wait(5):
            with suppress(httpx2.HTTPError):
                self._beat_once()

    def _stay_connected(self) -> None:
        url = f"{self._url.replace('http', 'ws', 1)}/api/v1/robots/{self.robot_id}/relay"
        while not self._ending.is_set():
            with suppress(WebSocketException, OSError), connect(url, proxy=None, compression=None) as hub:
                asking = threading.Thread(target=self._hear, args=(hub,), daemon=True)
                asking.start()
                try:
                    self._speak(hub)
                finally:
                    hub.close()
                    asking.join(20)
            self._ending.wait(0.2)

    def _speak(self, hub: ClientConnection) -> None:
        due = time.monotonic()
        while not self._ending.wait(max(0.0, due - time.monotonic())):
            # A machine that lags behind is not made to catch up at once.
            due = max(due + PERIOD_S, time.monotonic() - 1)
            if self.said:
                hub.send(self.said.pop(0))
            if self.cycles % 50 == 0 or self.status["state"] != "running":
                told = {"type": "recorder", "heartbeat": {}, "relay": self._relay, "guard": self.status}
                hub.send(json.dumps(told))
            if self.status["state"] != "running":
                self._ending.wait(0.2)
                continue
            self.cycles += 1
            hub.send(json.dumps(cycle_of(self.cycles, **self.more)))
            for place, name in enumerate(self._cameras):
                frame = self._frames[(self.cycles + place) % len(self._frames)]
                hub.send(b"\x01" + bytes((len(name),)) + name.encode() + frame)

    def _hear(self, hub: ClientConnection) -> None:
        with suppress(WebSocketException, OSError):
            for said in hub:
                request = json.loads(said)
                if request.get("type") != "relay.request":
                    continue
                self.asked.append(request)
                known = self.answers.get(f"{request['method']} {request['path']}")
                status, body = known(request) if known else (404, {"detail": "Nothing is there.", "code": "not_found"})
                answer = RelayAnswer(id=request["id"], status=status, body=body)
                hub.send(answer.model_dump_json())


@contextmanager
def watched_robot(hub_url: str, robot_id: str, **more: Any) -> Iterator[WatchedRobot]:
    """One for as long as the block lasts."""
    robot = WatchedRobot(hub_url, robot_id, **more)
    robot.start()
    try:
        yield robot
    finally:
        robot.stop()
