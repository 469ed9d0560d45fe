from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import pilothouse.hub.app  # every table of every slice
from pilothouse.hub.db import Base, Database
from pilothouse.hub.db.engine import sqlite_url
from pilothouse.hub.db.migrate import SCRIPTS, NoDatabase, NotMigrated, UnknownRevision
from tests.support.postgres import Postgres

pytestmark = pytest.mark.anyio

assert pilothouse.hub.app


@pytest.fixture
def empty_address(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if dialect == "sqlite":
        return sqlite_url(tmp_path / "with % and space" / "hub.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new(migrated=False)


async def tables(database: Database) -> set[str]:
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database.dialect == "sqlite"
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    async with database.reading() as session:
        return {name for name in await session.scalars(text(listed)) if not name.startswith("sqlite_")}


async def test_migrations_lead_up_and_all_the_way_down_again(empty_address: str) -> None:
    database = Database(empty_address)

    await database.migrate()
    after_up = await tables(database)
    await database.migrations.down()
    after_down = await tables(database)
    await database.migrate()

    assert {"events", "robots", "answers", "recordings"} <= after_up
    assert after_down == {"alembic_version"}
    assert await tables(database) == after_up
    await database.close()


async def test_the_tables_are_what_the_models_say(database: Database) -> None:
    async with database.reading() as session:
        connection = await session.connection()
        found = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": False, "include_object": _is_of_a_model}),
                Base.metadata,
            )
        )

    assert found == []


def _is_of_a_model(_object: object, name: str, _kind: str, *_more: object) -> bool:
    """What is searched in is each database's own, and no model knows it."""
    search = ("recording_search", "annotation_search", "recording_topics", "memory_search")
    indexes = ("ix_recordings_words", "ix_annotations_words", "ix_recordings_topics", "ix_memory_entries_words")
    return not name.startswith(search) and name not in ("words", *indexes)


async def test_there_is_one_line_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)

    assert len(scripts.get_heads()) == 1
    assert [script.revision for script in scripts.walk_revisions()] == sorted(
        (script.revision for script in scripts.walk_revisions()), reverse=True
    )


async def test_a_database_that_is_behind_is_said_to_be_behind(empty_address: str) -> None:
    database = Database(empty_address)
    await database.migrations.up("0001")

    with pytest.raises(NotMigrated, match="at revision 0001"):
        await database.check_migrated()
    await database.migrate()
    await database.check_migrated()
    await database.close()


async def test_hubs_that_start_in_one_process_at_once_migrate_once(empty_address: str) -> None:
    databases = [Database(empty_address) for _ in range(4)]

    await asyncio.gather(*(database.migrate() for database in databases))

    for database in databases:
        await database.check_migrated()
        await database.close()


async def test_processes_that_start_at_once_migrate_once(empty_address: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from pilothouse.hub.db import Database\n"
        "async def main():\n"
        "    database = Database(sys.argv[1])\n"
        "    print('at the line', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    await database.migrate()\n"
        "    await database.check_migrated()\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, empty_address], stdin=PIPE, stdout=PIPE, stderr=PIPE)
        for _ in range(4)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == b"at the line\n"

    for one in running:
        assert one.stdin is not None
        one.stdin.write(b"go\n")
        one.stdin.flush()
    ends = [(one.communicate(timeout=60)[1], one.returncode) for one in running]

    assert [(error.decode(), code) for error, code in ends] == [("", 0)] * 4


async def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UnknownRevision, match="9999"):
        await database.migrate()


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hub.db"
    file.write_bytes(b"certainly not a database" * 100)
    database = Database(sqlite_url(file))

    with pytest.raises(NoDatabase, match="not a database"):
        await database.migrate()
    await database.close()
