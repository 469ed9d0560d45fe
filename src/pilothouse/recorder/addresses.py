"""Addresses as people write them in a configuration."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import AfterValidator


def address(pattern: str, example: str) -> AfterValidator:
    """Refuses what leads nowhere, in words that hold nothing of the address: a password may be in it."""

    def checked(url: str) -> str:
        try:
            parts = urlsplit(url) if re.match(pattern, url) else None
            if parts is None or not parts.hostname or parts.port == 0:
                raise ValueError
        except ValueError:
            raise ValueError(f"write it like {example}, with a port from 1 to 65535") from None
        return url

    return AfterValidator(checked)
