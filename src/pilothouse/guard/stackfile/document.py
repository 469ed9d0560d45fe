"""YAML, read strictly: every value knows its line, nothing is guessed, nothing grows without end."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pilothouse.guard.problems import BadStackfile, Fault, NoSuchStackfile, Path, UnreadableStackfile

# A Stackfile is a few kilobytes. What is larger, deeper or, its aliases unfolded, longer than this is no Stackfile.
MAX_BYTES = 512 << 10
MAX_DEPTH = 32
MAX_VALUES = 50_000

# The core schema of YAML 1.2: `no` and `12:30` are words, `1e-3` is a number.
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NO_NUMBER = "a number that is not finite limits nothing; write a finite one"


@dataclass(frozen=True, slots=True)
class Document:
    """What a Stackfile says, before it is checked, and on which line."""

    name: str
    content: dict[str, Any]
    directory: FilePath
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int | None:
        """The line of the value there, or of the closest one around it."""
        return next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), None)


class _Stop(Exception):
    """Reading ends at the first fault."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        self.fault = Fault(path, reason, line)


def read_file(file: str | os.PathLike[str]) -> Document:
    """The Stackfile at a path; raises NoSuchStackfile, UnreadableStackfile or BadStackfile."""
    name = os.fsdecode(file)
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - any PathLike
            content = opened.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise NoSuchStackfile(name=name) from None
    except OSError as error:
        raise UnreadableStackfile(name=name, reason=error.strerror or "it is no file") from None
    except UnicodeDecodeError:
        raise UnreadableStackfile(name=name, reason="it is not UTF-8 text") from None
    except ValueError:
        raise UnreadableStackfile(name=repr(name), reason="no file can have this name") from None
    if len(content) > MAX_BYTES:
        raise UnreadableStackfile(name=name, reason=f"it is longer than {MAX_BYTES >> 10} KiB")
    return read_text(text, name=name, directory=FilePath(name).absolute().parent)


def read_text(text: str, *, name: str = "Stackfile", directory: FilePath | None = None) -> Document:
    """The Stackfile that a text is; raises BadStackfile."""
    import yaml  # who hands over a mapping needs no parser

    reader = _Reader()
    try:
        root = yaml.compose(text, Loader=_loader())
        content = reader.value(root, (), 0) if root is not None else None
    except _Stop as stop:
        raise BadStackfile(name, [stop.fault]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        said = " ".join(f"{error.context or ''} {error.problem or ''}".split())
        raise BadStackfile(name, [Fault((), f"not valid YAML: {said}", line)]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise BadStackfile(name, [Fault((), f"not valid YAML: {' '.join(str(error).split())}")]) from None
    except RecursionError:
        raise BadStackfile(name, [Fault((), f"nested more than {MAX_DEPTH} deep")]) from None
    return Document(name, _mapping(content, name), directory or FilePath.cwd(), reader.lines)


def read_mapping(content: Mapping[str, Any], *, name: str = "Stackfile", directory: FilePath | None = None) -> Document:
    """The Stackfile that a mapping is; raises BadStackfile."""
    try:
        plain = _Plain().value(content, (), 0)
    except _Stop as stop:
        raise BadStackfile(name, [stop.fault]) from None
    return Document(name, _mapping(plain, name), directory or FilePath.cwd())


def _mapping(content: Any, name: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        found = "nothing" if content is None else f"a {type(content).__name__}"
        raise BadStackfile(name, [Fault((), f"a Stackfile is a mapping of sections, and this is {found}")])
    return content


def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Leaves it to us what a plain word means."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as the base declares it

    return Loader


class _Counted:
    """Counts what it builds: an alias of an alias of an alias can be a million values in ten lines."""

    def __init__(self) -> None:
        self._values = 0

    def count(self, path: Path, depth: int, line: int | None = None) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise _Stop(path, f"more than {MAX_VALUES} values, aliases unfolded", line)
        if depth > MAX_DEPTH:
            raise _Stop(path[:4], f"nested more than {MAX_DEPTH} deep", line)


class _Reader(_Counted):
    """From YAML's nodes to plain values."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Path, int] = {}

    def value(self, node: Any, path: Path, depth: int) -> Any:
        line = node.start_mark.line + 1
        self.count(path, depth, line)
        self.lines.setdefault(path, line)
        kind = node.id
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.rpartition(":")[2] not in ("str", "map", "seq"):
            raise _Stop(path, f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not understood here", line)
        if kind == "mapping":
            return dict(self._pairs(node, path, depth))
        if kind == "sequence":
            return [self.value(one, (*path, index), depth + 1) for index, one in enumerate(node.value)]
        return node.value if node.style in ("'", '"', "|", ">") else _plain_word(node.value, path, line)

    def _pairs(self, node: Any, path: Path, depth: int) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if key_node.id != "scalar" or not isinstance(key, str):
                raise _Stop(path, "a key must be a word", line)
            if key == "<<" and key_node.style is None:
                raise _Stop(path, "merging with << is not understood here; write the keys out", line)
            if key in seen:
                raise _Stop((*path, key), f"the key {key!r} is there twice, first on line {seen[key]}", line)
            seen[key] = line
            self.lines[*path, key] = line
            yield key, self.value(value_node, (*path, key), depth + 1)


def _plain_word(text: str, path: Path, line: int) -> Any:
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if _NOT_FINITE.fullmatch(text):
        raise _Stop(path, _NO_NUMBER, line)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise _Stop(path, _NO_NUMBER, line)
        return number
    return text


class _Plain(_Counted):
    """From a caller's mapping to plain values: what YAML could not have said is refused here."""

    def value(self, given: Any, path: Path, depth: int) -> Any:
        self.count(path, depth)
        if given is None or isinstance(given, bool):
            return given
        if isinstance(given, str | os.PathLike):
            return str(given)
        if isinstance(given, Mapping):
            return {self._key(key, path): self.value(one, (*path, str(key)), depth + 1) for key, one in given.items()}
        if isinstance(given, list | tuple):
            return [self.value(one, (*path, index), depth + 1) for index, one in enumerate(given)]
        if isinstance(given, int | float):
            return self._number(given, path)
        if hasattr(given, "tolist"):  # numpy's arrays and numbers
            return self.value(given.tolist(), path, depth + 1)
        raise _Stop(path, f"a {type(given).__name__} means nothing here")

    def _key(self, key: Any, path: Path) -> str:
        if not isinstance(key, str):
            raise _Stop(path, f"a key must be text, and {key!r:.50} is not")
        return str(key)

    def _number(self, given: float, path: Path) -> float:
        if isinstance(given, int):
            if abs(given) > 10**18:
                raise _Stop(path, "a number this large means nothing here")
            return int(given)
        if not math.isfinite(given):
            raise _Stop(path, _NO_NUMBER)
        return float(given)
