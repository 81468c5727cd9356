"""What the gateway needs to know, from ``ERGOMESH_*`` variables."""

from typing import Annotated

from pydantic import Field

from ergomesh.runtime.settings import RuntimeSettings

GIB = 1 << 30


class GatewaySettings(RuntimeSettings):
    """The shared settings and the gateway's own."""

    http_host: str = "127.0.0.1"
    """Address to listen on; only this machine unless told otherwise."""
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on; 0 takes a free one and the log says which."""
    tenant: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "local"
    """Owner of every job that comes in here."""
    max_upload_bytes: Annotated[int, Field(gt=0)] = 2 * GIB
    """Largest clip, bytes."""
    upload_expires_s: Annotated[int, Field(ge=1, le=604_800)] = 3600
    """Validity of an upload URL, seconds; S3 allows 7 days at most."""
