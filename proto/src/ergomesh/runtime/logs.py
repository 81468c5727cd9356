"""Structured logs on standard error: JSON for machines, colour for people."""

import logging
import sys

import structlog


def configure_logs(*, level: str, fmt: str, service: str) -> None:
    """Set up structlog for this process.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        fmt: ``json`` or ``console``.
        service: Name to put on every line.
    """
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if fmt == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries that use logging: only what matters, on the same stream.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    structlog.contextvars.bind_contextvars(service=service)
