"""The whole house as four processes on ports that stay, and callers who write down what was acknowledged to them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2
import yaml

from pilothouse.client import HubClient
from pilothouse.kit.errors import Problem
from pilothouse.mcap import sha256_of
from pilothouse.wire import UploadMetadata
from tests.faults.test_recorder_and_hub import free_port
from tests.support.flights import drone_flight, saying, write_messages
from tests.support.labs import git, write_repository
from tests.support.processes import PILOTHOUSE, Program
from tests.support.risks import risk_event
from tests.support.robots import PLENTY
from tests.support.served_guards import PATIENT
from tests.support.webhooks import github

ROBOT = "drone"
TOKEN = "the-person-at-the-desk"
PERSON = {"Authorization": f"Bearer {TOKEN}"}
HUB_SETTINGS = {
    "LOCAL_AUTH_TOKEN": TOKEN, "PILOTHOUSE_LAB_GIT_PROTOCOLS": "file", "PILOTHOUSE_LAB_LEASE_S": "2",
    "PILOTHOUSE_WEBHOOK_ATTEMPTS": "100000", "PILOTHOUSE_AGENT_AUTH_LIMIT": "0",
}  # fmt: skip
# Callers leave the machine room for what they ask for.
PAUSE_S = 0.25
# All four start at once, each from nothing, on a machine that may do much else.
READY_WITHIN_S = 300.0
AGAIN_S = 0.1
# What is delivered, indexed or run afterwards: a busy machine must keep up with it.
HEAVY = {"save": 1.5, "upload": 1.5, "lab": 2.0}


@dataclass
class House:
    """Recorder, guard, hub and worker of one robot; each may be killed and started again at any moment."""

    place: Path
    running: dict[str, Program] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hub, recorder, guard = (free_port() for _ in range(3))
        self.hub, self.recorder, self.guard = (f"http://127.0.0.1:{port}" for port in (hub, recorder, guard))
        self._write_recorder()
        self._write_guard()
        robot = ("--robot-id", ROBOT, "--host", "127.0.0.1")
        self._commands: dict[str, tuple[tuple[object, ...], dict[str, str]]] = {
            "hub": (
                ("hub", "--data", self.place / "hub", "--host", "127.0.0.1", "--port", hub),
                {**HUB_SETTINGS, "PILOTHOUSE_LAB_WORKER": "false"},
            ),
            "worker": (("worker", "--data", self.place / "hub"), HUB_SETTINGS),
            "recorder": (
                ("recorder", "run", "--config", self.place / "recorder.yaml", *robot, "--port", recorder), {},
            ),
            "guard": (
                ("guard", "run", self.place / "stack.yaml", "--start", "--data", self.place / "guard",
                 "--recorder", self.recorder, *robot, "--port", guard),
                PATIENT,
            ),
        }  # fmt: skip

    @property
    def names(self) -> list[str]:
        return list(self._commands)

    def start(self, *names: str) -> None:
        """Start programs beside each other, and wait until all of them are ready."""
        for name in names:
            words, environment = self._commands[name]
            self.running[name] = Program([str(PILOTHOUSE), *map(str, words)], env=environment)
        for name in names:
            self.running[name].wait_ready(READY_WITHIN_S)

    def kill(self, *names: str) -> None:
        """`kill -9`, all at once."""
        for name in names:
            self.running[name].process.kill()
        for name in names:
            self.running.pop(name).close()

    def quieten(self) -> int:
        """Nothing new happens on the robot; what it holds is still delivered. The exit code of its recorder."""
        code = self.running["recorder"].stop()
        self.running.pop("recorder").close()
        self._write_recorder(sources=[])
        self.start("recorder")
        httpx2.post(f"{self.guard}/api/control/stop", timeout=60)
        return code

    def close(self) -> None:
        for program in self.running.values():
            program.close()

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """The hub's answer to the person at the desk."""
        return httpx2.request(
            method, self.hub + path, headers={**PERSON, **more.pop("headers", {})}, timeout=60, **more
        )

    def got(self, path: str, **query: Any) -> dict[str, Any]:
        return dict(self.ask("GET", path, params=query).raise_for_status().json())

    def every(self, path: str, key: str = "items", **query: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        while len(page := self.got(path, limit=200, offset=len(found), **query)[key]):
            found += page
        return found

    def _write_recorder(self, **other: Any) -> None:
        rule = {
            "kind": "threshold",
            "topic": "/speed",
            "field": "data",
            "op": "gt",
            "value": 9,
            "post_s": 0.2,
            "pre_s": 2,
        }
        source = {
            "kind": "replay",
            "path": str(drone_flight()),
            "speed": 8,
            "loop": True,
            "include": ["/speed", "/roll"],
        }
        config = {
            "data": str(self.place / "robot"), "sources": [source], "triggers": [rule], "window_s": 5,
            "hub_url": self.hub, "heartbeat_s": 0.5, **PLENTY, **other,
        }  # fmt: skip
        (self.place / "recorder.yaml").write_text(yaml.safe_dump(config))

    def _write_guard(self) -> None:
        text = files("pilothouse.guard.stackfile").joinpath("template.yaml").read_text(encoding="utf-8")
        for good, bad in (("misbehave: none", "misbehave: mixed"), ("misbehave_every_s: 10", "misbehave_every_s: 0.5")):
            text = text.replace(good, bad)
        (self.place / "stack.yaml").write_text(text)


@contextmanager
def house_in(place: Path) -> Iterator[House]:
    house = House(place)
    try:
        house.start(*house.names)
        yield house
    finally:
        house.close()


@dataclass
class Journal:
    """Kept outside of everything that is killed: what was acknowledged, by kind, and answers that must never come."""

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def keep(self, kind: str, ask: Callable[[str], Any]) -> None:
        """Ask under one name after the other, again and again until it is acknowledged: ``ask`` answers what was
        acknowledged, or None."""
        mine, number = self.acknowledged.setdefault(kind, {}), 0
        while not self.over.is_set():
            name = f"{kind}-{number}"
            try:
                answer = ask(name)
            except (httpx2.TransportError, Problem):
                answer = None
            except AssertionError as error:
                self.problems.append(f"{name}: {error}")
                return
            if answer is not None:
                mine[name], number = answer, number + 1
            self.over.wait(AGAIN_S if answer is None else HEAVY.get(kind, PAUSE_S))


class Callers:
    """People, programs and robots: each kind asks one thing after the other for as long as the block lasts."""

    def __init__(self, house: House, journal: Journal) -> None:
        self._house, self._journal = house, journal
        origin = house.place / "origin"
        write_repository(origin)
        self._commit = git(origin, "rev-parse", "HEAD")
        known = {"name": "demo", "remote_url": f"file://{origin}"}
        house.ask("POST", "/repository/init", json=known).raise_for_status()
        self.board = self._made("/boards", name="Corridor")["id"]
        self.task = self._made(f"/boards/{self.board}/tasks", title="the one everybody speaks about")["id"]
        self._agent = self._made("/agents", name="Tessa", board_id=self.board)["token"]
        self.webhook = self._made(f"/boards/{self.board}/webhooks", name="Belt", action="memory")
        self._boards = f"/api/v1/boards/{self.board}"

    @contextmanager
    def asking(self) -> Iterator[None]:
        kinds: dict[str, Callable[[str], Any]] = {
            "incident": lambda name: self._once("/api/v1/incidents", name, {"title": name}),
            "task": lambda name: self._once(f"{self._boards}/tasks", name, {"title": name}),
            "comment": lambda name: self._once(f"{self._boards}/tasks/{self.task}/comments", name, {"body": name}),
            "approval": self._approve,
            "robot": lambda name: self._taken("/api/v1/agents/heartbeat", {"robot_id": name, "interval_s": 600}),
            "risk": self._report_to_the_hub,
            "report": self._report_to_the_recorder,
            "webhook": self._deliver,
            "upload": self._upload,
            "save": self._save,
            "lab": self._run,
            "firing": self._look_at_captures,
        }
        with ThreadPoolExecutor(len(kinds)) as threads:
            asking = [threads.submit(self._journal.keep, kind, ask) for kind, ask in kinds.items()]
            try:
                yield
            finally:
                self._journal.over.set()
        for one in asking:
            one.result()

    def _made(self, path: str, **document: object) -> dict[str, Any]:
        answer = self._house.ask("POST", f"/api/v1{path}", json=document)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def _once(self, path: str, name: str, document: dict[str, Any], **headers: str) -> dict[str, Any] | None:
        """Something made by a request that may be sent again."""
        answer = self._house.ask("POST", path, json=document, headers={"Idempotency-Key": name, **headers})
        return _acknowledged(answer)

    def _taken(self, path: str, document: dict[str, Any]) -> dict[str, Any] | None:
        return _acknowledged(self._house.ask("POST", path, json=document))

    def _approve(self, name: str) -> dict[str, Any] | None:
        asked = {"action_type": "deploy", "reason": name, "confidence": 90}
        agent = {"X-Agent-Token": self._agent, "Authorization": ""}
        approval = self._once(f"/api/v1/agent/boards/{self.board}/approvals", name, asked, **agent)
        if approval is None:
            return None
        decision = {"status": "approved", "note": "seen", "version": approval["version"]}
        answer = self._house.ask("PATCH", f"{self._boards}/approvals/{approval['id']}", json=decision)
        # Decided by the attempt before, whose answer was cut off.
        return approval if answer.status_code == 409 else _acknowledged(answer)

    def _report_to_the_hub(self, name: str) -> dict[str, Any] | None:
        event = risk_event(1, event_id=name).model_dump(mode="json")
        return self._taken("/api/v1/risk-events", {"events": [event]})

    def _report_to_the_recorder(self, name: str) -> dict[str, Any] | None:
        event = risk_event(1, event_id=name, robot_id=ROBOT).model_dump(mode="json")
        return _acknowledged(httpx2.post(f"{self._house.recorder}/risk-events", json={"events": [event]}, timeout=60))

    def _deliver(self, name: str) -> dict[str, Any] | None:
        body = f"delivery {name}".encode()
        headers = github(self.webhook["secret"], body, name)
        return _acknowledged(
            httpx2.post(self._house.hub + self.webhook["path"], content=body, headers=headers, timeout=60)
        )

    def _upload(self, name: str) -> str | None:
        session_id = f"{name}_20260512T084230Z"
        file = self._house.place / f"{session_id}.mcap"
        if not file.exists():
            write_messages(file, saying("/noise", [{"v": random.Random(name).random()}] * 500))
        metadata = UploadMetadata(session_id=session_id, sha256=sha256_of(file), robot_id="camera")
        with HubClient(self._house.hub, token=TOKEN) as hub:
            hub.upload(file, metadata)
        return metadata.sha256

    def _save(self, name: str) -> str | None:
        answer = httpx2.post(
            f"{self._house.recorder}/sessions/save", json={"label": name}, headers={"Idempotency-Key": name}, timeout=60
        )
        # Before the first message there is nothing to save.
        found = None if answer.status_code == 409 else _acknowledged(answer)
        return None if found is None else str(found["session_id"])

    def _run(self, name: str) -> dict[str, Any] | None:
        command = {"argv": ["echo", name]}
        asked = {"repository": "demo", "commit_sha": self._commit, "commands": [command], "labels": [name]}
        return self._once("/sessions", name, asked)

    def _look_at_captures(self, _name: str) -> dict[str, Any] | None:
        """What fires is acknowledged to nobody, but seen."""
        answer = httpx2.get(f"{self._house.recorder}/triggers", timeout=60)
        found = _acknowledged(answer)
        return None if found is None else {one["session_id"]: one["reason"] for one in found["recent"]}


def _acknowledged(answer: httpx2.Response) -> dict[str, Any] | None:
    """What a 2xx says; None where it is to be asked again. Anything else is never answered to what is asked here."""
    if answer.status_code in (429, 502, 503):
        return None
    assert answer.is_success, f"{answer.request.url.path} answered {answer.status_code}: {answer.text}"
    return dict(answer.json())
