"""Message definitions as an installed ROS 2 keeps them: share/PACKAGE/msg/TYPE.msg below each prefix."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pilothouse.mcap import Schema

_NUMBERS = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
BUILT_IN = frozenset({"bool", "byte", "char", "float32", "float64", "string", "wstring", *_NUMBERS})
SEPARATOR = "=" * 80
_FIELD = re.compile(r"\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[A-Za-z]\w*")
_TYPE = re.compile(r"(\w+)/msg/(\w+)")


class AmentDefinitions:
    """Reads what a type needs, and only that. Knows nothing of ROS but where its files lie."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        prefixes = (os.environ if environ is None else environ).get("AMENT_PREFIX_PATH", "")
        self._shares = [Path(prefix) / "share" for prefix in prefixes.split(os.pathsep) if prefix]

    def schema(self, type_name: str) -> Schema | None:
        """The schema of ``pkg/msg/Type`` with every type in it; None when any of them is not there."""
        found = _TYPE.fullmatch(type_name)
        if found is None:
            return None
        texts: dict[tuple[str, str], str] = {}
        wanted = [(found[1], found[2])]
        while wanted:
            one = wanted.pop(0)
            if one in texts:
                continue
            text = self._text(*one)
            if text is None:
                return None
            texts[one] = text
            wanted += _types_in(text, one[0])
        (_, first), *others = texts.items()
        parts = [f"{SEPARATOR}\nMSG: {package}/{name}\n{text}" for (package, name), text in others]
        return Schema(type_name, "ros2msg", "\n".join([first.rstrip("\n"), *parts]).encode())

    def _text(self, package: str, name: str) -> str | None:
        for share in self._shares:
            try:
                return (share / package / "msg" / f"{name}.msg").read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
        return None


def _types_in(text: str, package: str) -> list[tuple[str, str]]:
    """The types that fields have, in the package where they are not said to be of another one."""
    found = []
    for line in text.splitlines():
        field = _FIELD.match(line.partition("#")[0])
        if field is None or field[1] in BUILT_IN:
            continue
        owner, _, name = field[1].rpartition("/")
        found.append((owner.removesuffix("/msg") or package, name))
    return found
