"""Settings of the ergonomics service."""

from ergomesh.runtime.settings import RuntimeSettings


class ErgonomicsSettings(RuntimeSettings):
    """Nothing beyond what every service needs."""
