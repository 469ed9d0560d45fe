"""`pilothouse demo --once`, as a newcomer runs it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import PILOTHOUSE

pytestmark = pytest.mark.timeout(180)


def demo(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PILOTHOUSE, "demo", "--once", "--data", data, *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        cwd=data.parent,
    )


def test_the_chain_is_proved_with_figures_and_nothing_is_left_running(tmp_path: Path) -> None:
    answer = demo(tmp_path / "demo", "--speed", "8")

    said = answer.stdout
    assert answer.returncode == 0, said + answer.stderr
    assert re.search(r"/speed\.data was 9\.\d+, over 9", said)
    assert re.search(r"8 topics", said)
    assert re.search(r"HTTP 206", said)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    for pid in re.findall(r"pid (\d+)", said):
        assert not Path(f"/proc/{pid}").exists()


def test_the_recording_it_leaves_opens_in_an_independent_reader(tmp_path: Path) -> None:
    demo(tmp_path / "demo", "--speed", "max")
    recordings = sorted((tmp_path / "demo").rglob("sessions/*.mcap"))

    assert len(recordings) == 2, "one at the robot, one at the hub"
    assert recordings[0].read_bytes() == recordings[1].read_bytes()
    rerun = PILOTHOUSE.with_name("rerun")
    check = subprocess.run([rerun, "mcap", "check", recordings[0]], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_a_second_run_on_the_same_directory_works_too(tmp_path: Path) -> None:
    first = demo(tmp_path / "demo", "--speed", "max")
    second = demo(tmp_path / "demo", "--speed", "max")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert len(list((tmp_path / "demo").rglob("sessions/*.mcap"))) == 4


def test_a_broken_link_is_named_and_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "hub").write_text("not a directory")

    answer = demo(tmp_path / "demo")

    assert answer.returncode == 1
    assert "hub" in answer.stderr
    assert "Traceback" not in answer.stderr + answer.stdout
