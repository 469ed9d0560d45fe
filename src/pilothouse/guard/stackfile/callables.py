"""Python that a Stackfile names: found, and its parameters checked against its signature, when the file is loaded."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pilothouse.guard.stackfile.faults import did_you_mean

_SCALARS: dict[Any, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float), str: (str,)}


class Unresolved(ValueError):
    """Says why a name leads to nothing."""


def resolve(reference: str, directory: Path) -> Callable[..., Any]:
    """The function or class behind ``module:function``; modules beside the Stackfile are found too.

    Raises :class:`Unresolved`, whatever the module does while it is imported.
    """
    module_name, _, attribute = reference.partition(":")
    target: Any = _module(module_name, directory)
    for name in attribute.split("."):
        if not hasattr(target, name):
            known = [one for one in vars(target) if not one.startswith("_") and callable(getattr(target, one))]
            raise Unresolved(f"{module_name!r} has no {name!r}{did_you_mean(name, known)}")
        target = getattr(target, name)
    if not callable(target):
        raise Unresolved(f"{reference!r} is a {type(target).__name__}, not a function")
    found: Callable[..., Any] = target
    return found


def _module(name: str, directory: Path) -> Any:
    place = str(directory)
    # At the end, where it cannot hide a module that is installed.
    if place not in sys.path:
        sys.path.append(place)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise Unresolved(f"importing {name!r} fails: there is no module {error.name!r}") from None
        beside = [one.stem for one in directory.glob("*.py")]
        hint = did_you_mean(name, beside) if beside else f"; put it on the path, or into {place}"
        raise Unresolved(f"there is no module {name!r}{hint}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a module may raise anything while it is imported
        raise Unresolved(f"importing {name!r} fails: {type(error).__name__}: {error!s:.200}") from None


def misfits(
    function: Callable[..., Any], parameters: Mapping[str, Any], *, given: int = 0
) -> Iterator[tuple[str, str]]:
    """What is wrong with calling a function with ``given`` positional arguments and these parameters.

    Yields the parameter's name (empty for the function itself) and the reason.
    """
    signature = _signature(function)
    if signature is None:
        return
    every = list(signature.parameters.values())
    positional = [one for one in every if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    takes_any = any(one.kind is one.VAR_POSITIONAL for one in every)
    if len(positional) < given and not takes_any:
        yield "", f"takes {len(positional)} arguments and is called with {given}"
        return
    rest = [one for one in every if one not in positional[:given] and one.kind is not one.POSITIONAL_ONLY]
    known = {one.name: one for one in rest if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    takes_all = any(one.kind is one.VAR_KEYWORD for one in every)
    for name, value in parameters.items():
        if name in known:
            yield from _mistyped(known[name], value)
        elif not takes_all:
            yield name, f"unknown parameter{did_you_mean(name, known)}"
    for name, one in known.items():
        if one.default is one.empty and name not in parameters:
            yield "", f"the parameter {name!r} is missing"


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function, eval_str=True)
    except Exception:  # noqa: BLE001 - annotations that cannot be evaluated may raise anything
        try:
            return inspect.signature(function)
        except (ValueError, TypeError):  # some built-in functions have none
            return None


def _mistyped(parameter: inspect.Parameter, value: Any) -> Iterator[tuple[str, str]]:
    wanted = _SCALARS.get(parameter.annotation)
    if wanted is None:
        return
    if not isinstance(value, wanted) or (isinstance(value, bool) and parameter.annotation is not bool):
        yield parameter.name, f"must be {parameter.annotation.__name__}, not {type(value).__name__}"
