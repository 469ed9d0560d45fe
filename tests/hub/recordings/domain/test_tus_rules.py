"""The tus core: headers in, decisions out."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from pilothouse.hub.recordings.domain import tus
from pilothouse.hub.recordings.domain.problems import (
    BadUpload,
    BytesBeyondLength,
    ChunkChecksumMismatch,
    NotAnOffsetStream,
    OffsetMismatch,
    UnsupportedTusVersion,
    UploadTooLarge,
)
from pilothouse.kit.errors import Problem
from pilothouse.wire import UploadMetadata

METADATA = UploadMetadata(session_id="arm_20260512T084230Z", sha256="0" * 64, robot_id="arm")
CREATION = {"tus-resumable": "1.0.0", "upload-length": "10", "upload-metadata": METADATA.to_header()}
CHUNK = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream", "upload-offset": "4"}


def checksum(content: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def test_a_creation_names_recording_length_and_digest() -> None:
    assert tus.announced(CREATION) == tus.Announced(METADATA, 10)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tus-resumable": "0.2.2"}, UnsupportedTusVersion),
        ({"upload-length": "-1"}, BadUpload),
        ({"upload-length": "ten"}, BadUpload),
        ({"upload-length": "1.5"}, BadUpload),
        ({"upload-length": "٣"}, BadUpload),
        ({"upload-length": ""}, BadUpload),
        ({"upload-length": "9" * 25}, UploadTooLarge),
        ({"upload-length": str((1 << 40) + 1)}, UploadTooLarge),
        ({"upload-defer-length": "1"}, BadUpload),
        ({"upload-metadata": ""}, BadUpload),
        ({"upload-metadata": "session_id %%%"}, BadUpload),
        ({"upload-metadata": "session_id /////w=="}, BadUpload),
        ({"upload-metadata": METADATA.to_header().replace("sha256 ", "md5 ")}, BadUpload),
    ],
)
def test_an_unusable_creation_is_refused(change: dict[str, str], problem: type[Problem]) -> None:
    with pytest.raises(problem):
        tus.announced({**CREATION, **change})


@pytest.mark.parametrize("session_id", ["../../etc/passwd", "a/b", ".hidden", "", "a" * 201, "a\n"])
def test_a_creation_cannot_name_a_place_outside_the_directory(session_id: str) -> None:
    encoded = base64.b64encode(session_id.encode()).decode()
    header = f"session_id {encoded},sha256 {base64.b64encode(b'0' * 64).decode()}"

    with pytest.raises(BadUpload):
        tus.announced({**CREATION, "upload-metadata": header})


def test_the_complaint_about_metadata_does_not_repeat_it() -> None:
    header = f"session_id {base64.b64encode(b'secret/path').decode()}"

    with pytest.raises(BadUpload) as refused:
        tus.announced({**CREATION, "upload-metadata": header})

    assert "secret" not in refused.value.sentence


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tus-resumable": ""}, UnsupportedTusVersion),
        ({"content-type": "application/octet-stream"}, NotAnOffsetStream),
        ({"upload-offset": "-4"}, BadUpload),
        ({"upload-checksum": "crc32 AAAA"}, BadUpload),
        ({"upload-checksum": "sha1 not base64"}, BadUpload),
    ],
)
def test_an_unusable_chunk_is_refused(change: dict[str, str], problem: type[Problem]) -> None:
    with pytest.raises(problem):
        tus.chunk({**CHUNK, **change})


def test_a_chunk_at_another_offset_is_refused_with_the_right_one() -> None:
    with pytest.raises(OffsetMismatch, match="byte 3"):
        tus.chunk(CHUNK).receive(stands_at=3, length=10)


def test_bytes_up_to_the_length_are_taken_and_not_one_more() -> None:
    receiving = tus.chunk(CHUNK).receive(stands_at=4, length=10)
    receiving.take(b"12345")
    receiving.take(b"6")

    assert receiving.offset == 10
    with pytest.raises(BytesBeyondLength):
        receiving.take(b"7")


def test_an_announced_excess_is_refused_before_the_first_byte() -> None:
    with pytest.raises(BytesBeyondLength):
        tus.chunk({**CHUNK, "content-length": "7"}).receive(stands_at=4, length=10)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_a_right_checksum_passes_and_a_wrong_one_does_not(algorithm: str) -> None:
    chunk = tus.chunk({**CHUNK, "upload-checksum": checksum(b"abc", algorithm)})
    right = chunk.receive(stands_at=4, length=10)
    wrong = chunk.receive(stands_at=4, length=10)
    right.take(b"abc")
    wrong.take(b"abd")

    right.check()
    with pytest.raises(ChunkChecksumMismatch):
        wrong.check()


def test_abilities_name_what_is_implemented() -> None:
    assert tus.abilities()["Tus-Extension"] == "creation,termination,checksum,expiration"
    assert tus.abilities()["Tus-Checksum-Algorithm"] == "sha256,sha1,md5"


def test_expiry_is_written_as_http_dates_are() -> None:
    assert tus.expires(datetime(2026, 5, 12, 8, 42, 30, tzinfo=UTC)) == "Tue, 12 May 2026 08:42:30 GMT"
