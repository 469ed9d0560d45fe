"""A serial chain out of a URDF, with the standard library's parser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pilothouse.guard.kinematics.chain import Chain, Link
from pilothouse.guard.kinematics.numbers import numbers_of
from pilothouse.guard.kinematics.problems import RobotDescriptionUnusable
from pilothouse.guard.kinematics.rotations import Vector, from_rpy, unit

if TYPE_CHECKING:
    from xml.etree import ElementTree

_MOVING = {"revolute": False, "continuous": False, "prismatic": True}


def chain_from_urdf(text: str, joint_names: Sequence[str], *, tip: str | None = None, base: str | None = None) -> Chain:
    """The chain from ``base`` (the root when absent) to the link ``tip`` (the only leaf when absent).

    Raises :class:`RobotDescriptionUnusable`: not a URDF, no such link, a joint that mimics another or moves in more
    than one way, a joint of ``joint_names`` the URDF does not have, or one on the chain that is not among them.
    """
    joints = _joints(text)
    tip = _leaf(joints) if tip is None else tip
    links: list[Link] = []
    here, names = tip, set(joints) | {_parent(one) for one in joints.values()}
    for name, what in ((tip, "tip"), (base, "base")):
        if name is not None and name not in names:
            raise _unusable(f"there is no link {name!r} for the {what}; there are: {', '.join(sorted(names))}")
    while here in joints and here != base:
        links.append(_link(here, joints[here], joint_names))
        here = _parent(joints[here])
        if len(links) > len(joints):
            raise _unusable("its links form a circle")
    if base is not None and here != base:
        raise _unusable(f"the link {tip!r} does not hang on {base!r}")
    known = {one.get("name") for one in joints.values()}
    for name in joint_names:
        if name not in known:
            raise _unusable(f"it has no joint {name!r}")
    return Chain(tuple(reversed(links)), tuple(joint_names))


def _joints(text: str) -> dict[str, ElementTree.Element]:
    """Every joint by the link it carries."""
    from xml.etree import ElementTree  # a robot without such a file has no use for the parser

    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the operator's own file; expat expands no external entities
    except ElementTree.ParseError as error:
        raise _unusable(f"it is not XML ({error})") from error
    if root.tag != "robot":
        raise _unusable(f"its outermost element is {root.tag!r}, not 'robot'")
    joints: dict[str, ElementTree.Element] = {}
    for joint in root.findall("joint"):
        child = joint.find("child")
        if child is None or joint.find("parent") is None:
            raise _unusable(f"joint {joint.get('name')!r} lacks its parent or its child")
        name = child.get("link", "")
        if name in joints:
            raise _unusable(f"two joints carry the link {name!r}")
        joints[name] = joint
    if not joints:
        raise _unusable("it has no joints")
    return joints


def _parent(joint: ElementTree.Element) -> str:
    parent = joint.find("parent")
    return "" if parent is None else parent.get("link", "")


def _leaf(joints: dict[str, ElementTree.Element]) -> str:
    leaves = sorted(set(joints) - {_parent(one) for one in joints.values()})
    if len(leaves) != 1:
        raise _unusable(f"it branches; name the tip, one of: {', '.join(leaves)}")
    return leaves[0]


def _link(name: str, joint: ElementTree.Element, joint_names: Sequence[str]) -> Link:
    called, kind = joint.get("name", ""), joint.get("type", "")
    origin = joint.find("origin")
    position = _triple(called, origin, "xyz", (0.0, 0.0, 0.0))
    rotation = from_rpy(*_triple(called, origin, "rpy", (0.0, 0.0, 0.0)))
    if kind == "fixed":
        return Link(name, position, rotation)
    if kind not in _MOVING:
        raise _unusable(f"joint {called!r} is {kind!r}; revolute, continuous, prismatic and fixed can be followed")
    if joint.find("mimic") is not None:
        raise _unusable(f"joint {called!r} mimics another; a chain with such a joint cannot be followed")
    if called not in joint_names:
        raise _unusable(f"joint {called!r} moves the tip, but is not a joint of the robot: {', '.join(joint_names)}")
    try:
        axis = unit(_triple(called, joint.find("axis"), "xyz", (1.0, 0.0, 0.0)))
    except ValueError as error:
        raise _unusable(f"the axis of joint {called!r} is {error}") from error
    return Link(name, position, rotation, called, axis, _MOVING[kind])


def _triple(joint: str, element: ElementTree.Element | None, attribute: str, otherwise: Vector) -> Vector:
    text = None if element is None else element.get(attribute)
    if text is None:
        return otherwise
    numbers = numbers_of(text, 3)
    if numbers is None:
        raise _unusable(f"{attribute} of joint {joint!r} is not three finite numbers: {text!r}")
    return (numbers[0], numbers[1], numbers[2])


def _unusable(problem: str) -> RobotDescriptionUnusable:
    return RobotDescriptionUnusable(kind="URDF", problem=problem)
