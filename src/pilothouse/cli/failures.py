"""Which exit code each kind of problem has, and what to install when something is missing."""

from __future__ import annotations

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
    "foxglove_wizard": "demo",
    "mcp": "mcp",
    "obstore": "hub",
    "psycopg": "postgres",
    "pyarrow": "parquet",
    "redis": "redis",
    "sqlalchemy": "hub",
    "taskiq": "hub",
    "taskiq_redis": "redis",
}


class NotInstalled(errors.Invalid):
    """This needs the package '{package}', which is not installed: pip install 'pilothouse[{extra}]'"""


def exit_code_of(problem: errors.Problem) -> int:
    """The exit code for a problem; 1 for one without a kind."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(problem, kind)), 1)


def missing_package(error: ModuleNotFoundError) -> NotInstalled | None:
    """The problem behind a failed import of something an extra brings, or None for any other module."""
    package = (error.name or "").partition(".")[0]
    extra = EXTRA_OF.get(package)
    return NotInstalled(package=package, extra=extra) if extra else None
