"""Laws of what may be told of the worker."""

import pytest

from ergomesh.contract.errors import ContractError
from ergomesh.contract.job import parse_settings


@pytest.mark.parametrize(
    "worker",
    [
        '{"neutral_start_s": 1}',
        '{"neutral_end_s": 1}',
        '{"neutral_start_s": 2, "neutral_end_s": 1}',
        '{"neutral_start_s": 1, "neutral_end_s": 1}',
    ],
)
def test_half_a_neutral_posture_is_refused(worker: str) -> None:
    """A neutral posture without a beginning and a later end is refused by name."""
    with pytest.raises(ContractError, match="neutral_"):
        parse_settings(f'{{"worker": {worker}}}'.encode())


def test_a_neutral_posture_is_a_span() -> None:
    """Beginning and end come out together, and nothing where nothing was told."""
    raw = b'{"worker": {"neutral_start_s": 0.5, "neutral_end_s": 2}}'
    assert parse_settings(raw).worker.neutral_s == (0.5, 2.0)
    assert parse_settings(b"{}").worker.neutral_s is None
