"""What a request asks for several times is worked out once.

FastAPI remembers the answer of a dependency, but goes through everything below it each time before it looks there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from fastapi.dependencies.models import Dependant

_Known: TypeAlias = set[tuple[Any, str | None]]
Asked = TypeVar("Asked", bound=Callable[..., Any])


def read_once(dependency: Asked) -> Asked:
    """Work out now what a dependency of many routes asks for; FastAPI would do it again for each of them."""
    dependency.__signature__ = inspect.signature(dependency, eval_str=True)  # type: ignore[attr-defined]
    return dependency


def ask_once(dependant: Dependant, known: _Known | None = None) -> None:
    """Let later occurrences of a dependency depend on nothing: their answer is remembered by then.

    Only of those that read nothing a caller could get wrong: the answer of others is not there when it was refused.
    """
    known = set() if known is None else known
    for inner in dependant.dependencies:
        key = (inner.call, inner.scope)
        if key in known and inner.use_cache and not _reads(inner):
            inner.dependencies = []
        else:
            ask_once(inner, known)
            known.add(key)


def reads_header(dependant: Dependant, name: str) -> bool:
    """Whether a route, or what it depends on, looks at that header."""
    own = any(field.alias == name for field in dependant.header_params)
    return own or any(reads_header(inner, name) for inner in dependant.dependencies)


def _reads(dependant: Dependant) -> bool:
    own = (dependant.path_params, dependant.query_params, dependant.header_params, dependant.cookie_params)
    return any(own) or bool(dependant.body_params) or any(_reads(inner) for inner in dependant.dependencies)
