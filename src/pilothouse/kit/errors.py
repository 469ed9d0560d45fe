"""Problems are facts with a kind; HTTP, the CLI and MCP each map the kinds in one table.

A problem is declared as a class whose docstring is the sentence a person reads::

    class UnknownRecording(NotFound):
        '''No recording {session_id} is known here.'''

    raise UnknownRecording(session_id="drone_20260512T084230Z")
"""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Problem(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "problem"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code = _WORD_START.sub("_", cls.__name__).lower()

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The docstring with the facts filled in, on one line."""
        return " ".join(inspect.cleandoc(self.__class__.__doc__ or "").format(**self.facts).split())


class Invalid(Problem):
    """What was sent cannot be used."""


class Unauthenticated(Problem):
    """Credentials are missing or wrong."""


class Forbidden(Problem):
    """You are known, but this is not allowed to you."""


class NotFound(Problem):
    """There is no such thing here, or it is not visible to you."""


class Conflict(Problem):
    """The present state does not allow this."""


class TooLarge(Problem):
    """What was sent is larger than this place accepts."""


class Throttled(Problem):
    """Too many requests; wait {retry_after_s} s and try again."""


class Unavailable(Problem):
    """Something this needs does not answer at the moment; try again."""


class BadConfiguration(Invalid):
    """{problem}"""


KINDS: tuple[type[Problem], ...] = (
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    Throttled,
    Unavailable,
)
