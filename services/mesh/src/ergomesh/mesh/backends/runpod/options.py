"""How a dispatcher is set up."""

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPodOptions:
    """Which endpoint, and how patient and how thrifty to be with it."""

    url: str
    """Up to the endpoint's id, such as ``https://api.runpod.ai/v2``."""
    endpoint_id: str
    api_key: SecretStr
    gpu_usd_per_s: float | None
    """Price of the endpoint's GPU; None: costs are not told."""
    execution_timeout_s: float
    """Longest time of one attempt's work."""
    ttl_s: float
    """Longest time from sending an attempt to its end."""
    attempts: int
    """Attempts at one piece of work before giving up."""
    poll_s: float
    """First pause between two questions; doubles while nothing changes."""
    poll_max_s: float
    """Longest pause."""
    queue_alarm_s: float
    """Time in RunPod's queue from which the log warns."""
    queue_limit_s: float
    """Time in the queue after which a dispatcher with a way out takes it."""
    patience_s: float
    """Time without any answer after which RunPod counts as away."""
    fallback_to_local: bool
    """Whether this machine does what RunPod did not."""
