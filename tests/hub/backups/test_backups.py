"""Everything a hub keeps, in one file and back again."""

from __future__ import annotations

import errno
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from sqlalchemy import func, select, text
from typer.testing import CliRunner

from pilothouse.cli.app import app as cli
from pilothouse.hub.app import create_app
from pilothouse.hub.audit import AnchorFile, Audit
from pilothouse.hub.backups import BackupUnreadable, NotEmpty, back_up, restore
from pilothouse.hub.backups.manifest import BackupNewer
from pilothouse.hub.composition import UNFINISHED, Hub, RestoreUnfinished
from pilothouse.hub.db import Base
from pilothouse.hub.db.engine import sqlite_url
from pilothouse.hub.db.migrate import UnknownRevision
from pilothouse.hub.db.moments import one_moment
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import SystemClock
from tests.hub.conftest import client_of
from tests.support.flights import saying, write_messages
from tests.support.postgres import Postgres

ID = "ada_20260101T000001Z"
BACKING_UP, RESTORING = (import_module(f"pilothouse.hub.backups.{name}") for name in ("backup", "restore"))


@pytest.fixture
async def kept(hub: Hub, client: httpx2.AsyncClient) -> Hub:
    """A hub that keeps a recording with a remark, an incident, and what changed them."""
    write_messages(hub.settings.data / "sessions" / f"{ID}.mcap", saying("/speed", [{"v": 1.0}] * 50))
    await client.post("/api/admin/rescan")
    remark = {"time_ns": 1, "body": "Bremse „quietscht“ \U0001f916", "tags": ["brake"]}
    answer = await client.post(f"/api/sessions/{ID}/annotations", json=remark)
    assert answer.status_code == 201, answer.text
    await client.post("/api/v1/incidents", json={"title": "smoke", "session_ids": [ID]})
    return hub


async def back(hub: Hub, path: Path, **options: Any) -> Any:
    kept: dict[str, Any] = {"data": hub.settings.data, "address": hub.settings.database_address, "clock": SystemClock()}
    return await anyio.to_thread.run_sync(lambda: back_up(path, **kept, **options))


async def restored(path: Path, data: Path, address: str = "") -> None:
    address = address or sqlite_url(data / "hub.db")
    await anyio.to_thread.run_sync(lambda: restore(path, data=data, address=address))


@contextmanager
def empty_database(kind: str, postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield sqlite_url(tmp_path / "restored" / "hub.db")
        return
    address = postgres.new(migrated=False)
    yield address
    postgres.drop(address)


@pytest.mark.anyio
@pytest.mark.parametrize("onto", ["sqlite", "postgresql"])
async def test_what_is_restored_is_what_was_kept_on_either_database(
    kept: Hub, tmp_path: Path, postgres: Postgres, onto: str
) -> None:
    made = await back(kept, tmp_path / "hub.tar")

    assert made.file_count >= 2
    with empty_database(onto, postgres, tmp_path) as address:
        data = tmp_path / "restored"
        await restored(tmp_path / "hub.tar", data, address)

        assert rows_in(address) == rows_in(kept.settings.database_address)
        settings = HubSettings(data=data, database_url=address, host="127.0.0.1", port=0)
        app = create_app(settings)
        async with app.router.lifespan_context(app), client_of(app) as client:
            found = (await client.get("/api/sessions?q=quietscht")).json()
            assert [one["session_id"] for one in found["sessions"]] == [ID]
            (remark,) = (await client.get(f"/api/sessions/{ID}/annotations")).json()["annotations"]
            assert remark["body"] == "Bremse „quietscht“ \U0001f916"
            content = (await client.get(f"/api/sessions/{ID}/mcap")).content
            assert content == (kept.settings.data / "sessions" / f"{ID}.mcap").read_bytes()
            added = await client.post(f"/api/sessions/{ID}/annotations", json={"time_ns": 2, "body": "another"})
            assert (added.status_code, added.json()["id"]) == (201, remark["id"] + 1)
            audit = Audit(app.state.hub.database, SystemClock(), AnchorFile(data))
            assert (await audit.verify()).ok


@pytest.mark.anyio
async def test_rows_are_those_of_one_moment_whatever_is_written_meanwhile(kept: Hub, tmp_path: Path) -> None:
    count = select(func.count()).select_from(Base.metadata.tables["annotations"])
    with one_moment(kept.settings.database_address) as moment:
        before = moment.execute(count).scalar()
        async with kept.database.transaction() as session:
            await session.execute(text("DELETE FROM annotations"))
        assert moment.execute(count).scalar() == before == 1

    made = await back(kept, tmp_path / "hub.tar")

    assert next(table for table in made.manifest.tables if table.name == "annotations").row_count == 0


@pytest.mark.anyio
async def test_a_backup_is_its_owners_alone_and_leaves_recordings_out_when_told(kept: Hub, tmp_path: Path) -> None:
    path = tmp_path / "hub.tar"
    await back(kept, path, recordings=False)

    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir() if "active" in one.name) == []
    with tarfile.open(path) as tar:
        assert not [name for name in tar.getnames() if name.startswith("files/sessions")]
        assert tar.getnames()[-1] == "manifest.json"


