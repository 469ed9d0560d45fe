"""From what pydantic found to what a person should change, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pilothouse.guard.problems import Fault, Path
from pilothouse.guard.stackfile.document import Document
from pilothouse.guard.stackfile.plugins import installed
from pilothouse.guard.stackfile.yours import PLUGIN
from pilothouse.kit.nearest import nearest

# What typing makes of a union with an Annotated member.
_UNION: Any = get_origin(Annotated[int, 0] | None)
_ADAPTERS: dict[int | str, str] = {"sources": "sources", "policy": "policies", "sinks": "sinks"}
_LITERAL: Any = Literal
_QUOTED = re.compile(r"'([^']*)'")
# A misspelt key is also a missing one, and a wrong type makes wrong keys; the misspelling is what can be corrected.
_TELLING = ("union_tag_invalid", "extra_forbidden")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """What to say after an unknown name."""
    names = sorted(known)
    close = nearest(str(name), names)
    if close:
        return f"; did you mean {close!r}?"
    return f"; known here: {', '.join(names)}" if names else "; there is none here"


def faults_of(error: ValidationError, model: type[BaseModel], document: Document) -> list[Fault]:
    """Everything pydantic found, the most telling first."""
    found = error.errors(include_url=False)
    found.sort(key=lambda one: _TELLING.index(one["type"]) if one["type"] in _TELLING else len(_TELLING))
    return [_fault(one, model, document) for one in found]


def _fault(error: ErrorDetails, model: type[BaseModel], document: Document) -> Fault:
    path = _document_path(error["loc"], document.content, is_missing=error["type"] == "missing")
    if error["type"] == "union_tag_invalid":
        path = (*path, "type")
    return Fault(path, _reason(error, model), document.line(path))


def _document_path(loc: tuple[int | str, ...], content: Any, *, is_missing: bool) -> Path:
    """The steps of a location that a reader finds in the file: the tags of unions are none. The last may be missing."""
    path: list[int | str] = []
    for number, step in enumerate(loc):
        if _leads_on(step, content):
            content = content[step]
        elif not is_missing or number < len(loc) - 1:
            continue
        path.append(step)
    return tuple(path)


def _leads_on(step: int | str, content: Any) -> bool:
    if isinstance(content, Mapping):
        return step in content
    return isinstance(content, list) and isinstance(step, int) and step < len(content)


def _reason(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            keys = {name for one in _models_at(model, error["loc"][:-1]) for name in one.model_fields}
            return f"unknown key{did_you_mean(error['loc'][-1], keys)}"
        case "union_tag_invalid":
            known = [one for one in _names(context["expected_tags"]) if one != PLUGIN]
            known += installed(_ADAPTERS.get(error["loc"][0], ""))
            return f"unknown type {context['tag']!r}{did_you_mean(context['tag'], known)}"
        case "union_tag_not_found":
            return f"needs a type{did_you_mean('', _tags(model, error['loc']))}"
        case "literal_error" | "enum":
            names = _names(str(context["expected"]))
            hint = did_you_mean(error["input"], names) if names else f"; known here: {context['expected']}"
            return f"{error['input']!r:.60} is not one of them{hint}"
        case "missing":
            return "is missing"
        case "string_pattern_mismatch" if "A-Za-z_" in context["pattern"] and ":" not in context["pattern"]:
            return "a name begins with a letter and holds letters, digits and _ . - only, at most 100"
        case "finite_number":
            return "must be a finite number"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _names(text: str) -> list[str]:
    return _QUOTED.findall(text)


def _tags(model: type[BaseModel], loc: tuple[int | str, ...]) -> Iterator[str]:
    for one in _models_at(model, loc):
        yield from _tags_of(one)


def _tags_of(model: type[BaseModel]) -> tuple[str, ...]:
    annotation: Any = model.model_fields["type"].annotation if "type" in model.model_fields else None
    return get_args(annotation) if get_origin(annotation) is _LITERAL else ()


def _models_at(annotation: Any, steps: tuple[int | str, ...]) -> Iterator[type[BaseModel]]:
    """The models that a location leads to, each union narrowed by its tag."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _models_at(arguments[0], steps)
    elif origin is UnionType or origin is _UNION:
        yield from _models_in_union(arguments, steps)
    elif origin is dict:
        yield from _models_at(arguments[1], steps[1:])
    elif origin in (tuple, list):
        yield from _models_at(arguments[0], steps[1:])
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not steps:
            yield annotation
        elif steps[0] in annotation.model_fields:
            yield from _models_at(annotation.model_fields[str(steps[0])].annotation, steps[1:])


def _models_in_union(members: Sequence[Any], steps: tuple[int | str, ...]) -> Iterator[type[BaseModel]]:
    members = [get_args(one)[0] if get_origin(one) is Annotated else one for one in members]
    models = [one for one in members if isinstance(one, type) and issubclass(one, BaseModel)]
    tagged = [one for one in models if steps and steps[0] in _tags_of(one)]
    for one in tagged:
        yield from _models_at(one, steps[1:])
    if not tagged:
        for member in members:
            yield from _models_at(member, steps)
