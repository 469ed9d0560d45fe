"""Straight-line code for one chain, its constants folded: six joints cost microseconds in plain Python.

Every joint is turned about z of a frame of its own; the constant rotations into and out of that frame are merged with
the fixed parts of the chain before any code is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pilothouse.guard.kinematics.chain import Chain, Frame, Joints, Place
from pilothouse.guard.kinematics.problems import ChainDoesNotFit
from pilothouse.guard.kinematics.rotations import (
    IDENTITY,
    ORIGIN,
    Matrix,
    Vector,
    plus,
    product,
    scaled,
    taking_z_to,
    transposed,
    turned,
)

Atom = float | str
"""A number known at load, or the name of a variable."""

_ZERO = 1e-13


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant step from one frame to the next; ``position`` in metres."""

    position: Vector
    rotation: Matrix


@dataclass(frozen=True, slots=True)
class Moved:
    """A joint about z, or along it: by its position less ``zero``, in radians or metres."""

    joint: int
    zero: float
    prismatic: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """Here is the frame of a link that somebody wants."""

    link: str


Part = Fixed | Moved | Marked


def parts_of(chain: Chain, marked: Iterable[str]) -> list[Part]:
    """The chain as constants, joints about (or along) z, and marks where somebody wants the frame of a link."""
    wanted, parts = set(marked), list[Part]()
    for link in chain.links:
        parts.append(Fixed(link.position, link.rotation))
        if link.joint is not None:
            if link.joint not in chain.joint_names:
                raise ChainDoesNotFit(
                    problem=f"joint {link.joint!r} moves the tool, but is not one of {', '.join(chain.joint_names)}"
                )
            into = taking_z_to(link.axis)
            back = transposed(into)
            parts.append(Fixed(link.anchor, into))
            parts.append(Moved(chain.joint_names.index(link.joint), link.zero, link.prismatic))
            parts.append(Fixed(turned(back, scaled(link.anchor, -1.0)), back))
        if link.name in wanted:
            parts.append(Marked(link.name))
    return _merged(parts)


def _merged(parts: Sequence[Part]) -> list[Part]:
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, Fixed) and isinstance(last, Fixed):
            position = plus(last.position, turned(last.rotation, part.position))
            merged[-1] = Fixed(position, product(last.rotation, part.rotation))
        else:
            merged.append(part)
    return merged


class Writer:
    """Writes the body of a function: the moving frame as atoms, and one line per value that is not a constant."""

    def __init__(self, joints: int) -> None:
        names = ", ".join(f"q{number}" for number in range(joints))
        self.lines = [f"{names}, = q"]
        self.position: tuple[Atom, ...] = ORIGIN
        self.rotation: tuple[Atom, ...] = IDENTITY
        self.axes: dict[int, tuple[tuple[Atom, ...], tuple[Atom, ...], bool]] = {}
        self.frames: dict[str, tuple[tuple[Atom, ...], tuple[Atom, ...]]] = {}
        self._count = 0

    def follow(self, parts: Iterable[Part]) -> None:
        for part in parts:
            if isinstance(part, Fixed):
                self.position = self._moved_by(part.position)
                if part.rotation != IDENTITY:
                    self.rotation = self._turned_by(part.rotation)
            elif isinstance(part, Marked):
                self.frames[part.link] = (self.position, self.rotation)
            else:
                self._joint(part)

    def sum(self, *terms: tuple[Atom, Atom]) -> Atom:
        """A sum of products, what is constant folded away."""
        constant, names = 0.0, []
        for first, second in terms:
            if isinstance(first, float | int) and isinstance(second, float | int):
                constant += first * second
            else:
                names += self._term(first, second)
        if not names:
            return _snapped(constant)
        if abs(constant) > _ZERO:
            names.append(f"+ {constant!r}")
        text = " ".join(names).removeprefix("+ ")
        if len(names) == 1 and text.isidentifier():
            return text
        self._count += 1
        self.lines.append(f"t{self._count} = {text}")
        return f"t{self._count}"

    @staticmethod
    def _term(first: Atom, second: Atom) -> list[str]:
        factor, name = (second, first) if isinstance(first, str) else (first, second)
        if isinstance(factor, str):
            return [f"+ {name} * {factor}"]
        factor = _snapped(factor)
        if factor == 0.0:
            return []
        if abs(factor) == 1.0:
            return [f"{'+' if factor > 0 else '-'} {name}"]
        return [f"{'+' if factor > 0 else '-'} {name} * {abs(factor)!r}"]

    def negative(self, atom: Atom) -> Atom:
        return self.sum((atom, -1.0))

    def _moved_by(self, offset: Sequence[Atom]) -> tuple[Atom, ...]:
        p, r = self.position, self.rotation
        return tuple(
            self.sum(
                (p[row], 1.0),
                (r[3 * row], offset[0]),
                (r[3 * row + 1], offset[1]),
                (r[3 * row + 2], offset[2]),
            )
            for row in range(3)
        )

    def _turned_by(self, m: Matrix) -> tuple[Atom, ...]:
        r = self.rotation
        return tuple(
            self.sum((r[3 * row], m[column]), (r[3 * row + 1], m[3 + column]), (r[3 * row + 2], m[6 + column]))
            for row in range(3)
            for column in range(3)
        )

    def _joint(self, part: Moved) -> None:
        angle = f"q{part.joint}" if not part.zero else f"(q{part.joint} - {part.zero!r})"
        r = self.rotation
        self.axes[part.joint] = ((r[2], r[5], r[8]), self.position, part.prismatic)
        if part.prismatic:
            self.lines.append(f"d{part.joint} = {angle}")
            self.position = self._moved_by((0.0, 0.0, f"d{part.joint}"))
            return
        c, s = f"c{part.joint}", f"s{part.joint}"
        self.lines.append(f"{c} = cos({angle}); {s} = sin({angle})")
        turned_rows: list[Atom] = []
        for row in range(3):
            x, y, z = r[3 * row : 3 * row + 3]
            turned_rows += [self.sum((x, c), (y, s)), self._difference(y, c, x, s), z]
        self.rotation = tuple(turned_rows)

    def _difference(self, a: Atom, b: Atom, c: Atom, d: Atom) -> Atom:
        """``a * b - c * d``."""
        if isinstance(c, float | int):
            return self.sum((a, b), (-c, d))
        if isinstance(d, float | int):
            return self.sum((a, b), (c, -d))
        first = self.sum((a, b))
        if first == 0.0:
            return self.negative(self.sum((c, d)))
        self._count += 1
        self.lines.append(f"t{self._count} = {first if isinstance(first, str) else repr(first)} - {c} * {d}")
        return f"t{self._count}"

    def cross(self, a: Sequence[Atom], b: Sequence[Atom]) -> tuple[Atom, ...]:
        return (
            self._difference(a[1], b[2], a[2], b[1]),
            self._difference(a[2], b[0], a[0], b[2]),
            self._difference(a[0], b[1], a[1], b[0]),
        )

    def difference(self, a: Sequence[Atom], b: Sequence[Atom]) -> tuple[Atom, ...]:
        return tuple(self.sum((one, 1.0), (other, -1.0)) for one, other in zip(a, b, strict=True))


