"""What can be wrong with a guard's Stackfile, its parts and its requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pilothouse.kit.errors import BadConfiguration, Invalid, NotFound

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a Stackfile: where it stands, and what to change."""

    path: Path
    reason: str
    line: int | None = None

    @property
    def place(self) -> str:
        """``boundaries.speed.scale``, with the line where there is one."""
        dotted = ""
        for step in self.path:
            dotted += f"[{step}]" if isinstance(step, int) else f".{step}" if dotted else step
        return ", ".join(part for part in (f"line {self.line}" if self.line else "", dotted) if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class BadStackfile(Invalid):
    """{name}: {fault}{more}"""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name = name
        self.faults = tuple(faults)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(name=name, fault=faults[0], more=more)


class NoSuchStackfile(NotFound):
    """There is no Stackfile {name}; `pilothouse guard init {name}` writes one."""


class UnreadableStackfile(Invalid):
    """The Stackfile {name} cannot be read: {reason}."""


class UnknownTask(NotFound):
    """There is no task {task!r} in this Stackfile{hint}."""


class UnknownBoundary(NotFound):
    """There is no boundary {name!r}{hint}."""


class AdapterUnusable(BadConfiguration):
    """The {kind} {name!r} cannot be opened: {reason}"""


class AdapterMissing(BadConfiguration):
    """The Stackfile has no {kind}, and a guard that runs needs one: add it, or call Guardrail from Python."""


class GuardExtraMissing(BadConfiguration):
    """The {kind} {name!r} needs {package}: pip install {install}"""


class EditsUnreadable(BadConfiguration):
    """{file} does not hold the boundaries that were changed while the guard ran ({reason}); restore or remove it."""


class NothingToReplay(Invalid):
    """{file} has nothing on {wanted} to replay; name the topics of its joint states with --joint-states."""
