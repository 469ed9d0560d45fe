"""`uvicorn pilothouse.guard.api:app`, as the reference starts it."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import yaml

from tests.support.processes import Program, eventually, running
from tests.support.served_guards import PATIENT, stack_of

COMMAND = [sys.executable, "-m", "uvicorn", "pilothouse.guard.api:app", "--port", "0"]
SERVES_AT = re.compile(r"running on http://[\d.]+:(\d+)")


@contextmanager
def uvicorn(tmp_path: Path, host: str, **environment: str) -> Iterator[tuple[Program, int]]:
    (tmp_path / "stack.yaml").write_text(yaml.safe_dump(stack_of(6)))
    told = {"PILOTHOUSE_STACKFILE": str(tmp_path / "stack.yaml"), "PILOTHOUSE_DATA": str(tmp_path / "data")}
    with running([*COMMAND, "--host", host], env={**told, **PATIENT, **environment}, ready=False) as program:
        found = eventually(lambda: SERVES_AT.search(program.stderr), what="uvicorn to serve")
        yield program, int(found[1])


def own_address() -> str:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no address but loopback")
        found: str = probe.getsockname()[0]
        return found


def test_it_serves_as_guard_run_does(tmp_path: Path) -> None:
    with uvicorn(tmp_path, "127.0.0.1") as (program, port):
        url = f"http://127.0.0.1:{port}"
        started = httpx2.post(f"{url}/api/control/start", params={"n_cycles": 2})
        state = eventually(lambda: httpx2.get(f"{url}/api/control/status").json()["state"] == "stopped")
        program.stop()
        said = program.stderr

    assert (started.status_code, state) == (200, True)
    assert "Application shutdown complete" in said


@pytest.mark.parametrize("name", ["absent.yaml", ""])
def test_without_a_stackfile_it_says_so_in_one_line(tmp_path: Path, name: str) -> None:
    environment = {"PILOTHOUSE_STACKFILE": name, "PATH": "/usr/bin"} if name else {"PATH": "/usr/bin"}

    ended = subprocess.run(
        COMMAND, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("pilothouse: There is no Stackfile")


def test_told_to_listen_everywhere_without_a_token_it_serves_this_machine_alone(tmp_path: Path) -> None:
    with uvicorn(tmp_path, "0.0.0.0") as (_, port):
        here = httpx2.get(f"http://127.0.0.1:{port}/api/control/status")
        # Whoever reaches it from elsewhere may say any Host.
        there = httpx2.post(f"http://{own_address()}:{port}/api/control/start", headers={"Host": "localhost"})
        stopped = httpx2.post(f"http://{own_address()}:{port}/api/control/estop")

    assert here.status_code == 200
    assert (there.status_code, there.json()["code"]) == (403, "token_not_set")
    assert "PILOTHOUSE_GUARD_TOKEN" in there.json()["detail"]
    assert stopped.status_code == 200


def test_with_a_token_it_serves_everywhere(tmp_path: Path) -> None:
    with uvicorn(tmp_path, "0.0.0.0", PILOTHOUSE_GUARD_TOKEN="s3cret") as (_, port):
        url = f"http://{own_address()}:{port}/api/control/status"
        asked = httpx2.get(url)
        shown = httpx2.get(url, headers={"Authorization": "Bearer s3cret"})

    assert (asked.status_code, shown.status_code) == (401, 200)
