"""The limits of style: what is long is split before it is merged."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.sources import modules

# Fewer modules or functions than this prove nothing about a median.
ENOUGH = 50


def percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]


def test_modules_are_short() -> None:
    lines = {module.name: module.lines for module in modules() if module.lines}

    assert len(lines) > ENOUGH
    assert {name: count for name, count in lines.items() if count > 500} == {}
    assert percentile(list(lines.values()), 0.5) <= 120
    assert percentile(list(lines.values()), 0.9) <= 300


def test_functions_are_short() -> None:
    lines = {function: count for module in modules() for function, count in module.functions()}

    assert len(lines) > ENOUGH
    assert {name: count for name, count in lines.items() if count > 60} == {}
    assert percentile(list(lines.values()), 0.5) <= 8
    assert percentile(list(lines.values()), 0.9) <= 25
