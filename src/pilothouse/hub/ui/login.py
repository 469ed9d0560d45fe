"""Links that sign a browser in once."""

from __future__ import annotations

import sys
from urllib.parse import urlencode


def link(url: str, code: str, *, then: str | None = None) -> str:
    """Where a browser signs in with a code, and goes on to the page ``then``."""
    return f"{url.rstrip('/')}/login?{urlencode({'code': code} | ({} if then is None else {'next': then}))}"


def tell(url: str, code: str | None) -> None:
    """Say where the first person signs in, on standard error: the terminal is theirs."""
    if code is not None:
        print(f"login {link(url, code)}", file=sys.stderr, flush=True)  # noqa: T201 - for a person, as Jupyter does
