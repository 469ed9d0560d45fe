"""Which exit code each kind of problem has, and what to install when something is missing."""

from __future__ import annotations

import errno
import os

from pilothouse.kit import errors

EXIT_CODES: dict[type[errors.Problem], int] = {
    errors.Invalid: 2,
    errors.Unauthenticated: 3,
    errors.Forbidden: 3,
    errors.NotFound: 4,
    errors.Conflict: 5,
    errors.TooLarge: 6,
    errors.Throttled: 7,
    errors.Unavailable: 7,
}

EXTRA_OF = {
    "aiosqlite": "hub",
    "alembic": "hub",
    "cryptography": "hub",
    "debugpy": "hub",
    "foxglove_wizard": "demo",
    "gymnasium": "gymnasium",
    "httptools": "hub",
    "jwt": "hub",
    "mcp": "mcp",
    "mujoco": "mujoco",
    "obstore": "hub",
    "paho": "mqtt",
    "psycopg": "postgres",
    "pyarrow": "parquet",
    "redis": "redis",
    "sqlalchemy": "hub",
    "stamina": "mcp",
    "standardwebhooks": "hub",
    "taskiq": "hub",
    "taskiq_redis": "redis",
    "tsdownsample": "hub",
    "zenoh": "zenoh",
}
# What a person mends at the file; any other error of the system is a fault of the program and keeps its traceback.
MENDED_AT_THE_FILE = {
    errno.EACCES,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
FULL = {errno.ENOSPC, errno.EDQUOT}


class NotInstalled(errors.Invalid):
    """This needs the package '{package}', which is not installed: pip install 'pilothouse[{extra}]'"""


class CannotUseFile(errors.Invalid):
    """Cannot use {path}: {reason}; give another path, or change its permissions."""


class DiskFull(errors.Unavailable):
    """There is no room left{where}; free some space on that disk and try again."""


def exit_code_of(problem: errors.Problem) -> int:
    """The exit code for a problem; 1 for one without a kind."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(problem, kind)), 1)


def missing_package(error: ModuleNotFoundError) -> NotInstalled | None:
    """The problem behind a failed import of something an extra brings, or None for any other module."""
    package = (error.name or "").partition(".")[0]
    extra = EXTRA_OF.get(package)
    return NotInstalled(package=package, extra=extra) if extra else None


# What to do about it at a terminal, where the program that refused cannot know how it was asked.
HINTS = {
    "hub_unreachable": "Is it running? --url, PILOTHOUSE_HUB_URL or PILOTHOUSE_URL says where it is.",
    "credentials_missing": "Set PILOTHOUSE_TOKEN or MD_HUB_AUTH_PASSWORD in the environment; `pilothouse token create "
    "NAME --data DIR` makes a token beside the hub.",
    "credentials_wrong": "Check PILOTHOUSE_TOKEN and MD_HUB_AUTH_PASSWORD in the environment.",
}


def said(problem: errors.Problem) -> str:
    """The line a person reads at a terminal."""
    code = problem.code
    # To a hub that is open to everybody a wrong token is as good as none.
    if code == "credentials_missing" and os.environ.get("PILOTHOUSE_TOKEN"):
        code = "credentials_wrong"
    hint = HINTS.get(code)
    return f"{problem.sentence} {hint}" if hint else problem.sentence


def file_problem(error: OSError) -> errors.Problem | None:
    """What is the matter with a file or its disk, or None for any other error of the system."""
    if error.errno in FULL:
        return DiskFull(where=f" for {error.filename}" if error.filename else "")
    if error.errno in MENDED_AT_THE_FILE and error.filename:
        return CannotUseFile(path=error.filename, reason=error.strerror)
    return None
