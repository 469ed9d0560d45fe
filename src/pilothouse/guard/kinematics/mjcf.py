"""A serial chain out of an MJCF file, with the standard library's parser: bodies, joints, frames, sites, defaults."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pilothouse.guard.kinematics.chain import Chain, Link
from pilothouse.guard.kinematics.numbers import numbers_of
from pilothouse.guard.kinematics.problems import RobotDescriptionUnusable
from pilothouse.guard.kinematics.rotations import (
    IDENTITY,
    ORIGIN,
    Matrix,
    Vector,
    about,
    cross,
    dot,
    from_columns,
    from_quaternion,
    plus,
    product,
    scaled,
    taking_z_to,
    turned,
    unit,
)

if TYPE_CHECKING:
    from xml.etree import ElementTree

_NOT_FOLLOWED = ("include", "replicate", "attach", "composite", "flexcomp")


def chain_from_mjcf(text: str, joint_names: Sequence[str], *, tip: str | None = None, base: str | None = None) -> Chain:
    """The chain from the body ``base`` (the world when absent) to the body or site ``tip`` (the only leaf when absent).

    Raises :class:`RobotDescriptionUnusable`: not an MJCF, no such body, ball or free joints on the chain, a joint
    coupled to another by an equality, elements that pull in other models (save the compiled model instead), a joint of
    ``joint_names`` the model does not have, or one on the chain that is not among them.
    """
    model = _Model(text)
    tip = model.leaf() if tip is None else tip
    for name, what in ((tip, "tip"), (base, "base")):
        if name is not None and name not in model.nodes:
            known = ", ".join(sorted(model.nodes))
            raise _unusable(f"there is no body or site {name!r} for the {what}; there are: {known}")
    links: list[Link] = []
    here: str | None = tip
    while here is not None and here != base:
        node = model.nodes[here]
        links[:0] = node.links
        here = node.parent
    if base is not None and here != base:
        raise _unusable(f"{tip!r} does not hang on {base!r}")
    for name in joint_names:
        if name not in model.joints:
            raise _unusable(f"it has no joint {name!r}")
    for link in links:
        if link.joint is not None:
            model.check(link.joint, joint_names)
    return Chain(tuple(links), tuple(joint_names))


@dataclass
class _Node:
    """A body or a site: what lies between it and the body it hangs on."""

    parent: str | None
    links: list[Link] = field(default_factory=list)
    is_site: bool = False


class _Model:
    def __init__(self, text: str) -> None:
        root = _parsed(text)
        compiler = {key: value for one in root.findall("compiler") for key, value in one.attrib.items()}
        self._angle = 1.0 if compiler.get("angle", "degree") == "radian" else math.pi / 180
        self._euler = compiler.get("eulerseq", "xyz")
        self._classes = {"main": {}} if root.find("default") is None else dict(_classes(root.find("default"), {}))
        self._coupled = {
            name for one in root.findall("equality/joint") for name in (one.get("joint1"), one.get("joint2")) if name
        }
        self.nodes: dict[str, _Node] = {}
        self.joints: dict[str, str] = {}
        self._unnamed = 0
        for world in root.findall("worldbody"):
            self._walk(world, None, ORIGIN, IDENTITY, None)

    def leaf(self) -> str:
        bodies = {name for name, node in self.nodes.items() if not node.is_site}
        moved = {name for name in bodies if self._moves(name)}
        leaves = sorted(moved - {node.parent for name, node in self.nodes.items() if name in moved})
        if len(leaves) != 1:
            raise _unusable(f"name the tip, one of: {', '.join(leaves or sorted(bodies))}")
        return leaves[0]

    def _moves(self, name: str | None) -> bool:
        while name is not None:
            if any(link.joint is not None for link in self.nodes[name].links):
                return True
            name = self.nodes[name].parent
        return False

    def check(self, joint: str, joint_names: Sequence[str]) -> None:
        kind = self.joints[joint]
        if kind not in ("hinge", "slide"):
            raise _unusable(f"joint {joint!r} is {kind!r}; hinge and slide can be followed")
        if joint in self._coupled:
            raise _unusable(f"joint {joint!r} is coupled to another; a chain with such a joint cannot be followed")
        if joint not in joint_names:
            raise _unusable(f"joint {joint!r} moves the tip, but is not a joint of the robot: {', '.join(joint_names)}")

    def _walk(
        self, element: ElementTree.Element, parent: str | None, position: Vector, rotation: Matrix, given: str | None
    ) -> None:
        """Everything in a body; ``position`` and ``rotation`` are those of the ``<frame>`` around it, if any."""
        for child in element:
            if child.tag in _NOT_FOLLOWED:
                raise _unusable(f"<{child.tag}> cannot be followed; save the compiled model and name that file")
            if child.tag == "frame":
                own, turn = self._pose(child, {})
                inner = plus(position, turned(rotation, own))
                self._walk(child, parent, inner, product(rotation, turn), child.get("childclass", given))
            elif child.tag in ("body", "site"):
                self._node(child, parent, position, rotation, given)

    def _node(
        self, element: ElementTree.Element, parent: str | None, position: Vector, rotation: Matrix, given: str | None
    ) -> None:
        is_site = element.tag == "site"
        self._unnamed += 1
        name = element.get("name", f"({element.tag} {self._unnamed})")
        if name in self.nodes:
            raise _unusable(f"two bodies or sites are called {name!r}; give the tip and the bodies distinct names")
        given = element.get("childclass", given)
        own, turn = self._pose(element, self._default(element, "site", given) if is_site else {})
        place = Link(name, plus(position, turned(rotation, own)), product(rotation, turn))
        node = self.nodes[name] = _Node(parent, [place], is_site)
        if not is_site:
            node.links += self._joints(element, name, given)
            self._walk(element, name, ORIGIN, IDENTITY, given)

    def _joints(self, body: ElementTree.Element, name: str, given: str | None) -> Iterator[Link]:
        for joint in body:
            if joint.tag == "freejoint":
                called = joint.get("name", f"(free joint of {name})")
                self.joints[called] = "free"
                yield Link(name, joint=called)
            elif joint.tag == "joint":
                yield self._joint(joint, name, given)
            elif joint.tag == "frame" and joint.find("joint") is not None:
                raise _unusable(f"body {name!r} has a joint inside a <frame>; move it out")

    def _joint(self, joint: ElementTree.Element, body: str, given: str | None) -> Link:
        defaults = self._default(joint, "joint", given)
        called = joint.get("name", f"(joint of {body})")
        kind = joint.get("type", defaults.get("type", "hinge"))
        self.joints[called] = kind
        if kind not in ("hinge", "slide"):
            return Link(body, joint=called)
        axis = _vector(joint, "axis", defaults, (0.0, 0.0, 1.0))
        zero = _numbers(joint, "ref", defaults, 1, (0.0,))[0]
        try:
            direction = unit(axis)
        except ValueError as error:
            raise _unusable(f"the axis of joint {called!r} is {error}") from error
        return Link(
            body,
            joint=called,
            axis=direction,
            prismatic=kind == "slide",
            anchor=ORIGIN if kind == "slide" else _vector(joint, "pos", defaults, ORIGIN),
            zero=zero if kind == "slide" else zero * self._angle,
        )

    def _default(self, element: ElementTree.Element, tag: str, given: str | None) -> dict[str, str]:
        name = element.get("class", given or "main")
        if name not in self._classes:
            raise _unusable(f"there is no default class {name!r}")
        return self._classes[name].get(tag, {})

    def _pose(self, element: ElementTree.Element, defaults: dict[str, str]) -> tuple[Vector, Matrix]:
        position = _vector(element, "pos", defaults, ORIGIN)
        for attribute, read in (
            ("quat", self._from_quaternion),
            ("axisangle", self._from_axis_and_angle),
            ("euler", self._from_euler),
            ("xyaxes", self._from_axes),
            ("zaxis", self._from_z),
        ):
            if element.get(attribute) is not None or attribute in defaults:
                try:
                    return position, read(element, defaults)
                except ValueError as error:
                    raise _unusable(f"{attribute} of {element.get('name')!r} is {error}") from error
        return position, IDENTITY

    def _from_quaternion(self, element: ElementTree.Element, defaults: dict[str, str]) -> Matrix:
        w, x, y, z = _numbers(element, "quat", defaults, 4)
        return from_quaternion(x, y, z, w)

    def _from_axis_and_angle(self, element: ElementTree.Element, defaults: dict[str, str]) -> Matrix:
        x, y, z, angle = _numbers(element, "axisangle", defaults, 4)
        return about(unit((x, y, z)), angle * self._angle)

    def _from_euler(self, element: ElementTree.Element, defaults: dict[str, str]) -> Matrix:
        """Lower-case letters turn with the frame, upper-case ones about the fixed axes."""
        whole = IDENTITY
        for letter, angle in zip(self._euler, _numbers(element, "euler", defaults, 3), strict=True):
            number = "xyz".index(letter.lower())
            axis: Vector = (float(number == 0), float(number == 1), float(number == 2))
            one = about(axis, angle * self._angle)
            whole = product(whole, one) if letter.islower() else product(one, whole)
        return whole

    def _from_axes(self, element: ElementTree.Element, defaults: dict[str, str]) -> Matrix:
        numbers = _numbers(element, "xyaxes", defaults, 6)
        x = unit((numbers[0], numbers[1], numbers[2]))
        y: Vector = (numbers[3], numbers[4], numbers[5])
        y = unit(plus(y, scaled(x, -dot(x, y))))
        return from_columns(x, y, cross(x, y))

    def _from_z(self, element: ElementTree.Element, defaults: dict[str, str]) -> Matrix:
        """The smallest rotation that takes z there, as MuJoCo chooses it."""
        x, y, z = unit(_triple(_numbers(element, "zaxis", defaults, 3)))
        sideways = math.hypot(x, y)
        if sideways < 1e-10:
            return taking_z_to((x, y, z))
        return about((-y / sideways, x / sideways, 0.0), math.atan2(sideways, z))


def _classes(
    element: ElementTree.Element | None, inherited: dict[str, dict[str, str]]
) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """Each default class with what it says of each element, its parents' included."""
    assert element is not None
    own = {tag: dict(attributes) for tag, attributes in inherited.items()}
    for child in element:
        if child.tag != "default":
            own[child.tag] = own.get(child.tag, {}) | child.attrib
    yield element.get("class", "main"), own
    for child in element.findall("default"):
        yield from _classes(child, own)


