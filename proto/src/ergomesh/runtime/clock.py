"""The wall clock of the shell; pure code gets times as arguments."""

from datetime import UTC, datetime


def now_rfc3339() -> str:
    """Return the present time, UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
