"""Log lines stay plain: nobody reads tracebacks in colour that take seconds to draw."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pilothouse.kit.logs import structlog


@pytest.fixture(autouse=True)
def plain_log_lines() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )
    yield
    structlog.configure(**before)
