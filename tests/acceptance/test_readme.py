"""The README's commands, run as printed; only addresses and places are made the test's own."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.flights import drone_flight
from tests.support.processes import PILOTHOUSE, Program, eventually, pilothouse, running

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
CONFIG = re.search(r"```yaml\n# recorder.yaml\n(.*?)```", README, re.DOTALL)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def bench_top(tmp_path: Path) -> Path:
    """A directory with the files that the README speaks of."""
    assert CONFIG is not None
    (tmp_path / "flight.mcap").symlink_to(drone_flight())
    with drone_flight().open("rb") as flight:
        (tmp_path / "broken.mcap").write_bytes(flight.read(8_000_000))
    text = CONFIG[1].replace("/var/lib/pilothouse", str(tmp_path / "robot"))
    (tmp_path / "recorder.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def command(beginning: str) -> list[str]:
    """The one command of the README that begins so, as words, with our pilothouse."""
    (line,) = [line for line in COMMANDS if beginning in line]
    words = shlex.split(line)
    return [str(PILOTHOUSE) if word == "pilothouse" else word for word in words]


def run(beginning: str, place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(beginning), cwd=place, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("beginning", "says"),
    [
        ("pilothouse recorder check", "recorder.yaml"),
        ("pilothouse triggers test", "/speed.data > 9 for 0.2 s"),
        ("pilothouse mcap info", "/groundtruth/pose"),
        ("pilothouse mcap verify", "8,700"),
        ("pilothouse mcap recover", "mended.mcap"),
    ],
)
def test_a_printed_command_does_what_it_says(beginning: str, says: str, bench_top: Path) -> None:
    answer = run(beginning, bench_top)

    assert answer.returncode == 0, answer.stderr
    assert says in answer.stdout


@pytest.fixture
def recorder(bench_top: Path) -> Iterator[Program]:
    with running([*command("pilothouse recorder run"), "--port", "0"], cwd=bench_top) as program:
        yield program


def test_the_printed_configuration_records_and_the_printed_curl_saves(recorder: Program, bench_top: Path) -> None:
    words = [word.replace("http://127.0.0.1:7000", recorder.url) for word in command("curl -X POST")]

    saved = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30)

    assert '"label":"odd noise after the corner"' in saved.stdout.replace(": ", ":")
    assert list((bench_top / "robot" / "sessions").glob("kestrel-1_*.mcap"))


def test_the_printed_guard_is_written_checked_started_and_stopped(bench_top: Path) -> None:
    for beginning in ("pilothouse guard init", "pilothouse guard validate"):
        answer = run(beginning, bench_top)
        assert answer.returncode == 0, answer.stderr

    with running([*command("pilothouse guard run"), "--port", "0"], cwd=bench_top) as guard:
        started = httpx2.post(f"{guard.url}/api/control/start")
        status = f"{guard.url}/api/control/status"
        eventually(lambda: httpx2.get(status).json()["cycle_count"] > 0, what="the first cycle")
        stopped = httpx2.post(f"{guard.url}/api/control/estop")
        assert guard.stop() == 0

    assert (started.status_code, started.json()["state"]) == (200, "running")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "emergency")
    assert (bench_top / "pilothouse-guard" / "risk.db").exists()


def test_the_printed_hub_takes_its_password(bench_top: Path) -> None:
    assignment, *words = command("pilothouse hub --mode fleet")
    name, _, password = assignment.partition("=")

    with running([*words, "--port", "0"], env={name: password}, cwd=bench_top) as hub:
        refused = httpx2.get(f"{hub.url}/api/sessions")
        allowed = httpx2.get(f"{hub.url}/api/sessions", auth=("anyone", password))

    assert (refused.status_code, allowed.status_code) == (401, 200)
    assert (bench_top / "pilothouse-data" / "hub.db").exists()


def test_every_program_named_in_the_readme_answers_help() -> None:
    for name in re.findall(r"^\| `pilothouse ([a-z ]+)`", README, re.MULTILINE):
        with pilothouse(*name.split(), "--help", ready=False) as program:
            assert program.wait() == 0, name


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    targets = [words[1] for words in map(str.split, COMMANDS) if words[:1] == ["make"]]

    assert targets == ["demo", "test"]
    for target in [*targets, "bench"]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
