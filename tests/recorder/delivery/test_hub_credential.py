"""The robot's own token is replaced before it gets old, and at no moment is there none that works."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from pilothouse.kit.clock import ManualClock, at
from pilothouse.kit.errors import Unauthenticated
from pilothouse.kit.settings import load
from pilothouse.recorder.delivery import hub_credential
from pilothouse.recorder.delivery.health import DeliveryHealth
from pilothouse.recorder.delivery.hub_credential import EnrolledAsAnother, HubCredential, with_enrolment
from pilothouse.recorder.delivery.hub_link import HubLink
from pilothouse.recorder.delivery.hub_token import Enrolled, HubToken, read_enrolment, write_enrolment
from pilothouse.recorder.outbox.database import OutboxDatabase
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.wire import RobotToken
from tests.support.robots import FakeHub, recorder_settings

HUB = "http://hub.test"
DAY_S = 86_400


class TokenHub(FakeHub):
    """Issues tokens as the hub does: the one before is good until the new one is first used."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock
        self.good = ["robot_1.x"]
        self.shown: list[str | None] = []

    def show(self, token: str | None) -> None:
        self.shown.append(token)
        if token not in self.good:
            raise Unauthenticated
        if token == self.good[-1]:
            self.good = [token]

    def issue(self) -> RobotToken:
        number = len(self.good) + len(self.rotated) + 1
        self.rotated.append("robot")
        self.good = [*self.good[:1], f"robot_{number}.x"]
        return RobotToken(
            robot_id="robot", token=self.good[-1], token_id=f"t{number}", created_at=at(self.clock.now_ns())
        )


class Connected(FakeHub):
    """A client with the token it was made with."""

    def __init__(self, hub: TokenHub, token: str | None) -> None:
        super().__init__()
        self.hub = hub
        self.token = token

    def rotate_token(self, robot_id: str) -> RobotToken:
        self.hub.show(self.token)
        return self.hub.issue()


class Robot:
    """A credential with its link, made anew for each start."""

    def __init__(self, data: Path, clock: ManualClock, hub: TokenHub, **delivery: object) -> None:
        self.credential = HubCredential(recorder_settings(data, hub_url=HUB, delivery=delivery), clock)
        self.database = OutboxDatabase(data / "outbox.db")
        health = DeliveryHealth(self.database, clock, hub=HUB, alert_after_s=30)
        self.link = HubLink(HUB, lambda: Connected(hub, self.credential.token), health)
        self.hub = hub

    def renew(self) -> None:
        self.credential.renew_if_due(self.link)

    def speak(self) -> None:
        """Say something, as the notices do."""
        client = self.link.hub
        assert isinstance(client, Connected)
        try:
            self.hub.show(client.token)
        except Unauthenticated:
            self.credential.rejected(self.link, client)
            raise
        self.credential.proven()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def data(tmp_path: Path, clock: ManualClock) -> Path:
    token = HubToken(token="robot_1.x", token_id="t1", created_at=at(clock.now_ns()))
    write_enrolment(tmp_path, Enrolled(hub_url=HUB, robot_id="robot", current=token))
    return tmp_path


def kept(data: Path) -> Enrolled:
    found = read_enrolment(data)
    assert found is not None
    return found


def test_a_token_is_replaced_when_it_is_old_and_not_before(data: Path, clock: ManualClock) -> None:
    robot = Robot(data, clock, TokenHub(clock), rotate_token_days=30)
    robot.renew()
    clock.advance(29 * DAY_S)
    robot.renew()
    assert robot.hub.rotated == []

    clock.advance(DAY_S)
    robot.renew()
    assert len(robot.hub.rotated) == 1
    # On disk before it is first shown, and the old one kept until it has worked.
    previous = kept(data).previous
    assert previous is not None
    assert (kept(data).current.token, previous.token) == ("robot_2.x", "robot_1.x")
    assert "robot_2.x" not in robot.hub.shown

    robot.speak()
    assert kept(data).previous is None
    assert robot.hub.shown[-1] == "robot_2.x"


