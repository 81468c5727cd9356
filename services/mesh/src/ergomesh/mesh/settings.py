"""Settings of the mesh service."""

from ergomesh.runtime.settings import RuntimeSettings


class MeshSettings(RuntimeSettings):
    """Nothing beyond what every service needs."""
