"""From YAML or a mapping to a Stackfile in which everything has been checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pilothouse.guard.problems import BadStackfile, Fault, UnreadableStackfile
from pilothouse.guard.stackfile.checking import check
from pilothouse.guard.stackfile.document import Document, read_file, read_mapping, read_text
from pilothouse.guard.stackfile.faults import faults_of
from pilothouse.guard.stackfile.stack import Stackfile

SUPPORTED = "a path, a mapping or a loaded Stackfile"


def load(stack: str | os.PathLike[str] | Mapping[str, Any] | Stackfile, *, directory: Path | None = None) -> Stackfile:
    """The Stackfile at a path or in a mapping, checked; a loaded one is returned as it is.

    ``directory`` is where relative paths in a mapping begin; the working directory when absent. Raises
    :class:`BadStackfile` with every fault, its place and the nearest valid name; NoSuchStackfile; UnreadableStackfile.
    """
    if isinstance(stack, Stackfile):
        return stack
    if isinstance(stack, str | os.PathLike):
        return checked(read_file(stack))
    if isinstance(stack, Mapping):
        return checked(read_mapping(stack, directory=directory))
    raise UnreadableStackfile(name=f"{type(stack).__name__}", reason=f"give {SUPPORTED}")


def load_text(text: str, *, name: str = "Stackfile", directory: Path | None = None) -> Stackfile:
    """The Stackfile that a YAML text is, checked; raises BadStackfile."""
    return checked(read_text(text, name=name, directory=directory))


def checked(document: Document) -> Stackfile:
    """A document as a Stackfile; raises BadStackfile with everything that is wrong in it."""
    try:
        stack = Stackfile.model_validate(document.content)
    except ValidationError as error:
        raise BadStackfile(document.name, faults_of(error, Stackfile, document)) from None
    stack._directory = document.directory
    faults = [Fault(path, reason, document.line(path)) for path, reason in check(stack)]
    if faults:
        raise BadStackfile(document.name, faults)
    return stack
