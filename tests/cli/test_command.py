import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse import __version__
from pilothouse.cli.app import GROUPS
from pilothouse.cli.parts.failures import exit_code_of, file_problem, missing_package, said
from pilothouse.cli.parts.new_file import FileThere, write_new
from pilothouse.client.problems import answered

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


def test_a_terminal_that_is_not_utf_8_gets_help_too() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "40"}
    command = [PILOTHOUSE, "recorder", "run", "--help"]

    answer = subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False)

    assert answer.returncode == 0, answer.stderr
    assert b"\\u2026" in answer.stdout


def test_an_unknown_command_ends_with_two() -> None:
    answer = run("recroder")

    assert answer.returncode == 2
    assert "No such command 'recroder'. Did you mean 'recorder'?" in answer.stderr


def test_a_shell_that_completes_is_told_the_groups_and_their_commands() -> None:
    def completed(words: str, position: int) -> list[str]:
        asked = {"COMP_WORDS": words, "COMP_CWORD": str(position), "_PILOTHOUSE_COMPLETE": "complete_bash"}
        environment = {**os.environ, **asked}
        answer = subprocess.run([PILOTHOUSE], env=environment, capture_output=True, text=True, timeout=30, check=False)
        return answer.stdout.split()

    assert completed("pilothouse rec", 1) == ["recorder", "recordings"]
    assert completed("pilothouse mcap ", 2) == ["info", "verify", "recover"]


@pytest.mark.parametrize(
    ("number", "code", "sentence"),
    [
        (errno.ENOSPC, 7, "There is no room left for x.yaml; free some space"),
        (errno.EROFS, 2, "Cannot use x.yaml: Read-only file system; give another path"),
        (errno.EISDIR, 2, "Cannot use x.yaml: Is a directory"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(number: int, code: int, sentence: str) -> None:
    problem = file_problem(OSError(number, os.strerror(number), "x.yaml"))

    assert problem is not None
    assert problem.sentence.startswith(sentence)
    assert exit_code_of(problem) == code


def test_any_other_error_of_the_system_keeps_its_traceback() -> None:
    assert file_problem(OSError(errno.EIO, "Input/output error", "x.yaml")) is None


def test_what_a_hub_refuses_for_want_of_a_credential_says_where_to_put_one() -> None:
    refused = answered(401, {"code": "credentials_missing", "detail": "A credential is needed here."}, request_id="")

    assert said(refused).startswith("A credential is needed here. Set PILOTHOUSE_TOKEN or MD_HUB_AUTH_PASSWORD")


def test_a_file_that_cannot_be_written_whole_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_new(tmp_path / "stack.yaml", "half of it \ud800", force=False)
    assert list(tmp_path.iterdir()) == []

    write_new(tmp_path / "stack.yaml", "one", force=False)
    with pytest.raises(FileThere):
        write_new(tmp_path / "stack.yaml", "two", force=False)
    write_new(tmp_path / "stack.yaml", "three", force=True)

    assert [one.name for one in tmp_path.iterdir()] == ["stack.yaml"]
    assert (tmp_path / "stack.yaml").read_text() == "three"


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    problem = missing_package(ModuleNotFoundError("No module named 'sqlalchemy.ext'", name="sqlalchemy.ext"))

    assert problem is not None
    assert "pip install 'pilothouse[hub]'" in problem.sentence
    assert missing_package(ModuleNotFoundError("x", name="somebody_elses")) is None
