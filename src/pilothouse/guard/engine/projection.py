"""The closest target that one wall allows, found exactly without a solver: most cycles meet no more than one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pilothouse.guard.boundaries.boundary import Joints

EXACT = 1e-12
"""Metres or radians: a wall met this closely is met."""

STEPS = 16
"""Each finds another joint at its end, so few robots need more; then the solver is asked."""

Beside = Callable[[Joints, Joints, Joints, Sequence[float], float], Joints | None]


def compiled_beside(joints: int) -> Beside:
    """``beside(wanted, lower, upper, slope, need)``: the target closest to ``wanted``, which is in the box, that has
    ``slope @ (target - wanted) >= need``. None when the box has none, or it takes a solver to find it.

    It is ``clip(wanted + k slope)`` with the least ``k`` that suffices. What is gained grows with ``k`` ever more
    slowly, as joints reach their ends: Newton's method finds ``k`` from below, exactly, in as many steps as joints end.
    """
    step = _compiled(joints)

    def beside(wanted: Joints, lower: Joints, upper: Joints, slope: Sequence[float], need: float) -> Joints | None:
        k = 0.0
        if need <= EXACT:
            return wanted
        for _ in range(STEPS):
            target, gained, rate = step(wanted, lower, upper, slope, k)
            missing = need - gained
            if missing <= EXACT:
                return target
            if rate <= 0.0:
                return None
            k += missing / rate
        return None

    return beside


def _compiled(joints: int) -> Callable[..., tuple[Joints, float, float]]:
    """Straight-line code: ``x = clip(w + k a)``, ``a @ (x - w)``, and how fast that grows with ``k`` from here."""
    lines = ["def step(w, lower, upper, a, k):"]
    for letter, vector in (("w", "w"), ("l", "lower"), ("u", "upper"), ("a", "a")):
        lines.append(f"    {''.join(f'{letter}{n}, ' for n in range(joints))} = {vector}")
    lines.append("    g = r = 0.0")
    for n in range(joints):
        lines += [
            f"    x{n} = w{n} + k * a{n}",
            f"    if a{n} > 0.0:",
            f"        if x{n} >= u{n}: x{n} = u{n}",
            f"        else: r += a{n} * a{n}",
            f"    elif x{n} <= l{n}: x{n} = l{n}",
            f"    else: r += a{n} * a{n}",
            f"    g += a{n} * (x{n} - w{n})",
        ]
    lines.append(f"    return ({''.join(f'x{n}, ' for n in range(joints))}), g, r")
    made: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<step beside a wall>", "exec"), made)  # noqa: S102 - loop indices only
    step: Callable[..., tuple[Joints, float, float]] = made["step"]
    return step
