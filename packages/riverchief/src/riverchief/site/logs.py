"""Logs: one JSON object a line, with the id of the request it belongs to."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # Where, not with what: the variables of the frames hold passwords and people.
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
]


def _without_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Django hands its request over, whose text is the address with the query string."""
    event.pop("request", None)
    return event


def _one_line() -> Callable[[logging.LogRecord], bool]:
    """A filter that takes the traceback off: anybody can ask for a host that is not ours, and often."""

    def shorten(record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True

    return shorten


LOGGING_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": [*_BEFORE, structlog.stdlib.ExtraAdder(), _without_request],
        }
    },
    "filters": {"one line": {"()": _one_line}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "riverchief": {"level": "INFO"},
        # Django repeats every 4xx as a warning; the access line of `Accounting` already has it.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"filters": ["one line"]},
        "procrastinate": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}


def configure() -> None:
    """Let structlog write through the standard handlers; called once when a process starts."""
    structlog.configure(
        processors=[*_BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
