"""What a rented worker does with an order: everything but RunPod's own protocol.

::

    MisfitError(Exception)      this worker cannot carry out the order; another may

Everything here blocks: the handler runs it in a thread.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.errors import ContractError
from ergomesh.contract.keys import ObjectRef, media_type_of
from ergomesh.mesh.backends.fitting import body_path, fit_here
from ergomesh.mesh.backends.remote_job import (
    Facts,
    FitOrder,
    Fitted,
    Outcome,
    Timings,
    Unfit,
    decode_outcome,
)
from ergomesh.mesh.backends.transfer import download, read_if_there, upload
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.file_digest import file_digest

NAME: Final = "runpod"
CUDA: Final = "cuda"


class MisfitError(Exception):
    """This worker cannot carry out the order: wrong image, model or processor."""


@dataclass(frozen=True, slots=True)
class RemoteWorker:
    """A worker with one processor and one models folder."""

    models_dir: Path
    device: str
    """Torch device."""

    def check(self) -> None:
        """Make sure that this worker can fit anything at all.

        Raises:
            MisfitError: With one sentence, when processor or body are missing.
        """
        self._body()
        import torch

        if self.device.startswith(CUDA) and not torch.cuda.is_available():
            msg = (
                "This worker has no CUDA device that torch can use: choose GPUs and "
                "CUDA versions for the endpoint that the image supports."
            )
            raise MisfitError(msg)

    def facts(self) -> Facts:
        """Return what this worker is."""
        import torch

        body = self._body()
        return Facts(
            code_version=code_version("ergomesh.mesh"),
            body_sha256=file_digest(body),
            body_name=body.name,
            device=device_name(self.device),
            torch_version=str(torch.__version__),
        )

    def carry_out(self, order: FitOrder, watch: Callable[[float], None]) -> Outcome:
        """Fit, and leave motion and outcome in the store; once for each order.

        RunPod may give one job to two workers in turn: the second finds the first
        one's outcome, and returns it.

        Args:
            order: What to do.
            watch: Called with the share done; may raise to end the work.

        Raises:
            MisfitError: When this is not the worker for it.
            TransferError: When the store does not give or take.
        """
        standing = read_if_there(order.outcome.get_url)
        if standing is not None:
            return decode_outcome(standing)
        self._require_same(order)
        outcome = self._outcome(order, watch)
        body = msgspec.json.encode(outcome)
        upload(order.outcome.put_url, body, media_type=media_type_of(order.outcome.key))
        return outcome

    def _body(self) -> Path:
        try:
            return body_path(self.models_dir)
        except Unusable as fault:
            raise MisfitError(fault.message) from fault

    def _require_same(self, order: FitOrder) -> None:
        here = code_version("ergomesh.mesh")
        if order.code_version != here:
            msg = (
                f"The worker's image was built from other sources ({here}) than the "
                f"mesh service ({order.code_version}): build and deploy it anew."
            )
            raise MisfitError(msg)
        if order.body_sha256 != file_digest(self._body()):
            msg = (
                f"The worker's body model {self._body().name} is not the mesh "
                "service's: put the same file into both models folders."
            )
            raise MisfitError(msg)

    def _outcome(self, order: FitOrder, watch: Callable[[float], None]) -> Outcome:
        began_s = time.monotonic()
        landmarks = _landmarks(order)
        got_s = time.monotonic()
        try:
            fit = self._fit(landmarks, order, watch)
        except Unusable as fault:
            return Unfit(code=fault.code, message=fault.message)
        fitted_s = time.monotonic()
        motion = _stored(fit, order)
        return Fitted(
            motion=motion,
            report=fit.report,
            timings=Timings(
                download_s=got_s - began_s,
                fit_s=fitted_s - got_s,
                upload_s=time.monotonic() - fitted_s,
            ),
            device=device_name(self.device),
        )

    def _fit(
        self, landmarks: Landmarks, order: FitOrder, watch: Callable[[float], None]
    ) -> Fit:
        return fit_here(
            landmarks,
            order.settings,
            body=self._body(),
            device=self.device,
            backend=NAME,
            watch=watch,
        )


def device_name(device: str) -> str:
    """Return what a person calls a torch device."""
    import torch

    return torch.cuda.get_device_name(device) if device.startswith(CUDA) else device


def _landmarks(order: FitOrder) -> Landmarks:
    wanted = order.landmarks
    raw = download(wanted.url, sha256=wanted.sha256, size=wanted.size)
    try:
        return Landmarks.from_npz(raw)
    except ContractError as error:
        msg = f"The landmarks cannot be read: {error}."
        raise MisfitError(msg) from error


def _stored(fit: Fit, order: FitOrder) -> ObjectRef:
    raw = fit.motion.to_npz()
    ref = ObjectRef(
        key=order.motion.key,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        media_type=media_type_of(order.motion.key),
    )
    upload(order.motion.put_url, raw, media_type=ref.media_type)
    return ref
