"""RunPod's documented REST, as far as we speak it.

Source: runpod/docs, ``serverless/endpoints/operation-reference.mdx`` and
``send-requests.mdx`` (rate limits, policy), 2026-08.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from ergomesh.mesh.backends.remote_job import FitOrder


class State(StrEnum):
    """The states of a job (``job-states.mdx``)."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"


ENDED: Final = frozenset(
    {State.COMPLETED, State.FAILED, State.CANCELLED, State.TIMED_OUT}
)
"""States that never change again."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long a job may take."""

    execution_timeout: int
    """Milliseconds of work."""
    ttl: int
    """Milliseconds from ``/run``, hard: a running job is deleted too."""


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of ``POST /run``."""

    input: FitOrder
    policy: Policy


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``POST /run``."""

    id: str


class JobStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to ``GET /status/{id}``."""

    id: str = ""
    status: str
    delay_time: float | None = None
    """Milliseconds in the queue, the start of a worker included."""
    execution_time: float | None = None
    """Milliseconds of work."""
    worker_id: str | None = None
    output: Any = None
    """While it runs: the newest progress; at the end: what the handler returned."""
    error: Any = None

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more will come."""
        return self.status in ENDED

    @property
    def waits(self) -> bool:
        """Tell whether no worker has it yet."""
        return self.status == State.IN_QUEUE

    @property
    def share(self) -> float | None:
        """Return the share done that the handler last told, 0…1."""
        told = self.output.get("share") if isinstance(self.output, dict) else None
        return float(told) if isinstance(told, int | float) else None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``GET /health``."""

    jobs: dict[str, int] = {}
    workers: dict[str, int] = {}
    """State (idle, initializing, running, throttled …) → count."""


_LONGEST: Final = 300
"""Of an error text, in characters."""


def error_text(error: object) -> str:
    """Return what a job's ``error`` says, in one short line.

    RunPod's SDK packs an exception into a JSON string with its traceback; only the
    message is for people.
    """
    text = error if isinstance(error, str) else ""
    if isinstance(error, dict):
        text = str(error.get("error_message") or error)
    elif text.startswith("{"):
        text = _packed_message(text)
    return " ".join(text.split())[:_LONGEST]


def _packed_message(text: str) -> str:
    try:
        packed = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return text
    return str(packed.get("error_message") or text)
