from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilothouse.hub.storage import BadKey, Missing, Storage, StorageUnavailable
from pilothouse.hub.storage.storage import _reason
from tests.support.seaweed import BUCKET, S3

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["local", "memory", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """The same class over three places."""
    if request.param == "local":
        return Storage.local(tmp_path / "store")
    if request.param == "memory":
        return Storage.memory()
    server: S3 = request.getfixturevalue("s3")
    return Storage.s3(BUCKET, prefix=secrets.token_hex(4), **server.config())


class TestWhereverTheBytesAre:
    async def test_what_was_put_is_read(self, storage: Storage) -> None:
        await storage.put("sessions/a.mcap", b"0123456789")

        assert await storage.read("sessions/a.mcap") == b"0123456789"

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [(0, 4, b"0123"), (4, None, b"456789"), (8, 99, b"89"), (10, 20, b""), (99, None, b""), (3, 3, b"")],
    )
    async def test_ranges_are_clamped(self, storage: Storage, start: int, end: int | None, expected: bytes) -> None:
        await storage.put("a", b"0123456789")

        assert await storage.read("a", start, end) == expected

    async def test_stat_knows_size_time_and_a_tag_that_changes_with_the_content(self, storage: Storage) -> None:
        before = datetime.now(UTC).timestamp()
        await storage.put("a", b"first")
        first = await storage.stat("a")
        await storage.put("a", b"second one")
        second = await storage.stat("a")

        assert (first.key, first.size_bytes, second.size_bytes) == ("a", 5, 10)
        assert first.etag not in ("", second.etag)
        assert '"' not in first.etag
        assert first.last_modified.timestamp() > before - 5

    async def test_stat_of_the_same_content_stays_the_same(self, storage: Storage) -> None:
        await storage.put("a", b"first")

        assert await storage.stat("a") == await storage.stat("a")

    async def test_an_empty_file_is_a_file(self, storage: Storage) -> None:
        await storage.put("empty", b"")

        assert (await storage.stat("empty")).size_bytes == 0
        assert await storage.read("empty") == b""

    async def test_a_file_is_moved_in(self, storage: Storage, tmp_path: Path) -> None:
        source = tmp_path / "finished.mcap"
        content = os.urandom(12 << 20)  # three parts on S3
        source.write_bytes(content)

        await storage.put_file("sessions/big.mcap", source)

        assert await storage.read("sessions/big.mcap") == content
        assert not source.exists()

    async def test_what_is_deleted_is_gone_and_was_there_only_once(self, storage: Storage) -> None:
        await storage.put("a", b"x")

        assert await storage.delete("a")
        assert not await storage.delete("a")
        with pytest.raises(Missing):
            await storage.stat("a")

    @pytest.mark.parametrize("what", ["stat", "read"])
    async def test_what_is_not_there_is_missing(self, storage: Storage, what: str) -> None:
        with pytest.raises(Missing, match="nowhere"):
            await getattr(storage, what)("sessions/nowhere")

    async def test_keys_are_listed_by_prefix(self, storage: Storage) -> None:
        for key in ("sessions/a", "sessions/b", "sessions-other/c", "artifacts/d"):
            await storage.put(key, b"x")

        assert sorted([stat.key async for stat in storage.list("sessions")]) == ["sessions/a", "sessions/b"]
        assert len([stat async for stat in storage.list()]) == 4

    @pytest.mark.parametrize(
        "key",
        ["", "/etc/passwd", "../up", "a/../../up", "a//b", ".", "a/.", ".hidden", "a\\b", "a\nb", "a\x00", "a" * 1_001],
    )
    async def test_a_key_names_something_inside_or_is_refused(self, storage: Storage, key: str) -> None:
        for ask in (storage.stat(key), storage.read(key), storage.put(key, b"x"), storage.delete(key)):
            with pytest.raises(BadKey):
                await ask

    async def test_writing_is_proved_and_leaves_nothing(self, storage: Storage) -> None:
        await storage.check_writable()

        assert [stat async for stat in storage.list()] == []


@pytest.fixture
def local(tmp_path: Path) -> Storage:
    return Storage.local(tmp_path / "store")


async def test_a_local_file_has_a_path_and_others_have_none(local: Storage, tmp_path: Path) -> None:
    await local.put("sessions/a.mcap", b"x")

    assert local.local_path("sessions/a.mcap") == tmp_path / "store" / "sessions" / "a.mcap"
    assert Storage.memory().local_path("a") is None


async def test_a_link_that_leads_outside_leads_nowhere(local: Storage, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read")
    (tmp_path / "store" / "innocent").symlink_to(secret)
    (tmp_path / "store" / "folder").symlink_to(tmp_path)

    for key in ("innocent", "folder/secret"):
        for ask in (local.read(key), local.stat(key), local.put(key, b"x"), local.delete(key)):
            with pytest.raises(Missing):
                await ask
    assert secret.read_text() == "do not read"


async def test_a_link_inside_is_followed(local: Storage, tmp_path: Path) -> None:
    await local.put("a", b"x")
    (tmp_path / "store" / "b").symlink_to(tmp_path / "store" / "a")

    assert await local.read("b") == b"x"


async def test_a_file_comes_whole_from_another_disk(local: Storage, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has one disk")
    source = elsewhere / f"pilothouse-test-{os.getpid()}"
    source.write_bytes(b"from afar")

    await local.put_file("sessions/a.mcap", source)

    assert await local.read("sessions/a.mcap") == b"from afar"
    assert not source.exists()


async def test_an_s3_that_does_not_answer_is_unavailable() -> None:
    absent = Storage.s3(
        "nowhere",
        endpoint="http://127.0.0.1:1",
        access_key_id="a",
        secret_access_key="b",
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )

    with pytest.raises(StorageUnavailable, match="cannot be used"):
        await absent.check_writable()


def test_a_bucket_without_credentials_is_said_to_be_one() -> None:
    asked = "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 65.7ms - 403 Forbidden"

    assert "set AWS_ACCESS_KEY_ID" in _reason(OSError(asked))


async def test_a_directory_that_is_gone_is_unavailable(local: Storage, tmp_path: Path) -> None:
    (tmp_path / "store").rmdir()

    with pytest.raises((StorageUnavailable, Missing)):
        await local.check_writable()
