"""Chains at random, written as MJCF and URDF."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st

finite = st.floats(-1.0, 1.0, allow_subnormal=False)
angles = st.floats(-math.pi, math.pi, allow_subnormal=False)
triples = st.tuples(finite, finite, finite)
axes = st.one_of(
    st.sampled_from([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)]),
    triples.filter(lambda axis: sum(one * one for one in axis) > 0.01),
)


@dataclass(frozen=True)
class Drawn:
    """One link of a random chain."""

    kind: str
    position: tuple[float, float, float]
    rpy: tuple[float, float, float]
    axis: tuple[float, float, float]
    anchor: tuple[float, float, float]
    zero: float


links = st.builds(
    Drawn, st.sampled_from(["revolute", "revolute", "prismatic", "fixed"]), triples,
    st.one_of(st.just((0.0, 0.0, 0.0)), st.tuples(angles, angles, angles)), axes, triples, finite,
)  # fmt: skip
chains = st.lists(links, min_size=1, max_size=7).filter(lambda chain: any(one.kind != "fixed" for one in chain))


def words(numbers: tuple[float, ...]) -> str:
    return quoteattr(" ".join(map(repr, numbers)))


def unit(axis: tuple[float, float, float]) -> tuple[float, float, float]:
    """URDF wants axes of length 1; not every reader makes them so."""
    x, y, z = axis
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length)


def joints_of(chain: list[Drawn]) -> list[str]:
    return [f"j{number}" for number, one in enumerate(chain) if one.kind != "fixed"]


def as_urdf(chain: list[Drawn]) -> str:
    lines = ["<robot name='random'><link name='base'/>"]
    for number, one in enumerate(chain):
        parent = f"l{number - 1}" if number else "base"
        lines.append(
            f"<link name='l{number}'/><joint name='j{number}' type='{one.kind}'><parent link='{parent}'/>"
            f"<child link='l{number}'/><origin xyz={words(one.position)} rpy={words(one.rpy)}/>"
            f"<axis xyz={words(unit(one.axis))}/><limit lower='-9' upper='9' effort='1' velocity='1'/></joint>"
        )
    return "".join([*lines, "</robot>"])


def as_mjcf(chain: list[Drawn]) -> str:
    lines = ["<mujoco><compiler angle='radian' eulerseq='XYZ'/><worldbody>"]
    for number, one in enumerate(chain):
        lines.append(f"<body name='l{number}' pos={words(one.position)} euler={words(one.rpy)}>")
        lines.append("<inertial pos='0 0 0' mass='1' diaginertia='1 1 1'/>")
        if one.kind != "fixed":
            kind = "hinge" if one.kind == "revolute" else "slide"
            where = f"axis={words(one.axis)} pos={words(one.anchor)} ref='{one.zero!r}'"
            lines.append(f"<joint name='j{number}' type='{kind}' {where}/>")
    return "".join([*lines, "</body>" * len(chain), "</worldbody></mujoco>"])
