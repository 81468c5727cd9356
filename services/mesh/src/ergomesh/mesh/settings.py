"""Settings of the mesh service."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr

from ergomesh.mesh.backends.runpod.options import RunPodOptions
from ergomesh.runtime.settings import Positive, RuntimeSettings

DAY_S: Final = 86_400.0


class MeshSettings(RuntimeSettings):
    """Beside what every service needs: which body, and where the fit runs.

    The limits of time-outs are RunPod's (``send-requests.mdx``, execution policies)
    and, for ``runpod_ttl_s``, the seven days that a presigned URL can live.
    """

    body: Path | None = None
    """A body model file, or a folder to look for one in; else the models folder."""
    mesh_backend: Literal["local", "runpod"] = "local"
    """Where the fit runs."""
    mesh_device: Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?)$")] = "cpu"
    """Torch device of a fit on this machine."""
    runpod_url: str = "https://api.runpod.ai/v2"
    """RunPod's API, up to the endpoint's id."""
    runpod_endpoint_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$")] = ""
    """The endpoint that runs deploy/runpod."""
    runpod_api_key: SecretStr = SecretStr("")
    """A key that may use it; never logged."""
    runpod_gpu_usd_per_s: Positive | None = None
    """Price of the endpoint's GPU, US dollars; unset: costs are not told."""
    runpod_execution_timeout_s: Annotated[float, Field(gt=5, le=7 * DAY_S)] = 600.0
    """Longest time of one attempt's work."""
    runpod_ttl_s: Annotated[float, Field(ge=10, le=6.9 * DAY_S)] = 3600.0
    """Longest time from sending an attempt to its end, the queue included."""
    runpod_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Attempts at one fit before it counts as failed."""
    runpod_poll_s: Positive = 1.0
    """First pause between two questions; doubles while nothing changes."""
    runpod_poll_max_s: Positive = 10.0
    """Longest pause."""
    runpod_queue_alarm_s: Positive = 120.0
    """Time in RunPod's queue from which the log warns."""
    runpod_queue_limit_s: Positive = 600.0
    """Time in the queue after which the fit runs here, if that is allowed."""
    runpod_patience_s: Positive = 300.0
    """Time without an answer after which RunPod counts as away."""
    runpod_fallback_to_local: bool = False
    """Whether this machine does what RunPod did not; the result says so."""

    @property
    def body_place(self) -> Path:
        """Return where to look for the body."""
        return self.body or self.models_dir

    @property
    def runpod_options(self) -> RunPodOptions:
        """Return what a dispatcher needs to know."""
        return RunPodOptions(
            url=self.runpod_url,
            endpoint_id=self.runpod_endpoint_id,
            api_key=self.runpod_api_key,
            gpu_usd_per_s=self.runpod_gpu_usd_per_s,
            execution_timeout_s=self.runpod_execution_timeout_s,
            ttl_s=self.runpod_ttl_s,
            attempts=self.runpod_attempts,
            poll_s=self.runpod_poll_s,
            poll_max_s=self.runpod_poll_max_s,
            queue_alarm_s=self.runpod_queue_alarm_s,
            queue_limit_s=self.runpod_queue_limit_s,
            patience_s=self.runpod_patience_s,
            fallback_to_local=self.runpod_fallback_to_local,
        )
