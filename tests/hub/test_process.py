"""`pilothouse hub` as a process: what whoever starts it relies on."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.support.postgres import Postgres
from tests.support.processes import eventually, pilothouse


def hub(data: Path, *more: str) -> tuple[str, ...]:
    return ("hub", "--data", str(data), "--host", "127.0.0.1", "--port", "0", *more)


def refused(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code and standard error of a hub that does not start."""
    with pilothouse(*arguments, env=env, ready=False) as program:
        return program.wait(60), program.stderr


def test_a_data_directory_is_all_it_needs_and_all_it_leaves(tmp_path: Path) -> None:
    with pilothouse(*hub(tmp_path / "new" / "data"), cwd=tmp_path) as program:
        ready = httpx2.get(f"{program.url}/readyz")
        counted = httpx2.get(f"{program.url}/metrics").text
        code = program.stop(5.0)

    checks = ready.json()["checks"]
    assert checks.pop("sandbox")
    assert checks == {"database": "ok", "storage": "ok", "jobs": "ok"}
    assert 'pilothouse_job_waiting{job="recordings.index"} 0.0' in counted
    assert code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new" / "data" / "hub.db").stat().st_mode & 0o777 == 0o600
    assert {"hub.db", "sessions"} <= {path.name for path in (tmp_path / "new" / "data").iterdir()}


def test_rows_outlive_the_process_and_move_with_the_directory(tmp_path: Path) -> None:
    with pilothouse(*hub(tmp_path / "before")) as program:
        httpx2.post(f"{program.url}/api/v1/agents/heartbeat", json={"robot_id": "r2"}).raise_for_status()
        program.kill()
    (tmp_path / "before").rename(tmp_path / "after")
    (tmp_path / "after" / "hub.db").chmod(0o644)

    with pilothouse(*hub(tmp_path / "after")) as program:
        robots = httpx2.get(f"{program.url}/api/v1/robots").json()

    assert [robot["robot_id"] for robot in robots["items"]] == ["r2"]
    assert (tmp_path / "after" / "hub.db").stat().st_mode & 0o777 == 0o640


def test_two_hubs_may_start_at_once_on_one_database(postgres: Postgres, tmp_path: Path) -> None:
    env = {"PILOTHOUSE_DATABASE_URL": postgres.new(migrated=False)}
    with (
        pilothouse(*hub(tmp_path / "a"), env=env, ready=False) as one,
        pilothouse(*hub(tmp_path / "b"), env=env, ready=False) as two,
    ):
        answers = [httpx2.get(f"{program.wait_ready().url}/readyz").status_code for program in (one, two)]

    assert answers == [200, 200]


def test_fleet_mode_without_a_password_ends_with_one_line_that_names_it(tmp_path: Path) -> None:
    code, said = refused(*hub(tmp_path, "--mode", "fleet"))

    assert code == 2
    assert len(said.strip().splitlines()) == 1
    assert "MD_HUB_AUTH_PASSWORD" in said


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"MD_MODE": "both"}, "mode"),
        ({"MD_MAX_DISK_MB": "-1"}, "max_disk_mb"),
        ({"PILOTHOUSE_DATABASE_URL": "mysql://nowhere"}, "PILOTHOUSE_DATABASE_URL"),
        ({"PILOTHOUSE_REDIS_URL": "http://nowhere"}, "PILOTHOUSE_REDIS_URL"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_in_one_line(tmp_path: Path, env: dict[str, str], names: str) -> None:
    code, said = refused(*hub(tmp_path), env=env)

    assert code == 2
    assert len(said.strip().splitlines()) == 1
    assert names in said


def test_an_unknown_key_in_a_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("max_disc_mb: 5\n")

    code, said = refused(*hub(tmp_path / "data", "--config", str(file)))

    assert code == 2
    assert "did you mean 'max_disk_mb'" in said


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        code, said = refused("hub", "--data", str(tmp_path), "--host", "127.0.0.1", "--port", port)

    assert code == 2
    assert port in said


def test_a_redis_and_a_database_that_do_not_answer_are_said_in_one_line(tmp_path: Path) -> None:
    absent = {
        "PILOTHOUSE_REDIS_URL": "redis://127.0.0.1:1/0",
        "PILOTHOUSE_DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/none?connect_timeout=2",
    }
    for variable, address in absent.items():
        code, said = refused(*hub(tmp_path), env={variable: address})

        assert code == 1
        assert said.strip().splitlines()[-1].startswith("pilothouse: ")
        assert "Traceback" not in said
        assert "secret" not in said


def test_a_data_directory_that_is_a_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")

    code, said = refused(*hub(tmp_path / "data"))

    assert (code, "--data" in said) == (2, True)


def test_the_app_is_built_lazily_for_uvicorn(tmp_path: Path) -> None:
    """Nothing happens at import: no directory is made, no variable is read."""
    program = (
        "import pilothouse.hub.app as m, os; assert not os.path.exists('pilothouse-data'); m.app; print(os.listdir())"
    )

    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=60)

    assert ended.returncode == 0, ended.stderr
    assert "pilothouse-data" in ended.stdout.decode()


def test_a_file_named_env_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MD_MODE=fleet\n")

    with pilothouse(*hub(tmp_path / "data"), cwd=tmp_path) as program:
        assert httpx2.get(f"{program.url}/healthz").json()["mode"] == "single"


def test_the_page_at_its_root_needs_no_other_host(tmp_path: Path) -> None:
    with pilothouse(*hub(tmp_path)) as program:
        page = httpx2.get(program.url)

    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text.replace(program.url, "")
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_file_too_large_to_finish_does_not_hold_up_the_end(tmp_path: Path) -> None:
    sessions = tmp_path / "sessions"
    sessions.mkdir(parents=True)
    with (sessions / "kestrel_20260512T084230Z.mcap").open("wb") as sparse:
        sparse.truncate(200 << 30)

    with pilothouse("hub", "--data", tmp_path, "--port", "0", "--host", "127.0.0.1") as hub:
        listed = f"{hub.url}/api/sessions"
        eventually(lambda: httpx2.get(listed).json()["sessions"], what="the file")
        eventually(lambda: _bytes_read(hub.pid) > 64 << 20, what="the reading of the file")
        code = hub.stop(deadline_s=5)
        said = hub.stderr

    assert code == 0
    assert "Traceback" not in said


def _bytes_read(pid: int) -> int:
    counters = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in counters if line.startswith("rchar:"))
