"""The client beside a real hub."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.client import HubClient
from pilothouse.client.problems import HubDoesNotHave, HubWantsCredentials
from pilothouse.kit.errors import Conflict, Invalid
from pilothouse.wire import (
    EnrolRequest,
    Heartbeat,
    NewEnrolment,
    Recording,
    RecordingState,
    UploadMetadata,
)
from pilothouse.wire.robot import RobotUpdate
from tests.support.flights import write_flight
from tests.support.processes import eventually, pilothouse

SESSION_ID = "arm_20260512T084230Z"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("hub")
    env = {"MD_HUB_AUTH_PASSWORD": "hunter2", "MD_HUB_AUTH_TOKEN": "shared-token"}
    with pilothouse("hub", "--mode", "fleet", "--data", data, "--host", "127.0.0.1", "--port", "0", env=env) as hub:
        yield hub.url


@pytest.fixture
def robot(url: str) -> Iterator[HubClient]:
    with HubClient(url, token="shared-token") as client:
        yield client


@pytest.fixture
def operator(url: str) -> Iterator[HubClient]:
    with HubClient(url, password="hunter2") as client:
        yield client


@pytest.fixture(scope="module")
def flight(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that the hub has."""
    path = tmp_path_factory.mktemp("robot") / f"{SESSION_ID}.mcap"
    write_flight(path)
    with HubClient(url, token="shared-token") as robot:
        robot.upload(path, metadata_of(path), chunk_bytes=1_000)
        eventually(lambda: robot.recording(SESSION_ID).state is RecordingState.OK, what="the index")
    return path


def metadata_of(path: Path) -> UploadMetadata:
    return UploadMetadata(session_id=SESSION_ID, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), robot_id="arm")


def test_a_delivered_recording_is_listed_and_read_back(operator: HubClient, flight: Path, tmp_path: Path) -> None:
    listed = operator.recordings(robot_id="arm")
    assert [one.session_id for one in listed.sessions] == [SESSION_ID]
    assert listed.robots == ["arm"]
    assert [one.session_id for one in operator.every_recording()] == [SESSION_ID]

    recording = operator.recording(SESSION_ID)
    assert isinstance(recording, Recording)
    assert recording.topics == ["/odom", "/speed"]
    content = flight.read_bytes()
    assert operator.read_bytes(SESSION_ID) == content
    assert operator.read_bytes(SESSION_ID, 8, 100) == content[8:100]
    assert operator.read_bytes(SESSION_ID, len(content) - 8) == content[-8:]
    assert operator.read_bytes(SESSION_ID, 8, 8) == b""

    seen: list[tuple[int, int]] = []
    operator.download(SESSION_ID, tmp_path / "copy.mcap", progress=lambda *at: seen.append(at))
    assert (tmp_path / "copy.mcap").read_bytes() == content
    assert seen[-1] == (len(content), len(content))
    assert [one.name for one in tmp_path.iterdir()] == ["copy.mcap"]


def test_a_recording_is_delivered_once(robot: HubClient, flight: Path) -> None:
    seen: list[tuple[int, int]] = []
    robot.upload(flight, metadata_of(flight), progress=lambda *at: seen.append(at))
    size = flight.stat().st_size
    assert seen == [(size, size)]

    other = metadata_of(flight).model_copy(update={"sha256": "0" * 64})
    with pytest.raises(Conflict) as conflict:
        robot.upload(flight, other)
    assert conflict.value.code == "content_differs"


def test_a_content_other_than_announced_is_refused(robot: HubClient, tmp_path: Path) -> None:
    path = tmp_path / "arm_20260512T090000Z.mcap"
    write_flight(path)
    wrong = UploadMetadata(session_id=path.stem, sha256="0" * 64, robot_id="arm")

    with pytest.raises(Conflict):
        robot.upload(path, wrong)
    with pytest.raises(HubDoesNotHave):
        robot.recording(path.stem)


def test_remarks_are_made_changed_and_removed(operator: HubClient, flight: Path) -> None:
    remark = operator.annotate(SESSION_ID, 1_500_000_000, " Lidar drops out here ")
    assert (remark.body, remark.time_ns) == ("Lidar drops out here", 1_500_000_000)
    assert operator.update_annotation(remark.id, "Lidar is back").time_ns == 1_500_000_000
    assert operator.update_annotation(remark.id, "Lidar is back", time_ns=7).time_ns == 7
    assert [one.id for one in operator.annotations(SESSION_ID).annotations] == [remark.id]

    operator.delete_annotation(remark.id)
    assert operator.annotations(SESSION_ID).total == 0
    with pytest.raises(HubDoesNotHave):
        operator.delete_annotation(remark.id)


def test_a_robot_says_that_it_lives(robot: HubClient, operator: HubClient) -> None:
    assert robot.heartbeat(Heartbeat(robot_id="rover", interval_s=10)).robot_id == "rover"
    assert "rover" in [one.robot_id for one in operator.robots().items]
    assert operator.robot("rover").interval_s == 10


def test_a_robot_is_let_in_named_and_sent_away(url: str, operator: HubClient) -> None:
    fleet = operator.administration
    code = fleet.let_in(NewEnrolment(robot_id="digger", site="pit")).code
    fleet.let_in(NewEnrolment(robot_id="spare"))
    waiting = {one.robot_id: one.enrolment_id for one in fleet.enrolments().items}
    fleet.revoke_enrolment(waiting["spare"])
    assert [one.robot_id for one in fleet.enrolments().items] == ["digger"]

    token = operator.enroll(EnrolRequest(code=code, robot_id="digger")).token
    with HubClient(url, token=token) as digger:
        assert digger.robot("digger").site == "pit"
        named = fleet.change_robot("digger", RobotUpdate(name="Digger", tags=["heavy"]))
        assert (named.name, named.site, named.tags) == ("Digger", "pit", ["heavy"])
        for one in fleet.robot_tokens("digger").items:
            fleet.revoke_robot_token("digger", one.id)
        with pytest.raises(HubWantsCredentials):
            digger.robot("digger")
    assert fleet.retire_robot("digger").retired_at is not None


def test_the_disk_is_looked_after(operator: HubClient, flight: Path) -> None:
    assert operator.disk().used_bytes == flight.stat().st_size
    assert operator.rescan().session_count == 1
    assert operator.sweep().deleted_ids == []


def test_the_hub_says_in_its_own_words_what_is_wrong(url: str, operator: HubClient) -> None:
    with pytest.raises(HubDoesNotHave) as unknown:
        operator.recording("nothing_20260101T000000Z")
    assert unknown.value.code == "unknown_recording"
    assert unknown.value.facts["request_id"]
    with pytest.raises(Invalid):
        operator.recordings(limit=201)
    with HubClient(url, token="wrong") as stranger, pytest.raises(HubWantsCredentials):
        stranger.recordings()
