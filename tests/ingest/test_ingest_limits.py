from collections.abc import Callable

import pytest

from ergomesh.contract.errors import FailureCode
from ergomesh.ingest.failures import SENTENCES, UNDECODABLE, UNTIMED, ClipError
from ergomesh.ingest.limits import Limits, check_duration, check_pixels, check_size

LIMITS = Limits(max_bytes=10_000_000, max_pixels=2_000_000, max_duration_s=600)


@pytest.mark.parametrize(
    ("check", "code", "told"),
    [
        (lambda: check_size(0, LIMITS), FailureCode.EMPTY_FILE, "empty"),
        (lambda: check_size(25_000_000, LIMITS), FailureCode.TOO_LARGE, "25 MB"),
        (
            lambda: check_pixels(3000, 1000, LIMITS),
            FailureCode.TOO_MANY_PIXELS,
            "3.0 megapixels",
        ),
        (lambda: check_duration(601, LIMITS), FailureCode.TOO_LONG, "10 min"),
    ],
)
def test_a_clip_beyond_a_limit_is_told_the_numbers(
    check: Callable[[], None], code: FailureCode, told: str
) -> None:
    """Each limit has its code, and its sentence names the number at hand."""
    with pytest.raises(ClipError, match=told) as caught:
        check()
    assert caught.value.code is code


def test_a_clip_at_the_limit_is_accepted() -> None:
    """Limits are inclusive."""
    check_size(LIMITS.max_bytes, LIMITS)
    check_pixels(2000, 1000, LIMITS)
    check_duration(600, LIMITS)


@pytest.mark.parametrize("sentence", [*SENTENCES.values(), UNDECODABLE, UNTIMED])
def test_each_failure_is_one_sentence_that_tells_what_to_do(sentence: str) -> None:
    """What is wrong, a colon, what to do, a full stop; no second sentence."""
    wrong, what_to_do = sentence.replace("{actual:.0f}", "1").split(": ")
    assert wrong[0].isupper()
    assert what_to_do.endswith(".")
    assert ". " not in sentence
    assert "\n" not in sentence


def test_a_failure_can_not_be_changed() -> None:
    """Code and message of an error are fixed when it is made."""
    error = ClipError(FailureCode.EMPTY_FILE, "The file is empty.")
    with pytest.raises(AttributeError):
        error.code = FailureCode.TOO_LONG  # type: ignore[misc]
    assert str(error) == error.message
