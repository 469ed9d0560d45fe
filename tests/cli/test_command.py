import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse import __version__
from pilothouse.cli.app import GROUPS
from pilothouse.cli.failures import missing_package

PILOTHOUSE = str(Path(sys.executable).with_name("pilothouse"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PILOTHOUSE, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout.strip() == __version__


def test_help_lists_every_group_without_loading_one() -> None:
    code = (
        "import sys; sys.argv = ['pilothouse', '--help']\n"
        "from pilothouse.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name in ('fastapi', 'sqlalchemy', 'rich', 'numpy')])"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert all(name in answer.stdout for name in GROUPS)
    assert answer.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("group", list(GROUPS))
def test_every_group_explains_itself(group: str) -> None:
    answer = run(group, "--help")

    assert answer.returncode == 0
    assert answer.stdout.startswith(f"Usage: pilothouse {group}")


def test_an_unknown_command_ends_with_two() -> None:
    answer = run("recroder")

    assert answer.returncode == 2
    assert "recroder" in answer.stderr


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    problem = missing_package(ModuleNotFoundError("No module named 'sqlalchemy.ext'", name="sqlalchemy.ext"))

    assert problem is not None
    assert "pip install 'pilothouse[hub]'" in problem.sentence
    assert missing_package(ModuleNotFoundError("x", name="somebody_elses")) is None
