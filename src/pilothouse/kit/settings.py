"""Settings come from flags, then the environment, then a YAML file, then defaults.

A class derived from :class:`Settings` declares them; :func:`load` reads them once, at the start of a program.
A setting documented under a name of its own (``MD_MAX_DISK_MB``) answers to it, bare or with the prefix
``PILOTHOUSE_``; every setting answers to ``PILOTHOUSE_`` and its field name.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.nearest import nearest

PREFIX = "PILOTHOUSE_"


class Settings(BaseModel):
    """Base of every settings class: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


AnySettings = TypeVar("AnySettings", bound=Settings)


def setting(default: Any, description: str, *, names: tuple[str, ...] = (), **constraints: Any) -> Any:
    """A field of a settings class; ``names`` are the documented environment variables beside the prefixed one."""
    return Field(default, description=description, json_schema_extra={"names": list(names)}, **constraints)


def environment_names(name: str, field: FieldInfo) -> list[str]:
    """Every variable that sets a field, the documented ones first."""
    extra = field.json_schema_extra
    names = extra.get("names", []) if isinstance(extra, dict) else []
    documented = [str(one) for one in names] if isinstance(names, list) else []
    own = PREFIX + name.upper()
    every = [spelling for one in documented for spelling in (one, PREFIX + one.removeprefix(PREFIX))]
    return list(dict.fromkeys([*every, own]))


def load(
    settings: type[AnySettings],
    *,
    file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> AnySettings:
    """Read the settings of a program, or raise BadConfiguration with one sentence that says what to change."""
    from_file = read_file(file) if file else {}
    values: dict[str, Any] = dict(from_file)
    values.update(_from_environment(settings, os.environ if environ is None else environ))
    values.update({key: value for key, value in (overrides or {}).items() if value is not None})
    try:
        return settings.model_validate(values)
    except ValidationError as error:
        # A flag or a variable that is wrong is not to be looked for in the file.
        key = next(iter(_first(error)["loc"]), None)
        is_from_file = key is None or (key in from_file and values[str(key)] is from_file[str(key)])
        where = str(file) if file and is_from_file else None
        raise BadConfiguration(problem=explain(error, settings, where=where)) from None


def read_file(file: Path) -> dict[str, Any]:
    """The mapping in a YAML file."""
    import yaml  # only programs that are given a file pay for the parser

    class Loader(yaml.SafeLoader):
        """Of two keys that are alike the parser would keep the last, and half a configuration would be gone."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            seen = set()
            for key, _ in node.value:
                if key.id == "scalar" and key.value in seen:
                    raise yaml.MarkedYAMLError(f"the key {key.value!r} is there twice", problem_mark=key.start_mark)
                seen.add(key.value if key.id == "scalar" else None)
            return super().construct_mapping(node, deep)

    try:
        with file.open(encoding="utf-8") as opened:
            content = yaml.load(opened, Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise BadConfiguration(
            problem=f"cannot read {file}: {error.strerror}; give the path of a file that is there"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise BadConfiguration(problem=f"{file} is not valid YAML: {reason}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BadConfiguration(problem=f"{file} must hold a mapping of settings, not a {type(content).__name__}")
    return {str(key): value for key, value in content.items()}


def _from_environment(settings: type[Settings], environ: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, field in settings.model_fields.items():
        for variable in environment_names(name, field):
            text = environ.get(variable)
            if text is None or (text == "" and not _may_be_blank(field)):
                continue
            yield name, _parsed(text, field)
            break


def _may_be_blank(field: FieldInfo) -> bool:
    """Compose writes an empty text for a variable that is not there: that is a value of a text without limits alone."""
    return field.annotation is str and not field.metadata


def _takes_text(field: FieldInfo) -> bool:
    return field.annotation in (str, SecretStr) or field.annotation in (str | None, SecretStr | None)


def _parsed(text: str, field: FieldInfo) -> Any:
    structured = text[:1] in "[{" and not _takes_text(field)
    if not structured:
        return text
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def explain(error: ValidationError, model: type[BaseModel], *, where: str | None = None) -> str:
    """One sentence for the first thing wrong, naming the nearest known key for an unknown one."""
    first = _first(error)
    path = ".".join(str(part) for part in first["loc"])
    prefix = f"{where}: " if where else ""
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"{prefix}unknown setting '{path}'{_hint(first['loc'], model)}{more}"
    if first["type"] == "tuple_type":
        return f"{prefix}{path} must be a list, such as [ONE, ANOTHER]{more}"
    if first["type"] == "union_tag_invalid":
        return f"{prefix}{path}: {_no_such_kind(first['ctx'])}{more}"
    said = first["msg"].removeprefix("Value error, ") + _in_mib(first.get("ctx", {}))
    return f"{prefix}{path}: {said}{more}" if path else f"{prefix}{said}{more}"


def _no_such_kind(context: Mapping[str, Any]) -> str:
    """Of one among several models, each told by its kind."""
    known = [one.strip("' ") for one in context["expected_tags"].split(",")]
    close = nearest(context["tag"], known)
    hint = f"; did you mean '{close}'?" if close else "."
    kind = context["discriminator"].strip("'")
    return f"no {kind} is called '{context['tag']}'{hint} There are: {', '.join(known)}"


def _in_mib(limits: Mapping[str, Any]) -> str:
    """Nobody reads 16777216 as 16 MiB."""
    limit = limits.get("ge", limits.get("le"))
    return f" ({limit >> 20} MiB)" if isinstance(limit, int) and limit and limit % (1 << 20) == 0 else ""


def _first(error: ValidationError) -> ErrorDetails:
    found = error.errors(include_url=False, include_input=False)
    # A misspelt key is also a missing one; the misspelling is what can be corrected.
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])


def _hint(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    known = _keys_at(model, loc[:-1])
    close = nearest(str(loc[-1]), known)
    if close:
        return f"; did you mean '{close}'?"
    return f"; known here: {', '.join(sorted(known))}" if known else ""


def _keys_at(model: type[BaseModel], path: tuple[int | str, ...]) -> set[str]:
    """The keys of the model that a location inside another leads to; list positions and union tags are steps too."""
    current: set[type[BaseModel]] = {model}
    for step in path:
        fields = [one.model_fields[step] for one in current if step in one.model_fields]
        if fields:
            current = {inner for field in fields for inner in _models_in(field.annotation)}
    return {name for one in current for name in one.model_fields}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
