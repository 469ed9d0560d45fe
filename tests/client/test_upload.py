"""Delivery survives every cut, and ends only when the hub has the very bytes."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.client import HubClient
from pilothouse.client.pace import SMALLEST_CHUNK_BYTES, Pace
from pilothouse.client.problems import (
    FileChanged,
    FileUnreadable,
    HubAnswered,
    HubStateConflicts,
    HubUnreachable,
    UploadRejected,
    UploadStopped,
    UploadStuck,
)
from pilothouse.kit.errors import Conflict, Invalid, Unavailable
from pilothouse.wire import UploadMetadata
from tests.support.tus import Tus, tus_server

CHUNK = 100_000
CONTENT = os.urandom(CHUNK * 4 + 321)
METADATA = UploadMetadata(
    session_id="drone_20260512T084230Z", sha256=hashlib.sha256(CONTENT).hexdigest(), robot_id="drone"
)


@pytest.fixture
def tus() -> Iterator[Tus]:
    with tus_server() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "drone_20260512T084230Z.mcap"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def client(tus: Tus) -> Iterator[HubClient]:
    with HubClient(tus.url, token="robot_abc.secret") as client:
        yield client


def deliver(client: HubClient, file: Path, **options: object) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    client.upload(file, METADATA, chunk_bytes=CHUNK, progress=lambda *at: seen.append(at), **options)  # type: ignore[arg-type]
    return seen


def test_a_file_is_delivered_in_chunks_with_progress(tus: Tus, client: HubClient, file: Path) -> None:
    seen = deliver(client, file)

    assert bytes(tus.kept().content) == CONTENT
    assert tus.kept().metadata == METADATA
    assert seen == [(offset, len(CONTENT)) for offset in (0, 1 * CHUNK, 2 * CHUNK, 3 * CHUNK, 4 * CHUNK, len(CONTENT))]
    assert tus.authorizations == {"Bearer robot_abc.secret"}


def test_what_the_hub_has_is_not_sent_again(tus: Tus, client: HubClient, file: Path) -> None:
    deliver(client, file)
    tus.requests.clear()

    assert deliver(client, file) == [(len(CONTENT), len(CONTENT))]
    assert [method for method, _ in tus.requests] == ["POST"]


def test_an_empty_file_is_delivered_by_its_announcement(tus: Tus, client: HubClient, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mcap"
    empty.touch()
    metadata = UploadMetadata(session_id="empty_1", sha256=hashlib.sha256(b"").hexdigest())

    client.upload(empty, metadata)

    assert tus.kept().length == 0


@pytest.mark.parametrize("keeps", [True, False])
def test_after_a_cut_delivery_goes_on_where_the_hub_stands(
    tus: Tus, client: HubClient, file: Path, *, keeps: bool
) -> None:
    deliver_until_cut(tus, client, file, 70_000, keeps=keeps)
    stood = tus.kept().offset
    assert stood == (70_000 if keeps else 0)

    seen = deliver(client, file)

    assert seen[0] == (stood, len(CONTENT))
    assert bytes(tus.kept().content) == CONTENT


def deliver_until_cut(tus: Tus, client: HubClient, file: Path, count: int, *, keeps: bool = True) -> None:
    tus.cut_after_bytes, tus.keep_what_was_cut = count, keeps
    with pytest.raises(HubUnreachable) as cut:
        deliver(client, file)
    assert isinstance(cut.value, Unavailable)
    assert tus.url in cut.value.sentence


def test_however_often_it_is_cut_the_content_arrives_whole(tus: Tus, client: HubClient, file: Path) -> None:
    dice = random.Random(7)
    for _ in range(40):
        try:
            tus.cut_after_bytes, tus.keep_what_was_cut = dice.randrange(1, CHUNK), dice.random() < 0.7
            deliver(client, file)
        except HubUnreachable:
            continue
        break
    tus.cut_after_bytes = None
    deliver(client, file)

    assert bytes(tus.kept().content) == CONTENT


def test_chunks_shrink_on_a_bad_link_and_grow_again() -> None:
    pace = Pace(4 << 20)

    for _ in range(20):
        pace.cut()
    assert pace.chunk_bytes == SMALLEST_CHUNK_BYTES
    for _ in range(20):
        pace.succeeded()
    assert pace.chunk_bytes == 4 << 20


def test_after_a_cut_the_client_sends_smaller_chunks(tus: Tus, client: HubClient, file: Path) -> None:
    deliver_until_cut(tus, client, file, 10, keeps=False)
    deliver(client, file)

    assert tus.chunks[0] == (0, SMALLEST_CHUNK_BYTES)
    assert tus.chunks[1] == (SMALLEST_CHUNK_BYTES, CHUNK)


def test_a_hub_that_stands_elsewhere_is_asked_and_followed(tus: Tus, client: HubClient, file: Path) -> None:
    def someone_else_delivers(sent: int, length: int) -> None:
        if sent == CHUNK:
            tus.kept().content += CONTENT[CHUNK : CHUNK + 7]

    client.upload(file, METADATA, chunk_bytes=CHUNK, progress=someone_else_delivers)

    assert bytes(tus.kept().content) == CONTENT
    assert ("HEAD", "/api/uploads/up1") in tus.requests


def test_an_upload_that_expired_meanwhile_is_begun_again(tus: Tus, client: HubClient, file: Path) -> None:
    tus.forget_after = 1

    deliver(client, file)

    assert bytes(tus.kept().content) == CONTENT


def test_an_upload_that_is_forgotten_again_and_again_is_given_up(tus: Tus, client: HubClient, file: Path) -> None:
    tus.forget_after = 100

    with pytest.raises(UploadRejected):
        deliver(client, file)


@pytest.mark.parametrize("status", [409, 423, 460])
def test_passing_trouble_is_overcome(tus: Tus, client: HubClient, file: Path, status: int) -> None:
    tus.wrong = [status, status]

    deliver(client, file)

    assert bytes(tus.kept().content) == CONTENT


@pytest.mark.parametrize("status", [409, 460])
def test_trouble_that_does_not_pass_ends_the_attempt(tus: Tus, client: HubClient, file: Path, status: int) -> None:
    tus.wrong = [status] * 100

    with pytest.raises(UploadStuck, match=str(status)):
        deliver(client, file)
    assert len(tus.requests) < 20


def test_a_hub_that_takes_nothing_ends_the_attempt(tus: Tus, client: HubClient, file: Path) -> None:
    tus.stay = True

    with pytest.raises(UploadStuck):
        deliver(client, file)
    assert len(tus.requests) < 20


def test_a_content_that_arrived_damaged_is_sent_once_more(tus: Tus, client: HubClient, file: Path) -> None:
    tus.corrupt = 1

    deliver(client, file)

    assert bytes(tus.kept().content) == CONTENT


def test_a_content_that_is_not_what_was_announced_is_a_conflict(tus: Tus, client: HubClient, file: Path) -> None:
    tus.corrupt = 100

    with pytest.raises(UploadRejected) as rejected:
        deliver(client, file)
    assert isinstance(rejected.value, Conflict)


def test_another_content_under_the_same_name_is_a_conflict(tus: Tus, client: HubClient, file: Path) -> None:
    deliver(client, file)
    file.write_bytes(CONTENT[::-1])
    other = METADATA.model_copy(update={"sha256": hashlib.sha256(CONTENT[::-1]).hexdigest()})

    with pytest.raises(HubStateConflicts) as conflict:
        client.upload(file, other)
    assert isinstance(conflict.value, Conflict)
    assert conflict.value.facts["request_id"] == "req_1"


@pytest.mark.parametrize("status", [400, 403, 500, 503, 507])
def test_a_refusal_keeps_the_words_of_the_hub(tus: Tus, client: HubClient, file: Path, status: int) -> None:
    tus.wrong = [status]

    with pytest.raises(HubAnswered) as refusal:
        deliver(client, file)
    assert (refusal.value.sentence, refusal.value.code) == ("as told", "told")
    assert isinstance(refusal.value, Unavailable) == (status >= 500)


def test_a_request_to_stop_is_heard_between_chunks(tus: Tus, client: HubClient, file: Path) -> None:
    stop = threading.Event()

    def stop_after_two(sent: int, length: int) -> None:
        if sent == 2 * CHUNK:
            stop.set()

    with pytest.raises(UploadStopped, match=f"byte {2 * CHUNK} of"):
        client.upload(file, METADATA, chunk_bytes=CHUNK, progress=stop_after_two, stop=stop)
    assert tus.kept().offset == 2 * CHUNK

    deliver(client, file)
    assert bytes(tus.kept().content) == CONTENT


def test_a_request_to_stop_is_heard_within_a_chunk(tus: Tus, client: HubClient, file: Path) -> None:
    class AfterSomePieces(threading.Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 3

    with pytest.raises(UploadStopped):
        client.upload(file, METADATA, chunk_bytes=4 << 20, stop=AfterSomePieces())
    assert tus.kept().offset == 0

    deliver(client, file)
    assert bytes(tus.kept().content) == CONTENT


@pytest.mark.parametrize("to", [CHUNK + 5, len(CONTENT) + 5])
def test_a_file_that_changes_while_it_is_sent_is_noticed(client: HubClient, file: Path, to: int) -> None:
    def change_the_file(sent: int, _: int) -> None:
        if sent == CHUNK:
            os.truncate(file, to)

    with pytest.raises(FileChanged) as changed:
        client.upload(file, METADATA, chunk_bytes=CHUNK, progress=change_the_file)
    assert isinstance(changed.value, Invalid)


def test_a_file_that_is_not_there_is_named(client: HubClient, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"gone\.mcap"):
        client.upload(tmp_path / "gone.mcap", METADATA)


@pytest.mark.parametrize("prefix", ["http://hub.internal:8000", "https://elsewhere.example"])
def test_the_bytes_and_the_token_go_to_the_hub_whatever_name_a_proxy_puts_in(
    tus: Tus, client: HubClient, file: Path, prefix: str
) -> None:
    tus.location_prefix = prefix

    deliver(client, file)

    assert bytes(tus.kept().content) == CONTENT


def test_a_hub_under_a_path_is_found_there(tus: Tus, file: Path) -> None:
    for told in ("", "/hub"):
        tus.uploads.clear()
        tus.requests.clear()
        tus.location_prefix = told
        with HubClient(f"{tus.url}/hub/") as client:
            deliver(client, file)
        assert all(path.startswith("/hub/api/uploads") for _, path in tus.requests)


def test_an_independent_client_understands_the_test_server_as_we_do(tus: Tus, file: Path) -> None:
    from tusclient.client import TusClient

    metadata = {"session_id": METADATA.session_id, "sha256": METADATA.sha256, "robot_id": "drone"}
    with file.open("rb") as stream:
        uploads = TusClient(f"{tus.url}/api/uploads")
        uploads.uploader(file_stream=stream, chunk_size=CHUNK, metadata=metadata, upload_checksum=True).upload_chunk()
    with HubClient(tus.url) as client:
        seen = deliver(client, file)

    assert seen[0] == (CHUNK, len(CONTENT))
    assert bytes(tus.kept().content) == CONTENT


def test_every_byte_is_asked_for_before_it_is_sent(client: HubClient, tus: Tus, file: Path) -> None:
    asked: list[int] = []

    deliver(client, file, throttle=asked.append)

    assert sum(asked) == len(CONTENT)
    assert max(asked) <= 64 << 10
    assert bytes(tus.kept().content) == CONTENT
