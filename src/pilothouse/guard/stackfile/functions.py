"""What is wrong with the Python that a source, a policy or a sink names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pilothouse.guard.problems import Path as Steps
from pilothouse.guard.stackfile.callables import Unresolved, misfits, resolve
from pilothouse.guard.stackfile.plugins import installed
from pilothouse.guard.stackfile.yours import PluginConfig, PythonPolicyConfig, PythonSinkConfig, PythonSourceConfig

Found = Iterator[tuple[Steps, str]]

# How many arguments the guard passes to a function that is one.
_GIVEN = {"sources": 0, "policies": 1, "sinks": 1}


def faults_of_adapter(kind: str, config: BaseModel, directory: Path) -> Found:
    """Each with its place within the adapter; nothing for those that are not of the user's own."""
    if isinstance(config, PluginConfig):
        yield from _plugin(kind, config)
    elif isinstance(config, PythonSourceConfig | PythonPolicyConfig | PythonSinkConfig):
        yield from faults_of_function(config.function, config.parameters, directory, given=_GIVEN[kind])
        if isinstance(config, PythonSinkConfig):
            yield from _stopping(config, directory)


def faults_of_function(reference: str, parameters: Mapping[str, Any], directory: Path, *, given: int) -> Found:
    """Of calling it with so many arguments and these parameters."""
    try:
        function = resolve(reference, directory)
    except Unresolved as reason:
        yield ("function",), str(reason)
        return
    # A class is made from the parameters; what it is then called with is its instances' business.
    yield from _misfits(function, parameters, given=0 if isinstance(function, type) else given)


def _misfits(function: Callable[..., Any], parameters: Mapping[str, Any], *, given: int) -> Found:
    for name, reason in misfits(function, parameters, given=given):
        yield ("parameters", name) if name else ("function",), reason


def _stopping(config: PythonSinkConfig, directory: Path) -> Found:
    """A robot that cannot be told to stop is not to be moved."""
    try:
        if config.emergency_stop is not None:
            yield from _misfits(resolve(config.emergency_stop, directory), {}, given=0)
            return
        function = resolve(config.function, directory)
    except Unresolved as reason:
        if config.emergency_stop is not None:
            yield ("emergency_stop",), str(reason)
        return
    if not callable(getattr(function, "emergency_stop", None)):
        yield (), "needs emergency_stop: a function that stops the robot at once"


def _plugin(kind: str, config: PluginConfig) -> Found:
    try:
        factory = installed(kind)[config.type].load()
    except Exception as error:  # noqa: BLE001 - a package may raise anything while it is imported
        yield (
            ("type",),
            f"{config.type!r} is installed and cannot be loaded: {type(error).__name__}: {error!s:.200}",
        )
        return
    for name, reason in misfits(factory, config.options, given=1):
        yield (name,) if name else (), reason.replace("unknown parameter", "unknown key")
