"""The pilothouse command: a file or a folder per group, heavy imports inside the commands."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module

from pilothouse.cli.parts.failures import exit_code_of, file_problem, missing_package, said
from pilothouse.kit.errors import Problem

__all__ = ["main"]

# Programs of a robot read their few flags themselves: the command tree costs memory and start-up time.
LIGHT: dict[tuple[str, ...], str] = {
    ("recorder", "run"): "pilothouse.cli.recorder.run",
    ("guard", "run"): "pilothouse.cli.guard.run",
}


def main() -> None:
    """Run a command; a problem ends it with one line on standard error and the exit code of its kind."""
    # A terminal of another encoding than UTF-8 gets an escape for what it cannot show, not a traceback.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _run(sys.argv[1:])
    except Problem as problem:
        print(f"pilothouse: {said(problem)}", file=sys.stderr)
        raise SystemExit(exit_code_of(problem)) from None


def _run(arguments: Sequence[str]) -> None:
    light = LIGHT.get(tuple(arguments[:2]))
    try:
        if light is not None:
            raise SystemExit(import_module(light).main(arguments[2:]))
        import_module("pilothouse.cli.app").app()
    except ModuleNotFoundError as error:
        missing = missing_package(error)
        if missing is None:
            raise
        raise missing from None
    except OSError as error:
        problem = file_problem(error)
        if problem is None:
            raise
        raise problem from error
