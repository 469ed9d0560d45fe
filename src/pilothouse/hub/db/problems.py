"""What a database says, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from pilothouse.kit.errors import Invalid, Unavailable


class DatabaseUnavailable(Unavailable):
    """The database does not answer at the moment; try again."""


class Unstorable(Invalid):
    """A value that was sent cannot be stored; look for control characters and for numbers out of range."""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn what a driver raises about its server and about values into problems; bugs stay bugs."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, ConnectionError) as error:
        raise DatabaseUnavailable from error
    except (exc.DataError, UnicodeEncodeError, OverflowError) as error:
        raise Unstorable from error
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable from error
        if isinstance(error.orig, (UnicodeEncodeError, OverflowError)):
            raise Unstorable from error
        raise
