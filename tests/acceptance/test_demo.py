"""`pilothouse demo --once`, as a newcomer runs it."""

import json
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.support.processes import PILOTHOUSE, eventually

WIDE = os.environ | {"COLUMNS": "300", "PYTHONUNBUFFERED": "1"}

# One group: a run is shared by those who look at what it said and at what it left.
pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("demo")]


def demo(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PILOTHOUSE, "demo", "--once", "--data", data, *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        cwd=data.parent,
    )


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run at eight times the flight's speed: the directory beside which it ran, and how it ended."""
    place = tmp_path_factory.mktemp("proved")
    return place, demo(place / "demo", "--speed", "8")


def test_the_chain_is_proved_with_figures_and_nothing_is_left_running(
    proved: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    place, answer = proved

    said = answer.stdout
    assert answer.returncode == 0, said + answer.stderr
    assert re.search(r"/speed\.data was 9\.\d+, over 9", said)
    assert re.search(r"8 topics", said)
    assert re.search(r"HTTP 206", said)
    assert re.search(r"cycles judged, \d+ actions clamped, [1-9]\d* rejected, none of those sent", said)
    assert re.search(r"rejections known to the hub", said)
    assert re.search(r"inc_\w+ is open, (medium|high|critical): “drone passed 9 m/s on drone-1”", said)
    assert re.search(r"Scout claimed it and read the evidence: “/speed peaked at 9\.51 m/s", said)
    assert re.search(r"may not approve itself \(403\); a person did, and the task is done", said)
    assert re.search(
        r"✓ lab +reproduced in a sandbox, from a commit: “\d+ speeds, [1-9]\d* above 9 m/s, the highest 9\.51", said
    )
    assert [path.name for path in place.iterdir()] == ["demo"]
    for pid in re.findall(r"pid (\d+)", said):
        assert not Path(f"/proc/{pid}").exists()


def test_a_second_run_on_the_same_directory_works_too_and_an_independent_reader_opens_all_they_leave(
    proved: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    place, first = proved
    once = delivered_in(place / "demo")
    second = demo(place / "demo", "--speed", "max")
    twice = delivered_in(place / "demo")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert len(twice) > len(once)
    sessions = sorted((place / "demo" / "guard" / "sessions").glob("*.mcap"))
    assert len(sessions) == 2
    rerun = PILOTHOUSE.with_name("rerun")
    for path in (*twice, *sessions):
        check = subprocess.run([rerun, "mcap", "check", path], capture_output=True, text=True, check=False)
        assert check.returncode == 0, check.stdout + check.stderr


def delivered_in(directory: Path) -> list[Path]:
    """What the hub has; each is byte for byte what its robot has."""
    delivered = sorted((directory / "hub" / "sessions").glob("*.mcap"))
    assert [path for path in delivered if path.name.startswith("drone-1_")]
    for path in delivered:
        robot_id = path.name.partition("_")[0]
        assert path.read_bytes() == (directory / robot_id / "sessions" / path.name).read_bytes()
    return delivered


def test_a_broken_link_is_named_and_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "hub").write_text("not a directory")

    answer = demo(tmp_path / "demo")

    assert answer.returncode == 1
    assert "hub" in answer.stderr
    assert "Traceback" not in answer.stderr + answer.stdout


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_five_things_to_try_work_and_a_signal_ends_everything(ending: signal.Signals, tmp_path: Path) -> None:
    command = [PILOTHOUSE, "demo", "--data", tmp_path / "demo", "--speed", "max"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=WIDE) as running:
        try:
            said = _said_up_to("hub login-link", running)
            curls = [line for line in said if line.startswith("curl ")]
            answers = [subprocess.run(shlex.split(one), capture_output=True, cwd=tmp_path, check=True) for one in curls]
            first = "See what happened, and decide what the agent asks (this link signs in once, within 15 minutes):"
            link = _line_after(said, first)
            page = subprocess.run(["curl", "-sf", link], capture_output=True, check=True)
            another = subprocess.run(shlex.split(said[-1]), capture_output=True, text=True, cwd=tmp_path, check=True)
            before = _heard_of_the_agent(link, tmp_path)
            eventually(lambda: _heard_of_the_agent(link, tmp_path) > before)
            running.send_signal(ending)
            code = running.wait(60)
        finally:
            running.terminate()

    assert code == 0
    assert any(line.startswith("The lab runs a program on this recording") for line in said)
    assert len(answers) == 4
    assert (tmp_path / "head.mcap").stat().st_size == 65_536
    assert json.loads(answers[1].stdout)["time_ns"] > 15_000_000_000
    assert "drone passed 9 m/s on drone-1" in [one["title"] for one in json.loads(answers[2].stdout)["items"]]
    assert json.loads(answers[3].stdout)["state"] == "emergency"
    assert b"<html" in page.stdout
    assert another.stdout.startswith(link.partition("?")[0])
    for pid in re.findall(r"pid (\d+)", "\n".join(said)):
        assert not Path(f"/proc/{pid}").exists()


def _heard_of_the_agent(link: str, directory: Path) -> str:
    token = (directory / "demo/hub/local-auth-token").read_text(encoding="ascii").strip()
    url = f"{link.partition('/login')[0]}/api/v1/agents"
    (agent,) = httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()["items"]
    return str(agent["last_seen_at"])


def _said_up_to(part: str, program: subprocess.Popen[str]) -> list[str]:
    assert program.stdout is not None
    said: list[str] = []
    for line in program.stdout:
        said.append(line.strip())
        if part in line:
            break
    return said


def _line_after(lines: list[str], title: str) -> str:
    return lines[lines.index(title) + 1]
