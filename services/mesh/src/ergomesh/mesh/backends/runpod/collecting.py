"""From a remote job's files in the store to a fit that can be trusted.

::

    SpoiltError(Exception)      no outcome, or one whose motion does not stand up
"""

from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.errors import ContractError
from ergomesh.contract.fit import FitReport
from ergomesh.mesh.backends.remote_job import Fitted, decode_outcome
from ergomesh.mesh.backends.runpod.ledger import Dispatch
from ergomesh.mesh.backends.runpod.wire import JobStatus
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.store import ObjectStore

_MS: Final = 1000.0


class SpoiltError(Exception):
    """An attempt left nothing that can be used; the message says what it left."""


async def collect(
    store: ObjectStore, outcome_key: str, motion_key: str, landmarks: Landmarks
) -> tuple[Fitted, Motion]:
    """Return what an attempt left in the store, checked.

    Raises:
        Unusable: When the worker found that the landmarks cannot carry a fit.
        SpoiltError: When there is no outcome, or its motion is another one.
    """
    raw = await store.read(outcome_key)
    if raw is None:
        msg = "it left no outcome in the store"
        raise SpoiltError(msg)
    try:
        outcome = decode_outcome(raw)
    except ContractError as error:
        raise SpoiltError(str(error)) from error
    if not isinstance(outcome, Fitted):
        raise Unusable(outcome.code, outcome.message)
    if outcome.motion.key != motion_key:
        msg = "its motion lies elsewhere than ordered"
        raise SpoiltError(msg)
    return outcome, await _motion(store, outcome, landmarks)


async def _motion(store: ObjectStore, outcome: Fitted, landmarks: Landmarks) -> Motion:
    try:
        motion = Motion.from_npz(await store.get(outcome.motion))
    except (Unusable, ContractError) as error:
        msg = f"its motion is not the one it reported: {error}"
        raise SpoiltError(msg) from error
    if not np.array_equal(motion.frame, landmarks.frame):
        msg = "its motion is of other frames than the landmarks"
        raise SpoiltError(msg)
    return motion


def executed_s(status: JobStatus | None, outcome: Fitted | None = None) -> float:
    """Return an attempt's GPU time: RunPod's count, else the worker's own."""
    if status is not None and status.execution_time is not None:
        return status.execution_time / _MS
    return 0.0 if outcome is None else outcome.timings.total_s


def remote_fit(
    outcome: Fitted,
    motion: Motion,
    *,
    dispatch: Dispatch,
    status: JobStatus | None,
    gpu_usd_per_s: float | None,
) -> Fit:
    """Return the fit, with what it took to get it."""
    delay_ms = None if status is None else status.delay_time
    report = with_cost(
        msgspec.structs.replace(
            outcome.report,
            queued_s=None if delay_ms is None else delay_ms / _MS,
            remote_job=dispatch.remote_job,
        ),
        executed_s=dispatch.executed_s + executed_s(status, outcome),
        gpu_usd_per_s=gpu_usd_per_s,
    )
    return Fit(motion=motion, report=report)


def with_cost(
    report: FitReport, *, executed_s: float, gpu_usd_per_s: float | None
) -> FitReport:
    """Return a report with the GPU time of all attempts and what it costs."""
    cost = None if gpu_usd_per_s is None else round(executed_s * gpu_usd_per_s, 6)
    return msgspec.structs.replace(
        report,
        executed_s=round(executed_s, 3),
        gpu_rate_usd_s=gpu_usd_per_s,
        cost_usd=cost,
    )
