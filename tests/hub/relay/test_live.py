"""A robot behind a router, seen live through the hub: real hub, real recorder, real guard."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.processes import Program, eventually, pilothouse
from tests.support.served_guards import stack_of

PASSWORD = {"MD_HUB_AUTH_PASSWORD": "people", "MD_HUB_AUTH_TOKEN": "robots"}
BASIC = {"Authorization": "Basic OnBlb3BsZQ=="}
WITHIN_S = 30.0
SEEING = {"arm": {"type": "sim", "cameras": {"front": {}}}}


@dataclass(frozen=True)
class Fleet:
    """One hub, one robot with a recorder and a guard."""

    hub: Program
    recorder: Program
    guard: Program

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        asked = {"method": method, "path": path, **options}
        url = f"{self.hub.url}/api/v1/robots/ada/live/requests"
        return httpx2.post(url, json=asked, headers=BASIC, timeout=60)

    @contextmanager
    def hearing(self) -> Iterator[ClientConnection]:
        """What the robot is asked, as it hears it."""
        url = self.hub.url.replace("http", "ws", 1) + "/api/v1/robots/ada/relay"
        with connect(url, additional_headers={"Authorization": "Bearer robots"}, proxy=None) as robot:
            yield robot

    @contextmanager
    def watched(self, **headers: str) -> Iterator[ClientConnection]:
        url = self.hub.url.replace("http", "ws", 1) + "/api/v1/robots/ada/live"
        with connect(url, additional_headers=headers or BASIC, proxy=None) as viewer:
            yield viewer


@contextmanager
def fleet(directory: Path, **recorder: Any) -> Iterator[Fleet]:
    directory.mkdir(exist_ok=True)
    (directory / "stack.yaml").write_text(yaml.safe_dump(stack_of(6, sources=SEEING)))
    with (
        pilothouse("hub", "--data", directory / "hub", "--port", "0", "--host", "127.0.0.1", env=PASSWORD) as hub,
        pilothouse("guard", "run", directory / "stack.yaml", "--data", directory / "guard", "--port", "0") as guard,
    ):
        settings = {
            "robot_id": "ada", "hub_url": hub.url, "hub_token": "robots", "guard_url": guard.url, "heartbeat_s": 0.2,
            "data": str(directory / "recorder"), "port": 0, **recorder,
        }  # fmt: skip
        (directory / "recorder.yaml").write_text(yaml.safe_dump(settings))
        with pilothouse("recorder", "run", "--config", directory / "recorder.yaml") as running:
            eventually(lambda: httpx2.get(f"{hub.url}/api/v1/robots/ada", headers=BASIC).status_code == 200)
            yield Fleet(hub, running, guard)


@contextmanager
def silent_guard() -> Iterator[tuple[str, list[str]]]:
    """A guard that hears requests and answers nobody before ``let go`` is among them."""
    asked: list[str] = []

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path.partition('?')[0]}")
            eventually(lambda: "let go" in asked, deadline_s=2 * WITHIN_S)
            self.send_error(503)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            asked.append("let go")
            server.shutdown()


def heard(viewer: ClientConnection, fits: Callable[[Any], bool]) -> Any:
    """The first message that fits; words are read as JSON, images stay bytes."""
    while True:
        message = viewer.recv(timeout=WITHIN_S)
        said = json.loads(message) if isinstance(message, str) else message
        if fits(said):
            return said


def is_cycle(said: Any) -> bool:
    return isinstance(said, dict) and "cycle_id" in said


def state_of(guard: Program) -> str:
    found: str = httpx2.get(f"{guard.url}/api/control/status").json()["state"]
    return found


def test_cycles_frames_and_topics_reach_a_viewer_and_the_emergency_stop_reaches_the_robot(tmp_path: Path) -> None:
    with fleet(tmp_path) as robot, robot.watched() as viewer:
        assert heard(viewer, lambda said: said["type"] == "relay")["state"] == "waiting"
        heard(viewer, lambda said: isinstance(said, dict) and said.get("state") == "connected")
        httpx2.post(f"{robot.guard.url}/api/control/start")

        first = heard(viewer, is_cycle)
        image = heard(viewer, lambda said: isinstance(said, bytes))
        recorder = heard(viewer, lambda said: isinstance(said, dict) and said.get("type") == "recorder")

        assert heard(viewer, is_cycle)["cycle_id"] > first["cycle_id"]
        assert image[0] == 1
        assert (recorder["heartbeat"]["robot_id"], recorder["relay"]) == ("ada", "watch")
        told = heard(viewer, lambda said: isinstance(said, dict) and "guard" in said)["guard"]
        assert (told["state"], [joint["lower"] for joint in told["joints"]]) == ("running", [-3.0] * 6)
        stopped = robot.ask("POST", "/api/control/estop").json()
        assert (stopped["status"], stopped["body"]["state"]) == (200, "emergency")
        assert state_of(robot.guard) == "emergency"


def test_a_robot_is_controlled_through_the_hub_only_where_it_lets_it(tmp_path: Path) -> None:
    with fleet(tmp_path / "one") as robot:
        refused = robot.ask("POST", "/api/control/start").json()
        status = robot.ask("GET", "/api/control/status").json()

        assert refused["status"] == 403
        assert "relay: control" in refused["detail"]
        assert (status["status"], status["body"]["state"]) == (200, "idle")
        assert robot.ask("GET", "/mcap/sessions").status_code == 422
        assert robot.ask("GET", "/api/mcap").json()["code"] == "relay_refused"

    with fleet(tmp_path / "two", relay="control") as robot:
        assert robot.ask("POST", "/api/control/start", query={"n_cycles": "1000000"}).json()["status"] == 200
        eventually(lambda: state_of(robot.guard) == "running", deadline_s=WITHIN_S)

        new = {"type": "joint_velocity", "scale": 0.5}
        read = robot.ask("GET", "/api/boundaries").json()["body"]["version"]
        first = robot.ask("PUT", "/api/boundaries/speed", body=new, if_match=read).json()
        second = robot.ask("PUT", "/api/boundaries/speed", body=new, if_match=read).json()
        assert (first["status"], first["body"]["scale"], second["status"]) == (200, 0.5, 409)


def test_the_emergency_stop_waits_behind_no_other_question_and_ends_what_waited_before_it(tmp_path: Path) -> None:
    with (
        silent_guard() as (guard_url, asked),
        fleet(tmp_path, guard_url=guard_url, relay="control") as robot,
        robot.hearing() as questions,
        ThreadPoolExecutor() as others,
    ):
        others.submit(robot.ask, "GET", "/api/risk-log", timeout_s=60)
        eventually(lambda: "GET /api/risk-log" in asked, deadline_s=WITHIN_S)
        reset = others.submit(robot.ask, "POST", "/api/control/reset", timeout_s=60)
        heard(questions, lambda said: isinstance(said, dict) and said.get("path") == "/api/control/reset")
        others.submit(robot.ask, "POST", "/api/control/estop", timeout_s=60)

        # The guard answers nothing before it is let go: the first question is still open when the stop comes.
        eventually(lambda: "POST /api/control/estop" in asked, deadline_s=WITHIN_S)
        asked.append("let go")

        refused = reset.result().json()
        assert refused["status"] == 409
        assert "an emergency stop came after this" in refused["detail"]
        assert "POST /api/control/reset" not in asked


def test_whoever_is_let_in_may_stop_a_robot_and_only_operators_may_start_it(tmp_path: Path) -> None:
    with fleet(tmp_path, relay="control") as robot:
        invited = httpx2.post(f"{robot.hub.url}/api/v1/organizations/home/invites", json={}, headers=BASIC, timeout=60)
        joining = {"token": invited.json()["token"], "name": "Noor"}
        joined = httpx2.post(f"{robot.hub.url}/api/v1/organizations/invites/accept", json=joining, timeout=60).json()
        member = {"Authorization": f"Bearer {joined['token']['token']}"}

        def ask(path: str, headers: dict[str, str]) -> httpx2.Response:
            url = f"{robot.hub.url}/api/v1/robots/ada/live/requests"
            return httpx2.post(url, json={"method": "POST", "path": path}, headers=headers, timeout=60)

        refused = ask("/api/control/start", member)
        stopped = ask("/api/control/estop", member)
        robot.ask("GET", "/api/risk-log")
        robot.ask("PUT", "/api/boundaries/none", body={"type": "x"}, if_match=0)
        logged = httpx2.get(f"{robot.hub.url}/api/v1/audit?action=robot.asked", headers=BASIC, timeout=60).json()

    assert (refused.status_code, refused.json()["code"]) == (403, "operators_only")
    assert (stopped.json()["status"], stopped.json()["body"]["state"]) == (200, "emergency")
    changed, estop = [(one["actor"], one["subject"], one["details"]["after"]) for one in logged["items"]]
    assert estop == (
        "operator Noor", "robot ada",
        {"asked": "POST /api/control/estop", "query": {}, "body": None, "answered": 200},
    )  # fmt: skip
    assert changed[2] == {
        "asked": "PUT /api/boundaries/none", "query": {}, "body": {"type": "x"}, "answered": 404,
    }  # fmt: skip


def test_nobody_watches_without_the_right_to_and_a_robot_that_is_off_is_left_alone(tmp_path: Path) -> None:
    with fleet(tmp_path, relay="off") as robot:
        for headers in ({"Authorization": "Basic Ondyb25n"}, {"X-Nothing": ""}):
            with pytest.raises(InvalidStatus) as refused, robot.watched(**headers):
                pass
            assert refused.value.response.status_code == 401

        answer = robot.ask("POST", "/api/control/estop", timeout_s=1)
        (logged,) = httpx2.get(f"{robot.hub.url}/api/v1/audit?action=robot.asked", headers=BASIC, timeout=60).json()[
            "items"
        ]

        assert (answer.status_code, answer.json()["code"]) == (503, "robot_not_connected")
        assert (logged["details"]["after"]["asked"], logged["details"]["after"]["answered"]) == (
            "POST /api/control/estop",
            None,
        )


def test_a_connection_is_made_only_while_somebody_watches_and_says_when_there_is_no_guard(tmp_path: Path) -> None:
    with fleet(tmp_path) as robot:
        unwatched = threads_of(robot.recorder)
        with robot.watched() as viewer:
            heard(viewer, lambda said: isinstance(said, dict) and said.get("type") == "recorder")
            assert threads_of(robot.recorder) > unwatched
            robot.guard.kill()
            trouble = heard(viewer, lambda said: isinstance(said, dict) and said.get("state") == "trouble")
            assert robot.guard.url in trouble["detail"]

        robot.hub.kill()

        eventually(lambda: threads_of(robot.recorder) <= unwatched, deadline_s=WITHIN_S, what="the end of the relay")


def threads_of(program: Program) -> int:
    return len(list(Path(f"/proc/{program.pid}/task").iterdir()))
