import sqlite3
from pathlib import Path

import pytest

from pilothouse.recorder.outbox import schema as outbox_schema
from pilothouse.recorder.outbox.outbox import CaptureState, Outbox
from pilothouse.recorder.outbox.schema import STEPS, OutboxTooNew


def outbox_of_step(path: Path, number: int) -> None:
    """An outbox as an earlier version left it, with one capture in it."""
    connection = sqlite3.connect(path)
    connection.executescript("".join(STEPS[:number]) + f"PRAGMA user_version = {number};")
    connection.execute(
        "INSERT INTO captures (session_id, state, reason, label, fired_at_ns, pre_s, post_s, requested_at_ns,"
        " incident_id) VALUES ('r_1', 'sealed', 'trigger', 'stall', 5, 60, 5, 7, 'inc_1')"
    )
    connection.commit()
    connection.close()


def shape(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = [(table, row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    return sorted(found)


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_an_outbox_of_any_earlier_version_keeps_its_captures(tmp_path: Path, number: int) -> None:
    outbox_of_step(tmp_path / "old.db", number)
    Outbox(tmp_path / "new.db", "r").close()

    outbox = Outbox(tmp_path / "old.db", "r")
    (row,) = outbox.in_state(CaptureState.SEALED)
    outbox.close()

    assert (row.session_id, row.label, row.incident_id) == ("r_1", "stall", "inc_1")
    assert shape(tmp_path / "old.db") == shape(tmp_path / "new.db")


def test_opening_twice_takes_no_step_twice(tmp_path: Path) -> None:
    Outbox(tmp_path / "o.db", "r").close()
    first = shape(tmp_path / "o.db")
    Outbox(tmp_path / "o.db", "r").close()

    assert shape(tmp_path / "o.db") == first


def test_a_step_that_fails_leaves_the_outbox_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Outbox(tmp_path / "o.db", "r").close()
    before = shape(tmp_path / "o.db")
    broken = (*STEPS, "CREATE TABLE half (a TEXT) STRICT; CREATE TABLE captures (a TEXT) STRICT;")
    monkeypatch.setattr(outbox_schema, "STEPS", broken)
    with pytest.raises(sqlite3.OperationalError):
        Outbox(tmp_path / "o.db", "r")
    monkeypatch.undo()

    Outbox(tmp_path / "o.db", "r").close()
    assert shape(tmp_path / "o.db") == before


def test_an_outbox_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "o.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(OutboxTooNew, match="of a newer Pilothouse"):
        Outbox(tmp_path / "o.db", "r")
