"""pilothouse guard replay: recordings through another Stackfile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli.parts.options import AsJson
from pilothouse.kit.clock import at
from pilothouse.kit.errors import NotFound

if TYPE_CHECKING:
    from pilothouse.guard.replay import Judged, Replayed

CHANGED = 1
"""The exit code when something would have been decided otherwise, as that of diff."""

Flag = typer.Option


class NoSuchSession(NotFound):
    """There is no recording {path}."""


def replay(
    stackfile: Annotated[Path, typer.Argument(metavar="STACKFILE", help="The YAML file to judge by.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Sessions of a guard, or recordings (.mcap).")],
    task: Annotated[str, Flag(help="The task whose boundaries hold.")] = "default",
    joint_states: Annotated[
        str | None, Flag(help="For recordings of others: the topic of sensor_msgs/JointState.")
    ] = None,
    actions: Annotated[
        str | None,
        Flag(help="The topic of JointTrajectory or JointState that was asked for; the next joint state when absent."),
    ] = None,
    gripper_joint: Annotated[str | None, Flag(help="The joint in these topics that is the gripper.")] = None,
    limit: Annotated[int, Flag(min=0, max=100_000, help="Changed cycles that are shown.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Judge what was recorded by this Stackfile, and show what would have been decided otherwise.

    Each cycle is judged on the robot as it was observed then. Exit code 0 when nothing would have changed, 1 when
    something would, 2 for a Stackfile or a recording that cannot be used.

    Example: pilothouse guard replay stricter.yaml pilothouse-guard/sessions/*.mcap
    """
    from pilothouse.guard.adapters.recorded import Topics, recorded_cycles
    from pilothouse.guard.replay import replay as replayed
    from pilothouse.guard.stackfile import load

    stack = load(stackfile)
    found: list[tuple[Path, Replayed]] = []
    for file in files:
        if not file.is_file():
            raise NoSuchSession(path=file)
        cycles = recorded_cycles(file, stack.robot, Topics(joint_states, actions, gripper_joint))
        found.append((file, replayed(stack, cycles, task=task, keep=limit)))
    if as_json:
        print(json.dumps(_facts(found), indent=2, allow_nan=False))
    else:
        for file, done in found:
            print("\n".join(_lines(file, done)))
    raise typer.Exit(CHANGED if any(done.changed for _, done in found) else 0)


def _lines(file: Path, done: Replayed) -> list[str]:
    lines = [f"{file}: {done.cycles:,} cycles, {done.changed:,} would have been decided otherwise"]
    lines += [f"  {before:>6} -> {after:<6} {count:>9,}" for (before, after), count in sorted(done.counts.items())]
    lines += [f"  by {boundary}: {count:,}" for boundary, count in done.boundaries.most_common()]
    for one in done.changes:
        reason = one.verdict.reasons[0] if one.verdict.reasons else ""
        lines.append(f"  cycle {one.cycle.number} at {_moment(one)}: {one.before} -> {one.after}  {reason}".rstrip())
    left = done.changed - len(done.changes)
    return [*lines, f"  and {left:,} more; --limit shows them"] if left and done.changes else lines


def _moment(one: Judged) -> str:
    try:
        return at(one.cycle.time_ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return f"{one.cycle.time_ns} ns"


def _facts(found: list[tuple[Path, Replayed]]) -> dict[str, Any]:
    return {
        "changed": sum(done.changed for _, done in found),
        "files": [
            {
                "file": str(file),
                "cycles": done.cycles,
                "changed": done.changed,
                "decisions": [
                    {"before": before, "after": after, "cycles": count}
                    for (before, after), count in sorted(done.counts.items())
                ],
                "boundaries": dict(done.boundaries),
                "changes": [_change(one) for one in done.changes],
            }
            for file, done in found
        ],
    }


def _change(one: Judged) -> dict[str, Any]:
    cycle, verdict = one.cycle, one.verdict
    return {
        "cycle_id": cycle.number,
        "at": _moment(one),
        "before": one.before,
        "after": one.after,
        "boundary": verdict.boundary,
        "reasons": list(verdict.reasons),
        "requested": _numbers(cycle.requested),
        "executed": _numbers(cycle.executed),
        "would_execute": _numbers(verdict.action),
    }


def _numbers(action: Any) -> list[float | None] | None:
    """JSON has no NaN and no infinity."""
    return None if action is None else [one if abs(one) < float("inf") else None for one in action.joint_positions]
