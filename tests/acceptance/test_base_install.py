"""What a robot gets: the base install alone, from a wheel, in an environment of its own."""

import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.processes import eventually, resident_bytes, running
from tests.support.served_guards import PATIENT

ROOT = Path(__file__).parents[2]
PROMISED_BYTES = 60 << 20
# While it cycles a guard also holds a thousand events for its clients and what compresses its sessions.
CYCLING_BYTES = 64 << 20
STACK = """
version: 1
robot:
  name: pair
  joints:
    - {name: shoulder, lower_rad: -3, upper_rad: 3, velocity_rad_s: 2}
    - {name: elbow, lower_rad: -3, upper_rad: 3, velocity_rad_s: 2}
sources: {arm: {type: python, function: "arm:look"}}
sinks: {arm: {type: python, function: "arm:move", emergency_stop: "arm:halt"}}
policy: {type: python, function: "arm:think"}
boundaries:
  limits: {type: joint_position}
  speed: {type: joint_velocity}
tasks: {default: {}}
loopback: {backend: mcap}
"""
ARM = """
import time
def look(): return {"timestamp": time.time(), "joint_positions": [0.0, 0.0]}
def think(observation): return [0.001, 0.001]
def move(action): ...
def halt(): ...
"""
NOT_ON_A_ROBOT = ("sqlalchemy", "alembic", "redis", "taskiq", "obstore")

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("base-install")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an environment with `pip install pilothouse` in it."""
    place = tmp_path_factory.mktemp("base")
    venv.create(place / "env", with_pip=True)
    bin_directory = place / "env" / "bin"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["--constraint", str(ROOT / "constraints.txt"), str(ROOT)]
    subprocess.run([bin_directory / "python", *install, *constraints], check=True, timeout=240)
    return bin_directory


def test_the_recorder_runs_within_sixty_mebibytes(base: Path, tmp_path: Path) -> None:
    command = [
        str(base / "pilothouse"),
        "recorder",
        "run",
        "--data",
        str(tmp_path),
        "--port",
        "0",
        "--robot-id",
        "kestrel",
    ]

    with running(command) as recorder:
        for path in ("/healthz", "/topics", "/triggers", "/sessions/last", "/metrics"):
            httpx2.get(recorder.url + path)
        httpx2.post(
            recorder.url + "/messages", json={"topic": "/agent", "data": {"temperature": 40}}
        ).raise_for_status()
        httpx2.post(recorder.url + "/sessions/save").raise_for_status()
        resident = resident_bytes(recorder.pid)
        code = recorder.stop()

    assert resident <= PROMISED_BYTES, f"{resident / 2**20:.1f} MiB resident"
    assert code == 0


def test_the_guard_runs_within_sixty_mebibytes_and_little_more_while_it_cycles(base: Path, tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(STACK)
    (tmp_path / "arm.py").write_text(ARM)
    command = [str(base / "pilothouse"), "guard", "run", str(tmp_path / "stack.yaml"), "--port", "0"]

    with running([*command, "--data", str(tmp_path / "data")], env=PATIENT) as guard:
        for path in (
            "/healthz",
            "/metrics",
            "/api/control/status",
            "/api/risk-log",
            "/api/boundaries",
            "/readyz",
        ):
            httpx2.get(guard.url + path).raise_for_status()
        at_rest = resident_bytes(guard.pid)
        started = httpx2.post(guard.url + "/api/control/start", params={"n_cycles": 1000, "cycle_budget_ms": 5})
        started.raise_for_status()
        done = eventually(lambda: _status(guard.url)["state"] == "stopped" and _status(guard.url))
        httpx2.get(guard.url + "/api/telemetry/history", params={"n": 1000}).raise_for_status()
        cycling = resident_bytes(guard.pid)
        code = guard.stop()

    assert done["cycle_count"] == 1000
    assert at_rest <= PROMISED_BYTES, f"{at_rest / 2**20:.1f} MiB resident before it cycles"
    assert cycling <= CYCLING_BYTES, f"{cycling / 2**20:.1f} MiB resident after 1000 cycles"
    assert code == 0


def _status(url: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{url}/api/control/status").json()
    return found


def test_nothing_of_the_hub_is_installed(base: Path) -> None:
    code = f"import importlib.util as u; print([m for m in {NOT_ON_A_ROBOT!r} if u.find_spec(m)])"

    answer = subprocess.run([base / "python", "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(("words", "extra"), [(("hub", "--port", "0"), "hub"), (("mcp",), "mcp")])
def test_asking_for_what_an_extra_brings_says_what_to_install(
    base: Path, tmp_path: Path, words: tuple[str, ...], extra: str
) -> None:
    command = [str(base / "pilothouse"), *words]

    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    assert answer.returncode == 2
    assert f"pip install 'pilothouse[{extra}]'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_wheel_is_typed_and_carries_its_migrations_and_the_web_ui(base: Path) -> None:
    code = "import pilothouse, pathlib; print(pathlib.Path(pilothouse.__file__).parent)"
    answer = subprocess.run([base / "python", "-c", code], capture_output=True, text=True, check=True)
    package = Path(answer.stdout.strip())

    assert (package / "py.typed").exists()
    assert list((package / "hub" / "db" / "migrations" / "versions").glob("0001_*.py"))
    assert (package / "hub" / "ui" / "static" / "index.html").exists()
    assert not package.is_relative_to(ROOT)
    assert sys.version_info >= (3, 11)