def _parsed(text: str) -> ElementTree.Element:
    from xml.etree import ElementTree  # a robot without such a file has no use for the parser

    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the operator's own file; expat expands no external entities
    except ElementTree.ParseError as error:
        raise _unusable(f"it is not XML ({error})") from error
    if root.tag != "mujoco":
        raise _unusable(f"its outermost element is {root.tag!r}, not 'mujoco'")
    for tag in _NOT_FOLLOWED:
        if root.find(tag) is not None:
            raise _unusable(f"<{tag}> cannot be followed; save the compiled model and name that file")
    return root


def _numbers(
    element: ElementTree.Element,
    attribute: str,
    defaults: dict[str, str],
    count: int,
    otherwise: tuple[float, ...] = (),
) -> tuple[float, ...]:
    text = element.get(attribute, defaults.get(attribute))
    if text is None:
        return otherwise
    numbers = numbers_of(text, count)
    if numbers is None:
        raise _unusable(f"{attribute} of {element.get('name')!r} is not {count} finite numbers: {text!r}")
    return numbers


def _vector(element: ElementTree.Element, attribute: str, defaults: dict[str, str], otherwise: Vector) -> Vector:
    return _triple(_numbers(element, attribute, defaults, 3, otherwise))


def _triple(numbers: Sequence[float]) -> Vector:
    x, y, z = numbers
    return (x, y, z)


def _unusable(problem: str) -> RobotDescriptionUnusable:
    return RobotDescriptionUnusable(kind="MJCF", problem=problem)
