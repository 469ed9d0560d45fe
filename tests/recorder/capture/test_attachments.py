import os
from pathlib import Path

import pytest
from mcap.reader import make_reader
from pydantic import ValidationError

from pilothouse.mcap import verify
from pilothouse.recorder.attachment_config import AttachmentConfig
from pilothouse.recorder.capture.attachments import collect
from tests.support.readers import read_every_record, rerun_check
from tests.support.robots import FAST, running_robot


def content_of(**config: object) -> bytes | str:
    """The attachment, or why there is none."""
    found, missing = collect([AttachmentConfig.model_validate(config)], 5)
    return bytes(found[0].data) if found else next(iter(missing.values()))


def test_a_file_is_attached_whole(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(b"max_speed: 2\n")

    found, missing = collect([AttachmentConfig(file=tmp_path / "params.yaml")], 5)

    assert missing == {}
    (one,) = found
    assert (one.name, one.media_type, one.log_time) == (str(tmp_path / "params.yaml"), "application/yaml", 5)
    assert one.data == b"max_speed: 2\n"
    assert one.create_time == (tmp_path / "params.yaml").stat().st_mtime_ns


@pytest.mark.parametrize(
    ("content", "lines", "expected"),
    [
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"a\n", 9, b"a\n"),
        (b"", 1, b""),
        (b"\xff\xfe\n\n", 1, b"\n"),
    ],
)
def test_of_a_log_the_last_lines_are_attached(tmp_path: Path, content: bytes, lines: int, expected: bytes) -> None:
    (tmp_path / "robot.log").write_bytes(content)

    assert content_of(log=tmp_path / "robot.log", lines=lines) == expected


def test_of_a_log_with_long_lines_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "robot.log").write_bytes(b"x" * 900 + b"\n" + b"".join(b"line %03d\n" % number for number in range(50)))

    kept = content_of(log=tmp_path / "robot.log", lines=1000, max_bytes=100)

    assert kept == b"".join(b"line %03d\n" % number for number in range(39, 50))
    (tmp_path / "robot.log").write_bytes(b"x" * 900)
    assert content_of(log=tmp_path / "robot.log", max_bytes=100) == b"x" * 100


def test_what_cannot_be_attached_says_why(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"12345")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")

    assert content_of(file=tmp_path / "absent") == "No such file or directory"
    assert content_of(file=tmp_path / "large", max_bytes=4) == "it has more than 4 bytes (max_bytes)"
    assert content_of(file=tmp_path / "directory") == "it is no file"
    assert content_of(log=tmp_path / "pipe") == "it is no file"
    assert content_of(file="/proc/self/mem") in ("Input/output error", "Permission denied")
    assert "null" in str(content_of(file="a\0b"))
    assert content_of(file="/proc/self/cmdline")


def test_an_attachment_is_a_file_or_a_log() -> None:
    for nonsense in ({}, {"file": "a", "log": "b"}, {"file": "a", "lines": 0}, {"path": "a"}):
        with pytest.raises(ValidationError):
            AttachmentConfig.model_validate(nonsense)


def test_every_recording_carries_what_is_configured_and_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(b"max_speed: 2\n")
    (tmp_path / "robot.log").write_bytes(b"one\ntwo\nthree\n")
    attachments = [
        {"file": str(tmp_path / "params.yaml"), "name": "params.yaml"},
        {"log": str(tmp_path / "robot.log"), "lines": 2, "name": "robot.log"},
        {"file": str(tmp_path / "absent"), "name": "absent"},
    ]
    with running_robot(tmp_path / "data", triggers=[FAST], attachments=attachments) as robot:
        robot.say(0, 10)
        robot.say(2, 1)
        (fired,) = robot.sealed()
        saved = robot.recorder.save("")

        for row in (fired, saved):
            assert verify(robot.path(row)).ok
            assert read_every_record(robot.path(row))
            rerun_check(robot.path(row))
            with robot.path(row).open("rb") as stream:
                reader = make_reader(stream, validate_crcs=True)
                found = {one.name: (one.media_type, one.data) for one in reader.iter_attachments()}
                summary = reader.get_summary()
            assert found == {
                "params.yaml": ("application/yaml", b"max_speed: 2\n"),
                "robot.log": ("text/plain", b"two\nthree\n"),
            }
            assert summary is not None
            assert summary.statistics is not None
            assert summary.statistics.attachment_count == 2
            assert robot.facts(row).missing_attachments == {"absent": "No such file or directory"}


def test_two_attachments_of_one_name_are_refused(tmp_path: Path) -> None:
    from pilothouse.kit.errors import BadConfiguration
    from tests.support.robots import recorder_settings

    with pytest.raises(BadConfiguration, match="two attachments are called '/a'"):
        recorder_settings(tmp_path, attachments=[{"file": "/a"}, {"log": "/a"}])
