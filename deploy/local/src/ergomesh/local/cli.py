"""Entry point of the ``ergomesh`` command; imports nothing heavy by itself."""

import logging
import sys
from typing import Final

EXIT_INTERRUPTED: Final = 130
"""What shells report for a Ctrl-C: 128 + SIGINT."""


def main() -> None:
    """Run the command; a Ctrl-C while it is still being loaded ends it quietly."""
    try:
        import structlog

        from ergomesh.local.app import run_app

        # What the runtime would log, the command says in its own words.
        quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
        structlog.configure(wrapper_class=quiet)
        run_app()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