def _snapped(number: float) -> float:
    for near in (0.0, 1.0, -1.0):
        if abs(number - near) < _ZERO:
            return near
    return number


def text_of(atoms: Iterable[Atom]) -> str:
    """A tuple, as source."""
    return "(" + "".join(f"{one if isinstance(one, str) else repr(float(one))}, " for one in atoms) + ")"


def compiled(name: str, lines: Iterable[str], result: str) -> Callable[..., Any]:
    """The function of these lines; they hold nothing but numbers and names made here."""
    body = "\n".join(f"    {line}" for line in [*lines, f"return {result}"])
    names: dict[str, Any] = {"cos": math.cos, "sin": math.sin}
    exec(compile(f"def {name}(q):\n{body}\n", f"<{name} of a chain>", "exec"), names)  # noqa: S102 - see the docstring
    function: Callable[..., Any] = names[name]
    return function


def jacobian_of(writer: Writer, point: Sequence[Atom], joints: int) -> list[tuple[Atom, ...]]:
    """Six rows at a point: how it and its orientation move with each joint."""
    columns: list[tuple[Atom, ...]] = []
    for number in range(joints):
        axis, origin, prismatic = writer.axes.get(number, (ORIGIN, ORIGIN, True))
        if prismatic:
            columns.append((*axis, 0.0, 0.0, 0.0))
        else:
            columns.append((*writer.cross(axis, writer.difference(point, origin)), *axis))
    return list(zip(*columns, strict=True))


def compiled_forward(chain: Chain) -> Callable[[Joints], Frame]:
    """A function from joint positions to the frame of the tip; raises :class:`ChainDoesNotFit` for an unknown joint."""
    writer = Writer(len(chain.joint_names))
    writer.follow(parts_of(chain, ()))
    return compiled("forward", writer.lines, f"{text_of(writer.position)}, {text_of(writer.rotation)}")


def compiled_placing(chain: Chain) -> Callable[[Joints], Place]:
    """A function from joint positions to the frame of the tip and the Jacobian there."""
    joints = len(chain.joint_names)
    writer = Writer(joints)
    writer.follow(parts_of(chain, ()))
    rows = jacobian_of(writer, writer.position, joints)
    jacobian = "(" + "".join(f"{text_of(row)}, " for row in rows) + ")"
    return compiled("place", writer.lines, f"{text_of(writer.position)}, {text_of(writer.rotation)}, {jacobian}")


def compiled_links(chain: Chain, links: Sequence[str]) -> Callable[[Joints], tuple[tuple[Frame, ...], Any]]:
    """From joint positions to the frames of these links, and for every joint its axis and a point on it (None: unused).

    Raises :class:`ChainDoesNotFit` for a link the chain does not have.
    """
    writer = Writer(len(chain.joint_names))
    writer.follow(parts_of(chain, links))
    missing = [name for name in links if name not in writer.frames]
    if missing:
        known = ", ".join(one.name for one in chain.links)
        raise ChainDoesNotFit(problem=f"it has no link {missing[0]!r}; there are: {known}")
    frames = "".join(f"({text_of(p)}, {text_of(r)}), " for p, r in (writer.frames[name] for name in links))
    axes = "".join(
        f"({text_of(writer.axes[n][0])}, {text_of(writer.axes[n][1])}), " if n in writer.axes else "None, "
        for n in range(len(chain.joint_names))
    )
    return compiled("links", writer.lines, f"({frames}), ({axes})")
