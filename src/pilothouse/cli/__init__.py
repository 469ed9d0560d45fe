"""The pilothouse command: one file per group, heavy imports inside the commands."""

from __future__ import annotations

import sys

from pilothouse.cli.app import app
from pilothouse.cli.failures import exit_code_of, missing_package
from pilothouse.kit.errors import Problem

__all__ = ["app", "main"]


def main() -> None:
    """Run a command; a problem ends it with one line on standard error and the exit code of its kind."""
    try:
        _run()
    except Problem as problem:
        print(f"pilothouse: {problem.sentence}", file=sys.stderr)
        raise SystemExit(exit_code_of(problem)) from None


def _run() -> None:
    try:
        app()
    except ModuleNotFoundError as error:
        missing = missing_package(error)
        if missing is None:
            raise
        raise missing from None
