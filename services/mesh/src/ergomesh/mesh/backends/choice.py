"""Which backend the settings ask for."""

from typing import Final
from urllib.parse import urlsplit

from ergomesh.mesh.backends.local import LocalBackend
from ergomesh.mesh.settings import MeshSettings
from ergomesh.mesh.stage import FitBackend
from ergomesh.runtime.errors import SetupError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def choose_backend(settings: MeshSettings) -> FitBackend:
    """Return the backend.

    Raises:
        SetupError: One line for everything that RunPod needs and is not set.
    """
    local = LocalBackend(settings.body_place, device=settings.mesh_device)
    if settings.mesh_backend == "local":
        return local
    from ergomesh.mesh.backends.runpod.backend import RunPodBackend

    problems = runpod_problems(settings)
    if problems:
        raise SetupError("\n".join(problems))
    return RunPodBackend(settings.runpod_options, local=local)


def runpod_problems(settings: MeshSettings) -> list[str]:
    """Return one sentence for each reason why RunPod cannot be used."""
    problems = []
    if not settings.runpod_endpoint_id:
        problems.append(
            "ERGOMESH_RUNPOD_ENDPOINT_ID: set it to the id of your endpoint, or set "
            "ERGOMESH_MESH_BACKEND=local."
        )
    if not settings.runpod_api_key.get_secret_value():
        problems.append(
            "ERGOMESH_RUNPOD_API_KEY: set it to a key that may use the endpoint."
        )
    if settings.runpod_ttl_s < settings.runpod_execution_timeout_s:
        problems.append(
            "ERGOMESH_RUNPOD_TTL_S: make it at least ERGOMESH_RUNPOD_EXECUTION_"
            "TIMEOUT_S, or RunPod deletes jobs that still run."
        )
    if _is_here(settings.s3_endpoint) and not _is_here(settings.runpod_url):
        problems.append(
            "ERGOMESH_S3_ENDPOINT: RunPod's workers cannot reach a store on this "
            "machine; use one on the internet, such as R2."
        )
    return problems


def _is_here(url: str) -> bool:
    return (urlsplit(url).hostname or "") in LOOPBACK
