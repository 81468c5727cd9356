"""Job ids: as short as they can be while sorting by time and never meeting."""

from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no i, l, o, u to misread."""
ENTROPY_BYTES: Final = 10
LENGTH: Final = 26
_TIME_BITS: Final = 48


def job_id(unix_ms: int, entropy: bytes) -> str:
    """Return a ULID in lower case: 48 bits of time, then 80 of chance.

    Ids sort as their times do, and are tokens of the contract (``keys.Name``).
    Source: github.com/ulid/spec.

    Args:
        unix_ms: Milliseconds since 1970, below 2^48 (the year 10889).
        entropy: Ten random bytes.

    Raises:
        ValueError: When either is out of range.
    """
    if not 0 <= unix_ms < 1 << _TIME_BITS or len(entropy) != ENTROPY_BYTES:
        msg = f"no id for {unix_ms} ms and {len(entropy)} random bytes"
        raise ValueError(msg)
    value = unix_ms << 8 * ENTROPY_BYTES | int.from_bytes(entropy, "big")
    return "".join(
        ALPHABET[value >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5)
    )
