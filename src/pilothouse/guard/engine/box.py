"""All limits per joint as one box, computed by straight-line code made at load: numpy would cost more than the sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pilothouse.guard.boundaries.boundary import Boundary, Joints
from pilothouse.guard.boundaries.joints import JointAcceleration, JointJerk, JointPosition, JointVelocity

BoxOf = Callable[[Joints, Joints, Joints, float], tuple[Joints, Joints]]
"""``(reference, speed, acceleration, dt_s) -> (lower, upper)``."""


@dataclass(frozen=True, slots=True)
class JointLimits:
    """The tightest of every kind; None where there is none."""

    lower: Joints | None
    upper: Joints | None
    velocity: Joints | None
    acceleration: Joints | None
    jerk: Joints | None
    allow_return: bool

    @classmethod
    def of(cls, boundaries: Iterable[Boundary]) -> JointLimits:
        every = tuple(boundaries)
        positions = [one for one in every if isinstance(one, JointPosition)]
        return cls(
            lower=_tightest(max, [one.lower for one in positions]),
            upper=_tightest(min, [one.upper for one in positions]),
            velocity=_tightest(min, [one.maximum for one in every if isinstance(one, JointVelocity)]),
            acceleration=_tightest(min, [one.maximum for one in every if isinstance(one, JointAcceleration)]),
            jerk=_tightest(min, [one.maximum for one in every if isinstance(one, JointJerk)]),
            allow_return=bool(positions) and all(one.allow_return for one in positions),
        )


def _tightest(choose: Callable[[Iterable[float]], float], limits: Sequence[Joints]) -> Joints | None:
    return tuple(choose(column) for column in zip(*limits, strict=True)) if limits else None


def compile_box(limits: JointLimits, joints: int) -> BoxOf | None:
    """The box of these limits; None when there are none. An empty box has a lower end above its upper."""
    if not any((limits.lower, limits.velocity, limits.acceleration, limits.jerk)):
        return None
    lines = ["def box(reference, speed, acceleration, dt):", "    dt2 = dt * dt", "    dt3 = dt2 * dt"]
    for letter, vector in (("r", "reference"), ("v", "speed"), ("a", "acceleration")):
        lines.append(f"    {', '.join(f'{letter}{n}' for n in range(joints))}, = {vector}")
    for number in range(joints):
        lines += [f"    {line}" for line in _joint(limits, number)]
    both = (", ".join(f"{letter}{n}" for n in range(joints)) for letter in "lu")
    lines.append("    return " + ", ".join(f"({names},)" for names in both))
    names: dict[str, object] = {"sqrt": math.sqrt, "inf": math.inf}
    exec(compile("\n".join(lines), "<box of joint limits>", "exec"), names)  # noqa: S102 - numbers and loop indices only
    box = names["box"]
    assert callable(box)
    return box


def _joint(limits: JointLimits, n: int) -> Iterable[str]:
    """Velocity first, then acceleration and jerk, position last: the order changes nothing but the reading."""
    if limits.velocity:
        yield f"w = {limits.velocity[n]!r} * dt"
        yield f"l{n} = r{n} - w; u{n} = r{n} + w"
    else:
        yield f"l{n} = -inf; u{n} = inf"
    if limits.acceleration or limits.jerk:
        yield f"m = r{n} + v{n} * dt"
    if limits.acceleration:
        yield from _narrowed(n, "m", f"{limits.acceleration[n]!r} * dt2")
    if limits.jerk:
        yield from _narrowed(n, f"m + a{n} * dt2", f"{limits.jerk[n]!r} * dt3")
    if limits.acceleration and limits.lower and limits.upper:
        yield from _brake(limits, n, limits.acceleration[n])
    if limits.jerk and limits.velocity:
        yield from _ease(n, limits.velocity[n], limits.jerk[n])
    if limits.lower and limits.upper:
        low, high = repr(limits.lower[n]), repr(limits.upper[n])
        # Found outside: back inside, or stay; never further out.
        yield f"x = {low} if r{n} >= {low} else r{n}" if limits.allow_return else f"x = {low}"
        yield f"if x > l{n}: l{n} = x"
        yield f"x = {high} if r{n} <= {high} else r{n}" if limits.allow_return else f"x = {high}"
        yield f"if x < u{n}: u{n} = x"


def _narrowed(n: int, middle: str, width: str) -> Iterable[str]:
    yield f"c = {middle}; w = {width}"
    yield "x = c - w"
    yield f"if x > l{n}: l{n} = x"
    yield "x = c + w"
    yield f"if x < u{n}: u{n} = x"


def _brake(limits: JointLimits, n: int, most: float) -> Iterable[str]:
    """No faster towards a limit than full braking can stop: v dt + v^2 / 2a <= distance. Full braking always may."""
    assert limits.lower is not None
    assert limits.upper is not None
    # A jerk limit builds braking up only so fast.
    yield f"t = dt + {most / limits.jerk[n]!r}" if limits.jerk else "t = dt"
    for distance, sign, end, other in (
        (f"{limits.upper[n]!r} - r{n}", "+", f"u{n}", f"l{n}"),
        (f"r{n} - {limits.lower[n]!r}", "-", f"l{n}", f"u{n}"),
    ):
        worse, better = ("<", ">") if sign == "+" else (">", "<")
        near = f"0.0 < d < {_far(limits, n, most)!r}" if limits.velocity else "d > 0.0"
        yield f"d = {distance}"
        yield f"if {near}:"
        yield f"    x = r{n} {sign} {most!r} * (sqrt(t * t + d * {2 / most!r}) - t) * dt"
        yield f"    if {other} {better} x: x = {other}"
        yield f"    if x {worse} {end}: {end} = x"


def _far(limits: JointLimits, n: int, most: float) -> float:
    """Beyond this distance braking does not bind, whatever the step (at most a second long)."""
    assert limits.velocity is not None
    speed = limits.velocity[n]
    lag = most / limits.jerk[n] if limits.jerk else 0.0
    return speed * (1.0 + lag) + speed * speed / (2 * most)


def _ease(n: int, speed: float, most: float) -> Iterable[str]:
    """No more acceleration than the jerk limit can take back before the speed limit. Never below full easing."""
    for gap, sign, end, other in (
        (f"{speed!r} - v{n}", "+", f"u{n}", f"l{n}"),
        (f"v{n} + {speed!r}", "-", f"l{n}", f"u{n}"),
    ):
        worse, better = ("<", ">") if sign == "+" else (">", "<")
        yield f"d = {gap}"
        yield "if d > 0.0:"
        yield f"    x = m {sign} {most!r} * (sqrt(dt2 + d * {2 / most!r}) - dt) * dt2"
        yield f"    if {other} {better} x: x = {other}"
        yield f"    if x {worse} {end}: {end} = x"
