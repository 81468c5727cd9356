"""Errors of the contract, and the stable codes a failed job may carry.

::

    ContractError(ValueError)
    └── UndecodableError     bytes that are not of the contract
"""

from enum import StrEnum
from typing import Final

import msgspec

MALFORMED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on foreign JSON; the last when it nests without end."""


class ContractError(ValueError):
    """Base of everything the contract may raise."""


class UndecodableError(ContractError):
    """Bytes from outside that do not follow the contract."""


class FailureCode(StrEnum):
    """Why a job failed. Codes are public and never change their meaning."""

    EMPTY_FILE = "empty_file"
    """The upload has no bytes."""
    NOT_A_VIDEO = "not_a_video"
    """The bytes are text, an image, or nothing a decoder knows."""
    TRUNCATED = "truncated_file"
    """The container promises more than the file holds."""
    DAMAGED = "damaged_file"
    """A picture in the middle of the clip cannot be decoded."""
    NO_VIDEO_STREAM = "no_video_stream"
    """A media file without pictures, such as a sound recording."""
    ZERO_DURATION = "zero_duration"
    """Fewer than two frames, or no time between them."""
    TOO_LARGE = "file_too_large"
    """More bytes than the operator allows."""
    TOO_MANY_PIXELS = "too_many_pixels"
    """A picture size beyond the limit."""
    TOO_LONG = "clip_too_long"
    """A duration beyond the limit."""
    NO_PERSON = "no_person"
    """No person was found in any analysed frame."""
    NO_NEUTRAL_POSTURE = "no_neutral_posture"
    """Trunk or head are not seen in the time told as neutral posture."""
    PERSON_TOO_RARE = "person_too_rare"
    """A person was found in fewer than a tenth of the analysed frames."""
    INVALID_SETTINGS = "invalid_settings"
    """A setting is unknown or out of range."""
    SOURCE_MISSING = "source_missing"
    """The uploaded object is not in the store."""
    MODEL_MISSING = "model_missing"
    """A model file has not been fetched or built."""
    STORE_UNREACHABLE = "store_unreachable"
    """The object store did not answer."""
    BROKER_UNREACHABLE = "broker_unreachable"
    """The message broker did not answer."""
    GPU_UNREACHABLE = "gpu_unreachable"
    """The service that rents out GPUs did not answer, or refused."""
    FIT_FAILED = "fit_failed"
    """The body could not be fitted to the landmarks."""
    INTERNAL = "internal_error"
    """A fault of ours; the log has the details."""
