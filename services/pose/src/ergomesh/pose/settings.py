"""Settings of the pose service."""

from ergomesh.runtime.settings import RuntimeSettings


class PoseSettings(RuntimeSettings):
    """Nothing beyond what every service needs."""
