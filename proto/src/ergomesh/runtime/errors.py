"""Failure kinds: each decides the fate of a message.

::

    RuntimeFault
    ├── Unusable       the input's fault: job.failed with a code, terminate
    ├── Transient      an outage: negative ack with back-off, job.failed at the end
    ├── Cancelled      the user withdrew the job: stop and acknowledge
    ├── Abandoned      this worker must stop: hand the message back at once
    ├── Conflict       somebody else wrote first (compare-and-set)
    └── SetupError     settings or servers missing: the process cannot start
"""

from ergomesh.contract.errors import FailureCode


class RuntimeFault(Exception):
    """Base of everything the runtime may raise."""


class Unusable(RuntimeFault):
    """The input cannot be analysed, and trying again will not help."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Transient(RuntimeFault):
    """Something is out of reach now; trying again may help."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Cancelled(RuntimeFault):
    """The user withdrew the job."""


class Abandoned(RuntimeFault):
    """The worker is shutting down and gives the work back."""


class Conflict(RuntimeFault):
    """A conditional write met a newer value."""


class SetupError(RuntimeFault):
    """The process cannot start; the message says what to do."""
