"""Boundaries changed while the guard runs: checked, compiled, written down, and only then swapped in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from pilothouse.guard.runtime.problems import BoundaryExists, ChangeNotKept, StaleVersion, StrangeCallback
from pilothouse.guard.stackfile import BoundaryEdits, Stackfile, boundary_config, with_boundary, without_boundary


class Changeable(Protocol):
    """The runtime, as far as its configuration goes."""

    @property
    def stack(self) -> Stackfile: ...

    @property
    def changing(self) -> AbstractContextManager[Any]: ...

    def change(self, stack: Stackfile, detail: str, *, keep: Callable[[], object]) -> object: ...


class RunningBoundaries:
    """The boundaries of a runtime. ``version`` counts the changes; one who saw an older one is refused.

    Whoever may change what holds may not thereby run code of theirs on the robot: unless ``any_function``, callbacks
    are only those of the Stackfile.
    """

    def __init__(self, runtime: Changeable, edits: BoundaryEdits, *, any_function: bool = False) -> None:
        self._runtime = runtime
        self._edits = edits
        self._any_function = any_function

    @property
    def version(self) -> int:
        return self._edits.version

    def laid_over(self, stack: Stackfile) -> Stackfile:
        """A Stackfile with all that was changed at run time."""
        return self._edits.applied(stack)

    def all(self) -> dict[str, dict[str, Any]]:
        stack = self._runtime.stack
        return {name: boundary_config(stack, name) for name in stack.boundaries}

    def one(self, name: str) -> dict[str, Any]:
        """Raises UnknownBoundary."""
        return boundary_config(self._runtime.stack, name)

    def create(self, name: str, config: Mapping[str, Any], *, version: int | None, by: str) -> dict[str, Any]:
        """Add one; raises BoundaryExists, BadStackfile, StaleVersion, StrangeCallback."""
        with self._runtime.changing:
            stack = self._runtime.stack
            if name in stack.boundaries:
                raise BoundaryExists(name=name)
            return self._put(stack, name, None, config, version, by)

    def replace(self, name: str, config: Mapping[str, Any], *, version: int | None, by: str) -> dict[str, Any]:
        """Exchange one; raises UnknownBoundary, BadStackfile, StaleVersion, StrangeCallback."""
        with self._runtime.changing:
            stack = self._runtime.stack
            return self._put(stack, name, boundary_config(stack, name), config, version, by)

    def remove(self, name: str, *, version: int | None, by: str) -> None:
        """Take one away; raises UnknownBoundary, BadStackfile when nothing would hold, StaleVersion."""
        with self._runtime.changing:
            stack = self._runtime.stack
            before = boundary_config(stack, name)
            self._check(version)
            changed = without_boundary(stack, name)
            self._runtime.change(changed, f"boundary {name} removed", keep=lambda: self._record(name, before, None, by))

    def _put(
        self, stack: Stackfile, name: str, before: dict[str, Any] | None, config: Mapping[str, Any],
        version: int | None, by: str,
    ) -> dict[str, Any]:  # fmt: skip
        self._check(version)
        if not self._any_function and self._edits.is_strange(config):
            # Before anything of it is looked up: to check a function is to import it.
            raise StrangeCallback(function=config.get("function"))
        changed = with_boundary(stack, name, config)
        after = boundary_config(changed, name)
        words = "added" if before is None else "replaced"
        self._runtime.change(changed, f"boundary {name} {words}", keep=lambda: self._record(name, before, after, by))
        return after

    def _record(self, name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, by: str) -> None:
        try:
            self._edits.record(name, before, after, by=by)
        except OSError as error:
            raise ChangeNotKept(reason=error.strerror or error) from None

    def _check(self, version: int | None) -> None:
        if version is not None and version != self.version:
            raise StaleVersion(version=self.version)
