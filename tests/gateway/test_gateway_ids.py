import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.keys import Name
from ergomesh.gateway.ids import ALPHABET, ENTROPY_BYTES, LENGTH, job_id
from ergomesh.gateway.server import new_job_id

TIMES = st.integers(0, (1 << 48) - 1)
ENTROPY = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)


@given(TIMES, ENTROPY)
def test_id_is_a_token_that_holds_its_parts(unix_ms: int, entropy: bytes) -> None:
    """An id fits subjects and keys, and tells time and chance apart again."""
    made = job_id(unix_ms, entropy)

    value = 0
    for letter in made:
        value = value * 32 + ALPHABET.index(letter)
    assert made == msgspec.convert(made, Name) == made.lower()
    assert len(made) == LENGTH
    assert (unix_ms, entropy) == (
        value >> 80,
        (value & (1 << 80) - 1).to_bytes(ENTROPY_BYTES, "big"),
    )


@given(TIMES, TIMES, ENTROPY, ENTROPY)
def test_ids_sort_as_their_times(a: int, b: int, one: bytes, two: bytes) -> None:
    """Whatever chance adds, an earlier id sorts before a later one."""
    if a != b:
        assert (a < b) == (job_id(a, one) < job_id(b, two))


@pytest.mark.parametrize(
    ("unix_ms", "size"), [(-1, ENTROPY_BYTES), (1 << 48, ENTROPY_BYTES), (0, 9)]
)
def test_parts_out_of_range_make_no_id(unix_ms: int, size: int) -> None:
    """There is no id for a time or an entropy that does not fit."""
    with pytest.raises(ValueError, match="no id"):
        job_id(unix_ms, bytes(size))


def test_ids_of_a_moment_differ() -> None:
    """Ids made at once do not meet."""
    assert len({new_job_id() for _ in range(1000)}) == 1000
