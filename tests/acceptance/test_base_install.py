"""What a robot gets: the base install alone, from a wheel, in an environment of its own."""

import subprocess
import sys
import venv
from pathlib import Path

import httpx2
import pytest

from tests.support.processes import resident_bytes, running

ROOT = Path(__file__).parents[2]
PROMISED_BYTES = 60 << 20
NOT_ON_A_ROBOT = ("sqlalchemy", "alembic", "redis", "taskiq", "obstore")

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("base-install")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an environment with `pip install pilothouse` in it."""
    place = tmp_path_factory.mktemp("base")
    venv.create(place / "env", with_pip=True)
    bin_directory = place / "env" / "bin"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
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


def test_nothing_of_the_hub_is_installed(base: Path) -> None:
    code = f"import importlib.util as u; print([m for m in {NOT_ON_A_ROBOT!r} if u.find_spec(m)])"

    answer = subprocess.run([base / "python", "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_asking_for_the_hub_says_what_to_install(base: Path, tmp_path: Path) -> None:
    command = [str(base / "pilothouse"), "hub", "--data", str(tmp_path), "--port", "0"]

    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert answer.returncode == 2
    assert "pip install 'pilothouse[hub]'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_wheel_is_typed_and_carries_its_migrations(base: Path) -> None:
    code = "import pilothouse, pathlib; print(pathlib.Path(pilothouse.__file__).parent)"
    answer = subprocess.run([base / "python", "-c", code], capture_output=True, text=True, check=True)
    package = Path(answer.stdout.strip())

    assert (package / "py.typed").exists()
    assert list((package / "hub" / "db" / "migrations" / "versions").glob("0001_*.py"))
    assert not package.is_relative_to(ROOT)
    assert sys.version_info >= (3, 11)
