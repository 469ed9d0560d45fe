"""Every documented route of a service, asked by schemathesis in ways nobody would think of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.transport.requests import ManagedCookiesSession

# What is valid by the schema may be refused all the same: schemas cannot say that text holds no NUL, that numbers fit
# into 64 bits, or that one field depends on another.
REFUSES_VALID = [positive_data_acceptance]


def ask_everything(
    url: str, *, without: str, known: Mapping[str, object], examples: int, headers: Mapping[str, str] | None = None,
    only: str = ".",
) -> int:  # fmt: skip
    """Fails with everything that was not answered as documented; answers how many operations there are. ``only`` and
    ``without`` are patterns of paths."""
    described = schemathesis.openapi.from_url(f"{url}/openapi.json")
    schema = described.include(path_regex=only).exclude(path_regex=without)
    failures: dict[str, BaseException] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        try:
            ask(operation, known, examples, headers)
        except BaseException as failure:
            failures[operation.label] = failure
    assert not failures, "\n\n".join(f"{label}: {failure}" for label, failure in failures.items())
    return len(operations)


def ask(operation: Any, known: Mapping[str, object], examples: int, headers: Mapping[str, str] | None) -> None:
    """Try one operation with generated cases, the same ones each time."""
    # One connection for all of them.
    with ManagedCookiesSession() as session:
        _ask(session, operation, known, examples, headers)


def _ask(
    session: Any, operation: Any, known: Mapping[str, object], examples: int,
    headers: Mapping[str, str] | None,
) -> None:  # fmt: skip
    steady = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

    @settings(max_examples=examples, **steady)
    @given(case=operation.as_strategy())
    def with_cases(case: Any) -> None:
        for name, value in (case.path_parameters or {}).items():
            if len(str(value)) < 3:
                case.path_parameters[name] = _known(operation.path, name, known)
        case.call_and_validate(session=session, timeout=60, headers=headers, excluded_checks=REFUSES_VALID)

    with_cases()


def _known(path: str, name: str, known: Mapping[str, object]) -> object:
    """What exists; the same name may mean another thing below another path: `/sessions:session_id`."""
    below = [key for key in known if ":" in key and path.startswith(key.split(":")[0]) and key.endswith(f":{name}")]
    return known[max(below, key=len)] if below else known[name]
