"""What a rented worker is asked to do, and what it leaves in the store.

The worker has no credentials: every object it may touch comes with a URL of its
own. Its word is ``outcome.json`` in the store, written last; what RunPod says of
the job only ends the waiting.
"""

from typing import Annotated, Final, TypeAlias

import msgspec

from ergomesh.contract.errors import MALFORMED, FailureCode, UndecodableError
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobSettings
from ergomesh.contract.keys import ObjectRef, Sha256

MOTION: Final = "motion.npz"
OUTCOME: Final = "outcome.json"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the landmarks are, and how to know them."""

    url: str
    """Presigned GET."""
    sha256: Sha256
    size: Annotated[int, msgspec.Meta(ge=0)]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to put a file."""

    key: str
    put_url: str
    """Presigned PUT."""
    get_url: str
    """Presigned GET: what an earlier worker left there."""


class FitOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="fit"):
    """Fit a body to landmarks."""

    landmarks: Source
    motion: Place
    outcome: Place
    body_sha256: Sha256
    """The body model to use: another one would make another motion."""
    code_version: str
    """The sources that ask; others would make results under a wrong name."""
    settings: JobSettings
    refresh: bool = False
    """Whether the worker is to start afresh afterwards."""


class FactsOrder(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="facts"
):
    """Say what this worker is; touches no store."""

    refresh: bool = False
    """Whether the worker is to start afresh afterwards."""


Order: TypeAlias = FitOrder | FactsOrder


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is."""

    code_version: str
    body_sha256: str
    body_name: str
    device: str
    """Name of the processor that fits."""
    torch_version: str


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a worker's time went, seconds."""

    download_s: float
    fit_s: float
    upload_s: float

    @property
    def total_s(self) -> float:
        """Return all of it."""
        return self.download_s + self.fit_s + self.upload_s


class Fitted(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="fitted"
):
    """The motion is in the store."""

    motion: ObjectRef
    report: FitReport
    timings: Timings
    device: str


class Unfit(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="unfit"
):
    """The landmarks cannot carry a fit, on this worker or any other."""

    code: FailureCode
    message: str


Outcome: TypeAlias = Fitted | Unfit


def scratch_key(tenant: str, folder: str, name: str) -> str:
    """Return the key of a file that a rented worker writes.

    Never one of our results' keys: a URL given away stays good for hours, and could
    overwrite what it points at.
    """
    return f"tmp/{tenant}/mesh/{folder}/{name}"


def decode_outcome(raw: bytes) -> Outcome:
    """Decode ``outcome.json``.

    Raises:
        UndecodableError: When the bytes do not have its form.
    """
    try:
        return msgspec.json.decode(raw, type=Fitted | Unfit)
    except MALFORMED as error:
        msg = f"{OUTCOME} does not have its form: {error}"
        raise UndecodableError(msg) from error


def decode_order(plain: object) -> Order:
    """Return the order that a RunPod job carries as its ``input``.

    Raises:
        UndecodableError: When it does not have its form.
    """
    try:
        return msgspec.convert(plain, type=FitOrder | FactsOrder)
    except MALFORMED as error:
        msg = f"the job's input is no order of ergomesh: {error}"
        raise UndecodableError(msg) from error
