"""Real clients against a real hub, which is killed where it hurts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader import Uploader

from pilothouse.client import HubClient
from pilothouse.wire import UploadMetadata
from tests.support.deliveries import SESSION_ID, metadata_of
from tests.support.flights import write_flight
from tests.support.processes import Program, eventually, pilothouse

SIZE = 1_000


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Program]:
    with started(tmp_path) as program:
        yield program


def started(directory: Path) -> AbstractContextManager[Program]:
    return pilothouse("hub", "--host", "127.0.0.1", "--port", "0", "--data", directory / "data")


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    path = tmp_path / "flight.mcap"
    write_flight(path, seconds=5, fat=True)
    return path


def about(path: Path) -> UploadMetadata:
    return metadata_of(path.read_bytes())


def row(url: str) -> dict[str, object] | None:
    answer = httpx2.get(f"{url}/api/sessions/{SESSION_ID}")
    return answer.json() if answer.status_code == 200 and answer.json()["state"] == "ok" else None


@pytest.fixture
def tus(flight: Path) -> Iterator[Callable[..., Uploader]]:
    """An independent tus client for a file."""
    with ExitStack() as open_files:

        def uploader(url: str, path: Path = flight, **options: Any) -> Uploader:
            stream = open_files.enter_context(path.open("rb"))
            metadata = about(path).model_dump(exclude_none=True)
            return TusClient(f"{url}/api/uploads").uploader(file_stream=stream, metadata=metadata, **options)

        yield uploader


def test_an_independent_client_delivers_a_recording(hub: Program, flight: Path, tus: Callable[..., Uploader]) -> None:
    tus(hub.url, chunk_size=20_000, upload_checksum=True).upload()

    recording = eventually(lambda: row(hub.url), what="the recording")
    assert recording["sha256"] == about(flight).sha256
    assert httpx2.get(f"{hub.url}/api/sessions/{SESSION_ID}/mcap").content == flight.read_bytes()


def test_an_independent_client_sends_a_whole_file_in_one_request(
    hub: Program, tmp_path: Path, tus: Callable[..., Uploader]
) -> None:
    large = tmp_path / "large.mcap"
    large.write_bytes(os.urandom(80 << 20))
    tus(hub.url, large).upload()

    stored = tmp_path / "data" / "sessions" / f"{SESSION_ID}.mcap"
    with stored.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == about(large).sha256


def test_an_independent_client_that_lost_its_place_finds_it_again(hub: Program, tus: Callable[..., Uploader]) -> None:
    first = tus(hub.url, chunk_size=SIZE)
    first.upload_chunk()

    second = tus(hub.url, chunk_size=SIZE, retries=1, retry_delay=0)
    second.upload()

    assert second.url == first.url
    assert eventually(lambda: row(hub.url), what="the recording")


def test_our_own_client_delivers_twice_and_there_is_one_recording(hub: Program, flight: Path) -> None:
    with HubClient(hub.url) as client:
        client.upload(flight, about(flight), chunk_bytes=64 << 10)
        client.upload(flight, about(flight), chunk_bytes=64 << 10)

    assert eventually(lambda: row(hub.url), what="the recording")
    assert httpx2.get(f"{hub.url}/api/sessions").json()["total"] == 1


@pytest.mark.parametrize("chunks_before", [0, 1, 3])
def test_a_hub_killed_in_mid_upload_continues_where_it_was(
    tmp_path: Path, flight: Path, tus: Callable[..., Uploader], chunks_before: int
) -> None:
    with started(tmp_path) as hub:
        uploader = tus(hub.url, chunk_size=SIZE)
        uploader.set_url(uploader.create_url())
        for _ in range(chunks_before):
            uploader.upload_chunk()
        hub.kill()
        with pytest.raises((TusUploadFailed, TusCommunicationError)):
            uploader.upload_chunk()

    with started(tmp_path) as hub:
        address = f"{hub.url}/api/{uploader.url.partition('/api/')[2]}"
        head = httpx2.head(address, headers={"Tus-Resumable": "1.0.0"})
        assert int(head.headers["upload-offset"]) == chunks_before * SIZE
        with HubClient(hub.url) as client:
            client.upload(flight, about(flight))
        assert eventually(lambda: row(hub.url), what="the recording")
        assert httpx2.get(f"{hub.url}/api/sessions").json()["total"] == 1
        assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_a_hub_killed_right_after_its_last_answer_has_the_recording(tmp_path: Path, flight: Path) -> None:
    with started(tmp_path) as hub, HubClient(hub.url) as client:
        client.upload(flight, about(flight))
        hub.kill()

    with started(tmp_path) as hub:
        assert eventually(lambda: row(hub.url), what="the recording")
        assert httpx2.get(f"{hub.url}/api/sessions").json()["total"] == 1


def test_a_hub_that_has_nothing_to_do_ends_cleanly(hub: Program) -> None:
    assert hub.stop() == 0
