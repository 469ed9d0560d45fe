"""What no single section can see: names that refer to each other, lengths against joints, functions that must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pilothouse.guard.problems import Path
from pilothouse.guard.stackfile.compiling import boundary_faults
from pilothouse.guard.stackfile.elsewhere import faults_elsewhere
from pilothouse.guard.stackfile.fallbacks import SEVERITY, RetreatConfig
from pilothouse.guard.stackfile.faults import did_you_mean
from pilothouse.guard.stackfile.functions import faults_of_adapter, faults_of_function
from pilothouse.guard.stackfile.stack import Stackfile
from pilothouse.guard.stackfile.yours import PluginConfig

Found = Iterator[tuple[Path, str]]


def check(stack: Stackfile) -> Found:
    """Everything that is wrong with a Stackfile whose sections are right, each with its place."""
    yield from _references(stack)
    yield from _guards(stack)
    yield from _escalations(stack)
    yield from _lengths(stack)
    yield from _worlds(stack)
    yield from _adapters(stack)
    yield from _callbacks(stack)
    yield from boundary_faults(stack)


def _unknown(path: Path, kind: str, name: str, known: Iterable[str]) -> Found:
    names = list(known)
    if name not in names:
        yield path, f"there is no {kind} {name!r}{did_you_mean(name, names)}"


def _references(stack: Stackfile) -> Found:
    for name, boundary in stack.boundaries.items():
        if boundary.fallback is not None:
            yield from _unknown(("boundaries", name, "fallback"), "fallback", boundary.fallback, stack.fallbacks)
    for name, task in stack.tasks.items():
        yield from _listed(("tasks", name, "boundaries"), task.boundaries or (), stack)
        if task.fallback is not None:
            yield from _unknown(("tasks", name, "fallback"), "fallback", task.fallback, stack.fallbacks)
    for name, guard in stack.guards.items():
        yield from _listed(("guards", name, "boundaries"), guard.boundaries or (), stack)


def _listed(path: Path, names: tuple[str, ...], stack: Stackfile) -> Found:
    for index, name in enumerate(names):
        yield from _unknown((*path, index), "boundary", name, stack.boundaries)
        if name in names[:index]:
            yield (*path, index), f"{name!r} is listed twice"


def _guards(stack: Stackfile) -> Found:
    """Each boundary is in one guard, and that is of its layer."""
    owner: dict[str, str] = {}
    for name, guard in stack.guards.items():
        for index, boundary in enumerate(guard.boundaries or ()):
            path = ("guards", name, "boundaries", index)
            config = stack.boundaries.get(boundary)
            if config is not None and config.layer is not guard.layer:
                yield (
                    path,
                    f"{boundary!r} is a boundary of {config.layer.value}, and this guard is of {guard.layer.value}",
                )
            if boundary in owner and owner[boundary] != name:
                yield path, f"{boundary!r} is in the guard {owner[boundary]!r} already"
            owner.setdefault(boundary, name)
    open_ended = {guard.layer for guard in stack.guards.values() if guard.boundaries is None}
    for name, guard in stack.guards.items():
        others = [one for one, other in stack.guards.items() if other.layer is guard.layer and other.boundaries is None]
        if guard.boundaries is None and others[0] != name:
            yield ("guards", name), f"{others[0]!r} already takes what is left of {guard.layer.value}; list boundaries"
    closed = {guard.layer for guard in stack.guards.values()} - open_ended
    for name, config in stack.boundaries.items():
        if config.layer in closed and name not in owner:
            yield (
                ("boundaries", name),
                f"is in no guard of {config.layer.value}, so nobody would heed it; list it in one",
            )


def _escalations(stack: Stackfile) -> Found:
    for name, fallback in stack.fallbacks.items():
        target = getattr(fallback, "escalate_to", None)
        if target is None:
            continue
        path = ("fallbacks", name, "escalate_to")
        yield from _unknown(path, "fallback", target, stack.fallbacks)
        other = stack.fallbacks.get(target)
        if other is not None and SEVERITY[other.type] <= SEVERITY[fallback.type]:
            yield path, f"{other.type} is not more severe than {fallback.type}; escalation goes upwards only"


def _lengths(stack: Stackfile) -> Found:
    joints = stack.robot.joints
    for name, fallback in stack.fallbacks.items():
        if isinstance(fallback, RetreatConfig):
            yield from _posture(("fallbacks", name, "joint_positions"), fallback.joint_positions, stack)
    for name, source in stack.sources.items():
        start = getattr(source, "start", None)
        if start is not None:
            yield from _posture(("sources", name, "start"), start, stack)
        for key in ("positions", "velocities"):
            listed = getattr(source, key, None)
            if listed is not None and len(listed) != len(joints):
                yield ("sources", name, key), f"has {len(listed)} values for {len(joints)} joints"


def _posture(path: Path, positions: tuple[float, ...], stack: Stackfile) -> Found:
    joints = stack.robot.joints
    if len(positions) != len(joints):
        yield path, f"has {len(positions)} values for {len(joints)} joints"
        return
    for index, (position, joint) in enumerate(zip(positions, joints, strict=True)):
        lower, upper = joint.lower, joint.upper
        if (lower is not None and position < lower) or (upper is not None and position > upper):
            yield (*path, index), f"{position:g} is outside the limits of {joint.name} ({lower:g} to {upper:g})"


def _worlds(stack: Stackfile) -> Found:
    """A sink moves, and a replay policy follows, what some source brings along."""
    ends: list[tuple[Path, Any]] = [(("sinks", name), sink) for name, sink in stack.sinks.items()]
    for path, end in [*ends, (("policy",), stack.policy)]:
        world = getattr(end, "world", None)
        if world is None or isinstance(end, PluginConfig):
            continue
        known = [getattr(one, "world", "") for one in stack.sources.values() if one.type == end.type]
        if world not in known:
            yield path, f"no source of type {end.type} has the world {world!r}{did_you_mean(world, known)}"


def _adapters(stack: Stackfile) -> Found:
    for name, source in stack.sources.items():
        yield from _at(("sources", name), faults_of_adapter("sources", source, stack.directory))
    if stack.policy is not None:
        is_apart = getattr(stack.policy, "process", "shared") == "own"
        look = faults_elsewhere if is_apart else faults_of_adapter
        yield from _at(("policy",), look("policies", stack.policy, stack.directory))
    for name, sink in stack.sinks.items():
        yield from _at(("sinks", name), faults_of_adapter("sinks", sink, stack.directory))


def _at(path: Path, found: Found) -> Found:
    for steps, reason in found:
        yield (*path, *steps), reason


def _callbacks(stack: Stackfile) -> Found:
    for name, boundary in stack.boundaries.items():
        if boundary.type == "callback":
            found = faults_of_function(boundary.function, boundary.parameters, stack.directory, given=2)
            yield from _at(("boundaries", name), found)
