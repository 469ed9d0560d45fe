"""Structured logs on standard error: readable lines for people, JSON for machines."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

LogFormat = Literal["text", "json"]

# Libraries that narrate every request they make; what matters of it we say ourselves.
_TALKATIVE = ("httpx2", "httpcore2")


def _import_structlog() -> Any:
    # structlog imports rich, for tracebacks in colour, and greenlet, for an interface nobody uses, when it finds them:
    # 4 MiB that a robot has no use for.
    absent = [name for name in ("rich", "greenlet") if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import structlog
    finally:
        for name in absent:
            del sys.modules[name]
    return structlog


structlog = _import_structlog()


def set_up_logging(*, log_format: LogFormat = "text", level: str = "info") -> None:
    """Send our own records and those of libraries through one pipeline to standard error."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    machine = log_format == "json"
    ending: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if machine
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> Any:
    """A bound logger; call it with an event and facts: ``log.info("recording sealed", bytes=n)``."""
    return structlog.stdlib.get_logger(name)


bind_context = structlog.contextvars.bind_contextvars
reset_context = structlog.contextvars.reset_contextvars
