import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pilothouse.kit.logs import bind_context, get_logger, reset_context, set_up_logging, structlog


@pytest.fixture(autouse=True)
def restored_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    # Loggers first used while this set-up holds would keep it for the rest of the process.
    structlog.reset_defaults()


def test_our_lines_and_those_of_libraries_are_json_with_the_bound_context(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(log_format="json")
    bound = bind_context(request_id="r-1")

    get_logger("pilothouse.example").info("recording sealed", size_bytes=12)
    logging.getLogger("some.library").warning("disk is %s", "slow")
    reset_context(**bound)
    get_logger("pilothouse.example").info("without")

    captured = capsys.readouterr()
    ours, theirs, later = (json.loads(line) for line in captured.err.splitlines())
    assert captured.out == ""
    assert ours["event"] == "recording sealed"
    assert ours["size_bytes"] == 12
    assert ours["request_id"] == theirs["request_id"] == "r-1"
    assert theirs["event"] == "disk is slow"
    assert "request_id" not in later
    assert theirs["level"] == "warning"


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(level="warning")

    get_logger("pilothouse.example").info("too quiet")

    assert capsys.readouterr().err == ""


def test_logging_does_not_bring_rich_onto_the_robot() -> None:
    code = "import pilothouse.kit.logs, sys; print('rich' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