@pytest.mark.anyio
async def test_what_debug_sessions_left_is_kept_and_what_is_made_again_is_not(kept: Hub, tmp_path: Path) -> None:
    for name in ("artifacts/ses_1/a", "output/cmd_1/a", "patches/ses_1", "mirrors/a/HEAD", "workers/1/a", "files/a"):
        place = kept.settings.data / "lab" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")

    await back(kept, tmp_path / "hub.tar")

    with tarfile.open(tmp_path / "hub.tar") as tar:
        found = {name for name in tar.getnames() if name.startswith("files/lab/")}
    assert found == {f"files/lab/{name}" for name in ("artifacts/ses_1/a", "output/cmd_1/a", "patches/ses_1")}


@pytest.mark.anyio
async def test_a_backup_with_one_wrong_byte_is_refused_before_anything_is_written(kept: Hub, tmp_path: Path) -> None:
    path, data = tmp_path / "hub.tar", tmp_path / "restored"
    await back(kept, path)
    content = bytearray(path.read_bytes())
    for damage in (_flipped(content), content[: len(content) // 2], b"", b"not a tar at all" * 100):
        path.write_bytes(damage)
        with pytest.raises(BackupUnreadable):
            await restored(path, data)
        assert not data.exists()


@pytest.mark.anyio
async def test_nothing_is_restored_over_what_is_there(kept: Hub, tmp_path: Path) -> None:
    path = tmp_path / "hub.tar"
    await back(kept, path)

    with pytest.raises(NotEmpty):
        await restored(path, kept.settings.data, sqlite_url(tmp_path / "other.db"))
    with pytest.raises(NotEmpty, match="database"):
        await restored(path, tmp_path / "fresh", kept.settings.database_address)


@pytest.mark.anyio
async def test_a_newer_version_is_neither_backed_up_by_this_one_nor_restored(
    kept: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, data = tmp_path / "hub.tar", tmp_path / "restored"
    await back(kept, path)

    monkeypatch.setattr(RESTORING, "known_revisions", lambda: frozenset({"0001"}))
    with pytest.raises(BackupNewer, match="Nothing was changed"):
        await restored(path, data)
    assert not data.exists()

    monkeypatch.setattr(BACKING_UP, "known_revisions", lambda: frozenset({"0001"}))
    with pytest.raises(UnknownRevision, match="install that version or a newer one"):
        await back(kept, tmp_path / "other.tar")
    assert not (tmp_path / "other.tar").exists()


@pytest.mark.anyio
async def test_a_restore_that_does_not_come_to_its_end_leaves_nothing_behind(
    kept: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, data = tmp_path / "hub.tar", tmp_path / "restored"
    await back(kept, path)

    settings = HubSettings(data=data, lab_worker=False)

    def full(*_: object) -> None:
        with pytest.raises(RestoreUnfinished):
            create_app(settings)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(RESTORING, "_write", full)
        with pytest.raises(OSError, match="No space"):
            await restored(path, data)
    assert list(data.iterdir()) == []

    await restored(path, data)
    # A proxy in the hub's group reads recordings; what else is there is for nobody but the hub.
    create_app(settings)
    recording = data / "sessions" / f"{ID}.mcap"
    assert oct(recording.stat().st_mode & 0o777) == "0o640"
    others = [path for path in data.rglob("*") if path.is_file() and path != recording]
    assert "hub.db" in {path.name for path in others}
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in others} == {path.name: "0o0" for path in others}


@pytest.mark.anyio
async def test_a_restore_into_postgresql_that_does_not_come_to_its_end_is_repeated_at_once(
    kept: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    path, data = tmp_path / "hub.tar", tmp_path / "restored"
    await back(kept, path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with empty_database("postgresql", postgres, tmp_path) as address:
        with monkeypatch.context() as patched:
            patched.setattr(RESTORING, "count_on", full)
            with pytest.raises(OSError, match="No space"):
                await restored(path, data, address)

        await restored(path, data, address)
        assert rows_in(address) == rows_in(kept.settings.database_address)
    assert [one.name for one in (data / "sessions").iterdir()] == [f"{ID}.mcap"]
    assert not (data / UNFINISHED).exists()


def test_parts_that_would_leave_the_directory_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("files/../../outside")
        entry.size = 4
        tar.addfile(entry, io.BytesIO(b"evil"))

    with pytest.raises(BackupUnreadable, match="does not belong"):
        restore(path, data=tmp_path / "data", address=sqlite_url(tmp_path / "data" / "hub.db"))
    assert not (tmp_path / "outside").exists()


@pytest.mark.anyio
async def test_the_command_line_takes_a_backup_beside_the_hub_and_puts_it_back(
    kept: Hub, tmp_path: Path, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dialect == "postgresql":
        monkeypatch.setenv("PILOTHOUSE_DATABASE_URL", kept.settings.database_address)
    else:
        (kept.settings.data / "hub.db").symlink_to(tmp_path / "hub.db")
    path, data = tmp_path / "hub.tar", kept.settings.data
    backup = ["hub", "backup", str(path), "--data", str(data)]
    done = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(cli, backup))
    assert done.exit_code == 0, done.output
    assert "rows" in done.output

    monkeypatch.delenv("PILOTHOUSE_DATABASE_URL", raising=False)
    put_back = ["hub", "restore", str(path), "--data", str(tmp_path / "restored")]
    done = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(cli, put_back))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "restored" / "hub.db").is_file()


def rows_in(address: str) -> dict[str, int]:
    """How many rows every table has."""
    with one_moment(address) as connection:
        tables = Base.metadata.sorted_tables
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def _flipped(content: bytearray) -> bytes:
    changed = bytearray(content)
    changed[515] ^= 1  # the first byte of the first part stands at 512
    return bytes(changed)
