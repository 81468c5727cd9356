"""Settings that every service shares, from ``ERGOMESH_*`` variables."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ergomesh.runtime.errors import SetupError

Positive = Annotated[float, Field(gt=0)]


class RuntimeSettings(BaseSettings):
    """What a service needs to know to take part."""

    model_config = SettingsConfigDict(env_prefix="ERGOMESH_", frozen=True)

    nats_url: str = "nats://127.0.0.1:4222"
    """The broker."""
    s3_endpoint: str = "http://127.0.0.1:8333"
    """The object store."""
    s3_bucket: str = "ergomesh"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    models_dir: Path = Path("models")
    """Folder with pose models and bodies (see models/registry.toml)."""
    ack_wait_s: Positive = 30.0
    """Silence after which the broker gives a message to another worker."""
    max_deliver: Annotated[int, Field(ge=1)] = 5
    """Deliveries before a job fails for good."""
    backoff_s: Positive = 2.0
    """First wait after a transient fault; doubles each time, 60 s at most."""
    slots: Annotated[int, Field(ge=1, le=64)] = 1
    """Messages this process works on at once."""
    grace_s: Annotated[float, Field(ge=0)] = 20.0
    """Time a running job gets after SIGTERM before it is handed back."""
    connect_timeout_s: Positive = 30.0
    """How long to wait for the broker at start."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            SetupError: One line for every wrong variable, all at once.
        """
        try:
            return cls()
        except ValidationError as error:
            lines = [
                _line(problem["loc"], problem["msg"]) for problem in error.errors()
            ]
            raise SetupError("\n".join(lines)) from error


def _line(location: tuple[int | str, ...], problem: str) -> str:
    name = "_".join(str(part) for part in location).upper()
    return f"ERGOMESH_{name}: {problem}"