def test_a_token_that_expires_is_replaced_when_a_quarter_of_its_life_is_left(clock: ManualClock) -> None:
    now = at(clock.now_ns())
    token = HubToken(token="x", token_id="t", created_at=now, expires_at=now + timedelta(days=8))

    due = [hub_credential.is_due(token, now + timedelta(days=day), timedelta(days=365)) for day in range(9)]

    assert due == [False] * 6 + [True] * 3


@pytest.mark.parametrize("killed_at", ["before writing", "before renaming", "after renaming"])
def test_whenever_the_recorder_is_killed_it_comes_back_with_a_token_that_works(
    data: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    clock.advance(31 * DAY_S)
    hub = TokenHub(clock)
    if killed_at == "before writing":
        monkeypatch.setattr(hub_credential, "write_enrolment", die)
    elif killed_at == "before renaming":
        monkeypatch.setattr(Path, "replace", die)
    else:
        monkeypatch.setattr(HubLink, "renew", die)
    with pytest.raises(Killed):
        Robot(data, clock, hub).renew()
    monkeypatch.undo()

    robot = Robot(data, clock, hub)
    robot.renew()
    robot.speak()
    assert hub.shown[-1] == kept(data).current.token == hub.good[-1]
    assert kept(data).previous is None


def test_a_hub_that_does_not_know_the_new_token_gets_the_old_one(data: Path, clock: ManualClock) -> None:
    clock.advance(31 * DAY_S)
    hub = TokenHub(clock)
    robot = Robot(data, clock, hub)
    robot.renew()
    hub.good = ["robot_1.x"]  # its database was restored from a backup

    with pytest.raises(Unauthenticated):
        robot.speak()
    robot.speak()

    assert (kept(data).current.token, kept(data).previous) == ("robot_1.x", None)


def test_threads_that_are_refused_together_change_the_token_once(data: Path, clock: ManualClock) -> None:
    clock.advance(31 * DAY_S)
    robot = Robot(data, clock, TokenHub(clock))
    robot.renew()
    client = robot.link.hub
    threads = [threading.Thread(target=robot.credential.rejected, args=(robot.link, client)) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert robot.credential.token == "robot_1.x"


def test_a_robot_that_was_enrolled_anew_while_it_runs_shows_the_new_token(data: Path, clock: ManualClock) -> None:
    hub = TokenHub(clock)
    robot = Robot(data, clock, hub)
    robot.speak()
    hub.good = ["robot_9.x"]
    fresh = HubToken(token="robot_9.x", token_id="t9", created_at=at(clock.now_ns()))
    write_enrolment(data, Enrolled(hub_url=HUB, robot_id="robot", current=fresh))

    with pytest.raises(Unauthenticated):
        robot.speak()
    robot.speak()
    assert hub.shown[-1] == "robot_9.x"


def test_a_token_is_shown_to_the_hub_that_gave_it_and_to_no_other(data: Path, clock: ManualClock) -> None:
    settings = recorder_settings(data, hub_url="http://other.test", hub_token="shared")

    assert HubCredential(settings, clock).token == "shared"
    assert with_enrolment(settings) is settings


def test_an_enrolled_robot_needs_to_be_told_neither_its_hub_nor_its_name(tmp_path: Path, clock: ManualClock) -> None:
    token = HubToken(token="x", token_id="t", created_at=at(clock.now_ns()))
    write_enrolment(tmp_path, Enrolled(hub_url=HUB, robot_id="arm-7", current=token))
    unnamed = load(RecorderSettings, overrides={"data": tmp_path}, environ={})

    settings = with_enrolment(unnamed)

    assert (settings.hub_url, settings.robot_id) == (HUB, "arm-7")
    with pytest.raises(EnrolledAsAnother, match=r"enrolled at http://hub.test as arm-7, but robot_id is robot"):
        with_enrolment(recorder_settings(tmp_path))
