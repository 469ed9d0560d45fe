"""Hubs as processes: killed in the middle, without their database, two on one disk, and at scale by three settings."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pilothouse.mcap import sha256_of
from tests.faults.test_recorder_and_hub import delivered, recorder_flags
from tests.support.flights import drone_flight, saying, write_messages
from tests.support.postgres import running_postgres
from tests.support.processes import Program, eventually, pilothouse
from tests.support.seaweed import running_s3
from tests.support.valkey import started_valkey

MANY = 60
MIB = 1 << 20


def flags(data: Path) -> tuple[str | Path, ...]:
    return ("hub", "--data", data, "--host", "127.0.0.1", "--port", "0")


def session_id(number: int) -> str:
    return f"ada_20260101T00{number // 60:02d}{number % 60:02d}Z"


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A data directory with many recordings that nobody has indexed."""
    sessions = tmp_path / "hub" / "sessions"
    sessions.mkdir(parents=True)
    for number in range(MANY):
        text = os.urandom(40_000).hex()
        write_messages(sessions / f"{session_id(number)}.mcap", saying("/log", [{"text": text, "n": number}]))
    return tmp_path / "hub"


def listed(hub: Program, **query: Any) -> list[dict[str, Any]]:
    answer = httpx2.get(f"{hub.url}/api/sessions", params={"limit": 200, **query}).json()
    found: list[dict[str, Any]] = answer["sessions"]
    return found


def states(hub: Program) -> list[str]:
    return [one["state"] for one in listed(hub)]


def test_a_hub_killed_while_it_indexes_has_every_recording_once_in_the_end(full: Path) -> None:
    for _ in range(3):
        with pilothouse(*flags(full)) as hub:
            eventually(lambda running=hub: "ok" in states(running), what="the first rows")
            hub.kill()

    with pilothouse(*flags(full)) as hub:
        eventually(lambda: states(hub) == ["ok"] * MANY, what="every row")
        assert sorted(one["session_id"] for one in listed(hub)) == sorted(map(session_id, range(MANY)))


def test_a_hub_killed_while_it_sweeps_leaves_no_row_without_a_file_and_no_file_without_a_row(full: Path) -> None:
    with pilothouse(*flags(full)) as hub:
        eventually(lambda: states(hub) == ["ok"] * MANY, what="every row")
    for _ in range(3):
        with pilothouse(*flags(full), env={"MD_MAX_DISK_MB": "2"}) as hub, ThreadPoolExecutor() as threads:
            sweeping = threads.submit(sweep, hub)
            eventually(lambda: len(files(full)) < MANY, what="the first that goes")
            hub.kill()
            sweeping.result()

    with pilothouse(*flags(full), env={"MD_MAX_DISK_MB": "2"}) as hub:
        eventually(lambda running=hub: sweep(running), what="a sweep")
        eventually(lambda: sorted(one["session_id"] for one in listed(hub)) == files(full), what="rows like files")

        kept = files(full)
        assert sum((full / "sessions" / f"{one}.mcap").stat().st_size for one in kept) <= 2 * MIB
        assert kept == sorted(map(session_id, range(MANY)))[-len(kept) :]
        assert set(states(hub)) == {"ok"}


def test_two_hubs_on_one_disk_index_each_recording_once_and_serve_what_the_other_took(full: Path) -> None:
    with pilothouse(*flags(full)) as one, pilothouse(*flags(full)) as other:
        eventually(lambda: states(one) == states(other) == ["ok"] * MANY, what="every row at both")
        with ThreadPoolExecutor() as threads:
            body = {"time_ns": 1, "body": "seen"}
            sent = [
                threads.submit(httpx2.post, f"{hub.url}/api/sessions/{session_id(0)}/annotations", json=body)
                for hub in (one, other) * 20
            ]
            assert {answer.result().status_code for answer in sent} == {201}

        remarks = httpx2.get(f"{other.url}/api/sessions/{session_id(0)}/annotations").json()
        assert remarks["total"] == 40
        assert len(indexed(one)) == MANY
        content = httpx2.get(f"{other.url}/api/sessions/{session_id(1)}/mcap").content
        assert content == (full / "sessions" / f"{session_id(1)}.mcap").read_bytes()


