"""`pilothouse audit verify`, beside a running hub and after it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import httpx2

from tests.support.processes import pilothouse, ran


def verify(data: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return ran("audit", "verify", "--data", data, *flags)


def test_a_whole_log_is_said_to_be_whole_and_a_broken_one_is_named(tmp_path: Path) -> None:
    # A login link and a worker for debug sessions would each be an entry too.
    alone = {"LOCAL_AUTH_TOKEN": "operator", "PILOTHOUSE_LAB_WORKER": "false"}
    with pilothouse("hub", "--data", tmp_path, "--port", "0", "--host", "127.0.0.1", env=alone) as hub:
        for number in range(3):
            httpx2.post(f"{hub.url}/api/v1/incidents", json={"title": f"x{number}"}).raise_for_status()
        beside, whole = verify(tmp_path), verify(tmp_path, "--json")
    with sqlite3.connect(tmp_path / "hub.db") as database:
        database.execute("UPDATE audit_log SET actor = 'somebody else' WHERE sequence = 2")
    database.close()

    after, broken = verify(tmp_path), verify(tmp_path, "--json")

    assert (beside.returncode, beside.stdout) == (0, "the audit log is whole: 3 entries\n")
    assert (after.returncode, after.stdout) == (1, "")
    assert "entry 2 was edited" in after.stderr
    assert (whole.returncode, json.loads(whole.stdout)) == (0, {"ok": True, "entries": 3, "problem": None})
    assert (broken.returncode, json.loads(broken.stdout)["ok"]) == (1, False)
    assert "entry 2 was edited" in json.loads(broken.stdout)["problem"]


def test_a_directory_without_a_hub_is_said_to_be_none(tmp_path: Path) -> None:
    answer = verify(tmp_path)

    assert answer.returncode == 2
    assert "there is no hub in" in answer.stderr
