"""Which exit code each kind of problem has."""

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


def exit_code_of(problem: errors.Problem) -> int:
    """The exit code for a problem; 1 for one without a kind."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(problem, kind)), 1)