def test_a_hub_whose_database_restarts_says_so_and_goes_on(tmp_path: Path) -> None:
    with running_postgres() as postgres:
        address = postgres.new(migrated=False)
        with pilothouse(*flags(tmp_path / "hub"), env={"PILOTHOUSE_DATABASE_URL": address}) as hub:
            beat = {"robot_id": "ada", "interval_s": 10}
            assert httpx2.post(f"{hub.url}/api/v1/agents/heartbeat", json=beat).status_code == 200
            postgres.pause()
            away = httpx2.post(f"{hub.url}/api/v1/agents/heartbeat", json=beat, timeout=60)
            ready = httpx2.get(f"{hub.url}/readyz", timeout=60)
            lives = httpx2.get(f"{hub.url}/healthz")
            postgres.resume()

            eventually(lambda: httpx2.get(f"{hub.url}/readyz", timeout=60).status_code == 200, what="the database")
            again = httpx2.post(f"{hub.url}/api/v1/agents/heartbeat", json=beat)
            write_messages(tmp_path / "hub" / "sessions" / f"{session_id(0)}.mcap", saying("/speed", [{"v": 1.0}] * 10))
            eventually(lambda: states(hub) == ["ok"], what="the index")

    assert (away.status_code, ready.status_code, lives.status_code, again.status_code) == (503, 503, 200, 200)
    assert away.json()["code"]


def test_the_whole_way_at_scale_is_three_settings(tmp_path: Path) -> None:
    valkey = started_valkey()
    try:
        with running_postgres() as postgres, running_s3() as s3:
            settings = {
                "PILOTHOUSE_DATABASE_URL": postgres.new(migrated=False),
                "PILOTHOUSE_STORAGE_URL": s3.url("fleet"),
                "PILOTHOUSE_REDIS_URL": f"{valkey.connection_url}/0",
            }
            with (
                pilothouse(*flags(tmp_path / "one"), env=settings) as one,
                pilothouse(*flags(tmp_path / "two"), env=settings) as two,
                pilothouse(
                    *recorder_flags(tmp_path, one.url, drone_flight(), "--trigger", "/speed.data > 9")
                ) as recorder,
            ):
                (capture,) = eventually(lambda: delivered(recorder), what="the delivery")
                address = f"{two.url}/api/sessions/{capture['session_id']}"
                row = eventually(
                    lambda: (found := httpx2.get(address).json()).get("state") == "ok" and found, what="the row"
                )
                incident = eventually(
                    lambda: (found := httpx2.get(f"{two.url}/api/v1/incidents").json()["items"]) and found[0],
                    what="the incident",
                )
                got = tmp_path / "got.mcap"
                got.write_bytes(httpx2.get(f"{address}/mcap").content)

                assert incident["id"] == row["incident_id"]
                assert sha256_of(got) == row["sha256"]
                assert not list((tmp_path / "one" / "sessions").glob("*.mcap"))
                assert not (tmp_path / "one" / "hub.db").exists()
    finally:
        valkey.stop()


def sweep(hub: Program) -> bool:
    try:
        return httpx2.post(f"{hub.url}/api/admin/sweep", timeout=60).status_code == 200
    except httpx2.TransportError:
        return False


def files(data: Path) -> list[str]:
    return sorted(path.stem for path in (data / "sessions").glob("*.mcap"))


def indexed(hub: Program) -> list[str]:
    """Which recordings were told to be indexed, as often as it was told."""
    found: list[str] = []
    with httpx2.stream("GET", f"{hub.url}/api/v1/events?since=0", timeout=30) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:") and "recording.indexed" in line:
                found.append(line)
            # The remarks were made last.
            if "annotation" in line:
                return found
    return found
