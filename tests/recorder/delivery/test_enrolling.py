"""A robot is let in by a one-time code; its token is readable by nobody else, and a code is not wasted."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilothouse.kit.errors import NotFound, Unauthenticated, Unavailable
from pilothouse.recorder.delivery.enrolling import (
    AlreadyEnrolled,
    CodeRefused,
    HubAway,
    NoEnrolmentThere,
    TokenUnwritable,
    enrol,
)
from pilothouse.recorder.delivery.hub_token import (
    NAME,
    Enrolled,
    HubToken,
    TokenOfAnotherUser,
    TokenUnreadable,
    read_enrolment,
    write_enrolment,
)
from pilothouse.wire import EnrolRequest, RobotToken

HUB = "http://hub.test"


class Desk:
    """A hub that knows one code."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.requests: list[EnrolRequest] = []

    def __call__(self, hub: str) -> Desk:
        assert hub == HUB
        return self

    def enroll(self, request: EnrolRequest) -> RobotToken:
        self.requests.append(request)
        if self.problem:
            raise self.problem
        number = len(self.requests)
        return RobotToken(
            robot_id=request.robot_id, token=f"robot_{number}.secret", token_id=f"tok_{number}",
            created_at=datetime(2026, 5, 12, tzinfo=UTC),
        )  # fmt: skip


def test_a_robot_keeps_its_token_where_only_its_user_can_read_it(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    desk = Desk()

    enrolled = enrol(data, f"{HUB}/", " CODE-1 ", "arm", connect=desk)

    assert read_enrolment(data) == enrolled
    assert (enrolled.hub_url, enrolled.robot_id, enrolled.current.token) == (HUB, "arm", "robot_1.secret")
    assert stat.S_IMODE((data / NAME).stat().st_mode) == 0o600
    assert [one.name for one in data.iterdir()] == [NAME]
    assert desk.requests[0].code == "CODE-1"
    assert "secret" not in repr(enrolled)


def test_an_enrolled_robot_is_enrolled_anew_only_when_told_so(tmp_path: Path) -> None:
    desk = Desk()
    enrol(tmp_path, HUB, "CODE-1", "arm", connect=desk)

    with pytest.raises(AlreadyEnrolled, match=r"as arm at http://hub.test since 2026-05-12; .* add --again"):
        enrol(tmp_path, HUB, "CODE-2", "arm", connect=desk)
    assert len(desk.requests) == 1

    assert enrol(tmp_path, HUB, "CODE-2", "arm-2", connect=desk, again=True).robot_id == "arm-2"
    assert read_enrolment(tmp_path) is not None


@pytest.mark.parametrize(
    ("problem", "raised", "words"),
    [
        (Unauthenticated(), CodeRefused, "mistyped, used, expired, or for another robot than arm"),
        (NotFound(), NoEnrolmentThere, "Check --hub"),
        (Unavailable(), HubAway, "the code is still good"),
    ],
)
def test_what_went_wrong_is_said_with_what_to_do(
    tmp_path: Path, problem: Exception, raised: type[Exception], words: str
) -> None:
    with pytest.raises(raised, match=words):
        enrol(tmp_path, HUB, "CODE-1", "arm", connect=Desk(problem))
    assert read_enrolment(tmp_path) is None


def test_a_code_is_not_used_up_where_its_token_could_not_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = Desk()

    with pytest.raises(TokenUnwritable, match="give another --data"):
        enrol(tmp_path / "file", HUB, "CODE-1", "arm", connect=desk)
    assert desk.requests == []


def test_a_damaged_token_is_said_to_be_so_and_not_shown(tmp_path: Path) -> None:
    enrol(tmp_path, HUB, "CODE-1", "arm", connect=Desk())
    whole = (tmp_path / NAME).read_text()
    (tmp_path / NAME).write_text(whole[: len(whole) // 2])

    with pytest.raises(TokenUnreadable, match="enrol again with: pilothouse robot enroll --again") as problem:
        read_enrolment(tmp_path)
    assert "secret" not in problem.value.sentence


def test_what_root_enrols_belongs_to_whom_the_directory_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda file, user, group: given.append((user, group)))

    enrol(tmp_path, HUB, "CODE-1", "arm", connect=Desk())

    assert given == [(tmp_path.stat().st_uid, tmp_path.stat().st_gid)]


def test_a_link_in_the_place_of_the_token_is_not_followed(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").write_text("precious")
    (data := tmp_path / "data").mkdir()
    (data / f"{NAME}.new").symlink_to(elsewhere)
    token = HubToken(token="t", token_id="tok", created_at=datetime(2026, 5, 12, tzinfo=UTC))

    write_enrolment(data, Enrolled(hub_url=HUB, robot_id="arm", current=token))

    assert elsewhere.read_text() == "precious"
    assert read_enrolment(data) is not None
    assert not (data / NAME).is_symlink()


def test_a_token_of_another_user_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    enrol(tmp_path, HUB, "CODE-1", "arm", connect=Desk())
    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(TokenOfAnotherUser, match=f"belongs to user {os.geteuid()}, .* as root or as this user"):
        read_enrolment(tmp_path)
