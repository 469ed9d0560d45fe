"""pilothouse guard: stands between a policy and a robot, and decides each cycle."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.cli.guard import replay
from pilothouse.cli.parts.new_file import refuse_to_replace, write_new
from pilothouse.cli.parts.options import AsJson

if TYPE_CHECKING:
    from pilothouse.guard.problems import BadStackfile
    from pilothouse.guard.stackfile import Stackfile

app = typer.Typer(
    help="Stand between a policy and a robot: decide each cycle, make every decision visible.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Flag = typer.Option
StackfileArgument = Annotated[Path, typer.Argument(metavar="STACKFILE", help="The YAML file.")]


@app.command()
def init(
    stackfile: Annotated[Path, typer.Argument(metavar="STACKFILE", help="The file to write.")] = Path("stack.yaml"),
    force: Annotated[bool, Flag("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a Stackfile that works as it is: a simulated arm, a task named default.

    Example: pilothouse guard init && pilothouse guard run stack.yaml
    """
    from importlib.resources import files

    from pilothouse.guard.stackfile import load_text

    text = files("pilothouse.guard.stackfile").joinpath("template.yaml").read_text(encoding="utf-8")
    load_text(text, name=str(stackfile))
    refuse_to_replace(stackfile, force=force)
    write_new(stackfile, text, force=force)
    print(f"wrote {stackfile}; next: {shlex.join(['pilothouse', 'guard', 'run', str(stackfile)])}")


@app.command()
def validate(
    stackfile: StackfileArgument,
    as_json: AsJson = False,
) -> None:
    """Check everything in a Stackfile without starting anything.

    Names that refer to each other, parameters of functions, lengths of arrays, units, finite numbers. Every fault is
    named with its line and the nearest valid name. Exit code 0 when it is fine, 2 when it is not.
    """
    from pilothouse.guard.problems import BadStackfile
    from pilothouse.guard.stackfile import load

    try:
        stack = load(stackfile)
    except BadStackfile as problem:
        if as_json:
            print(json.dumps({"valid": False, "faults": _faults(problem)}, indent=2))
        elif len(problem.faults) > 1:
            for fault in problem.faults:
                print(f"{problem.name}: {fault}")
        else:
            raise
        raise typer.Exit(2) from None
    print(json.dumps({"valid": True, **_facts(stack)}, indent=2) if as_json else "\n".join(_lines(stackfile, stack)))


def _faults(problem: BadStackfile) -> list[dict[str, Any]]:
    return [{"path": list(one.path), "line": one.line, "reason": one.reason} for one in problem.faults]


def _facts(stack: Stackfile) -> dict[str, Any]:
    from pilothouse.guard.stackfile import guard_names

    return {
        "robot": stack.robot.name,
        "config_hash": stack.config_hash,
        "guards": {name: list(boundaries) for name, (_, boundaries) in guard_names(stack).items()},
        "tasks": {name: list(task.boundaries or stack.boundaries) for name, task in stack.tasks.items()},
        "policy_process": getattr(stack.policy, "process", None),
        "warnings": _warnings(stack),
    }


def _lines(file: Path, stack: Stackfile) -> list[str]:
    from pilothouse.guard.stackfile import guard_names

    joints = f"{len(stack.robot.joints)} joint{'s'[: len(stack.robot.joints) != 1]}"
    safety = stack.safety
    lines = [f"{file} is fine: {stack.robot.name}, {joints}, {safety.control_frequency_hz:g} Hz, {safety.mode.value}"]
    for name, (layer, boundaries) in guard_names(stack).items():
        lines.append(f"guard    {layer.value} {name}: {', '.join(boundaries)}")
    for name, task in stack.tasks.items():
        lines.append(f"task     {name}: {', '.join(task.boundaries or stack.boundaries)}")
    if getattr(stack.policy, "process", "") == "own":
        lines.append("policy   in a process of its own: nothing it does holds up the emergency stop")
    lines += [f"warning  {one}" for one in _warnings(stack)]
    return [*lines, f"hash     {stack.config_hash}"]


def _warnings(stack: Stackfile) -> list[str]:
    """What is allowed and may yet be a mistake."""
    held = {name for task in stack.tasks.values() for name in task.boundaries or stack.boundaries}
    warnings = [f"no task heeds the boundary {name!r}" for name in stack.boundaries if name not in held]
    if "default" not in stack.tasks:
        warnings.append("there is no task 'default', which start runs unless told otherwise")
    if stack.safety.mode.value != "enforce":
        warnings.append(f"mode {stack.safety.mode.value}: nothing that is refused is kept from the robot")
    if getattr(stack.policy, "process", "") == "shared":
        warnings.append(
            "the policy shares the guard's process: code of its that keeps Python's interpreter lock holds up the "
            "emergency stop until it returns; `process: own` is the default"
        )
    for kind, found in (("sources", stack.sources), ("policy", stack.policy), ("sinks", stack.sinks)):
        if not found:
            warnings.append(f"no {kind}: Guardrail works with this Stackfile, `pilothouse guard run` does not")
    return warnings


@app.command()
def schema() -> None:
    """Print the JSON Schema of a Stackfile, for editors that complete and check as you type.

    Example: pilothouse guard schema > stack.schema.json, and as the first line of stack.yaml
    `# yaml-language-server: $schema=stack.schema.json`.
    """
    from pilothouse.guard.stackfile import json_schema

    print(json.dumps(json_schema(), indent=2))


@app.command()
def catalog(
    kind: Annotated[str | None, typer.Argument(help="Show what this kind of boundary can be told.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every kind of boundary by layer, or show one with its parameters."""
    from pilothouse.guard.boundaries import catalog as every_kind
    from pilothouse.guard.stackfile.catalog import described, parameters
    from pilothouse.kit.errors import BadConfiguration
    from pilothouse.kit.nearest import nearest

    kinds = {one.type: one for one in every_kind()}
    if kind is not None and kind not in kinds:
        close = nearest(kind, kinds)
        hint = f"did you mean {close!r}?" if close else f"known: {', '.join(kinds)}"
        raise BadConfiguration(problem=f"there is no kind of boundary {kind!r}; {hint}")
    shown = [kinds[kind]] if kind is not None else list(kinds.values())
    if as_json:
        print(json.dumps([described(one) for one in shown], indent=2))
        return
    for one in shown:
        print(f"{one.layer.value}  {one.type:<20} {one.description}")
    if kind is not None:
        for name, kind_of, default, meaning in parameters(kinds[kind]):
            print(f"    {name:<24} {kind_of:<22} {default:<12} {meaning}".rstrip())


app.command()(replay.replay)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
def run(context: typer.Context) -> None:
    """Run the guard of a Stackfile and serve its API until told to stop."""
    from pilothouse.cli.guard.run import main

    raise typer.Exit(main(context.args))
