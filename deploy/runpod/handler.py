"""RunPod's worker: takes orders from the queue, fits, leaves the result in the store.

The only module that imports ``runpod``. What the work is stands in
``ergomesh.mesh.backends.remote_fit``; here is only the SDK's side of it:

* the handler is a coroutine and the fit runs in a thread, so that the worker's loop
  keeps taking stop signals and a cancelled job ends within a moment;
* progress goes out at most every two seconds, and never near the end, where a late
  message could overwrite the result;
* fitness checks end a worker without GPU or body before it takes a job;
* a worker that met a fault of its own asks to be replaced (``refresh_worker``).

Environment: ``ERGOMESH_MODELS_DIR`` (where the body lies), ``ERGOMESH_MESH_DEVICE``
(``cuda``; ``cpu`` is for tests).
"""

import asyncio
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import runpod  # type: ignore[import-not-found]  # installed in the GPU image only

from ergomesh.contract.errors import ContractError
from ergomesh.mesh.backends.remote_fit import MisfitError, RemoteWorker
from ergomesh.mesh.backends.remote_job import FitOrder, Order, decode_order
from ergomesh.mesh.backends.transfer import TransferError

TELL_EVERY_S: Final = 2.0
TELL_UNTIL: Final = 0.9
"""Share done from which nothing more is told: the result comes next."""

Answer = dict[str, Any]


class Stopped(Exception):
    """The job was cancelled, and its fit ends with this."""


class Watch:
    """Passes progress on, and stops the fit when the job was cancelled."""

    def __init__(self, job: Answer) -> None:
        self._job = job
        self._stop = threading.Event()
        self._told_s = float("-inf")

    def stop(self) -> None:
        """End the fit at its next call."""
        self._stop.set()

    def __call__(self, share: float) -> None:
        """Take the share done, 0…1."""
        if self._stop.is_set():
            raise Stopped
        now_s = time.monotonic()
        if share < TELL_UNTIL and now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            runpod.serverless.progress_update(self._job, {"share": round(share, 3)})


def make_worker() -> RemoteWorker:
    """Return the worker that the environment describes."""
    return RemoteWorker(
        models_dir=Path(os.environ.get("ERGOMESH_MODELS_DIR", "models")),
        device=os.environ.get("ERGOMESH_MESH_DEVICE", "cuda"),
    )


async def handler(job: Answer) -> Answer:
    """Carry out one job of the queue."""
    watch = Watch(job)
    try:
        order = decode_order(job["input"])
        answer = await asyncio.to_thread(answer_to, order, watch)
    except asyncio.CancelledError:
        watch.stop()
        raise
    except ContractError as error:
        return {"error": f"The order cannot be carried out: {error}."}
    except TransferError as error:
        return {"error": str(error)}
    except (MisfitError, RuntimeError, MemoryError) as error:
        # Wrong image or body, a broken CUDA context, no memory: another worker may do.
        return {"error": f"{type(error).__name__}: {error}", "refresh_worker": True}
    return answer | ({"refresh_worker": True} if order.refresh else {})


def answer_to(order: Order, watch: Watch) -> Answer:
    """Do what was ordered; blocks."""
    worker = make_worker()
    done = (
        worker.carry_out(order, watch)
        if isinstance(order, FitOrder)
        else worker.facts()
    )
    answer: Answer = msgspec.to_builtins(done)
    return answer


def check_processor_and_body() -> None:
    """Tell RunPod whether this worker is fit for anything."""
    make_worker().check()


def main() -> None:
    """Serve until RunPod stops the worker."""
    # The SDK logs at INFO, and httpx would log presigned URLs there: they are keys.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    runpod.serverless.register_fitness_check(check_processor_and_body)
    runpod.serverless.start({"handler": handler})


if __name__ == "__main__":
    main()
