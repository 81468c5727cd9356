"""Where objects lie: one function for each kind of key."""

import hashlib
from typing import Annotated, Final

import msgspec

# "$" alone would let a final line end pass, and a line end breaks a subject.
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}(?!\n)$")]
"""A token that is safe in a NATS subject and in an object key."""

MEDIA_TYPES: Final[dict[str, str]] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "npz": "application/x-npz",
    "mp4": "video/mp4",
    "glb": "model/gltf-binary",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpg": "image/jpeg",
}
"""Media type by file ending, for the artifacts we write."""


class ObjectRef(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable object in the store, named by what made it."""

    key: str
    """Key in the bucket."""
    sha256: Sha256
    """Digest of the bytes."""
    size: Annotated[int, msgspec.Meta(ge=0)]
    """Length in bytes."""
    media_type: str
    """For the Content-Type header."""


def source_key(tenant: str, job: str) -> str:
    """Return the key of the clip that a user uploaded.

    The user's own file name is metadata, never part of a key.
    """
    return f"src/{tenant}/{job}/source"


def content_key(tenant: str, sha256: str) -> str:
    """Return the key of a checked clip, named by its own bytes.

    The upload can be overwritten by its presigned URL; this copy cannot.
    """
    return f"src/{tenant}/by-sha256/{sha256}"


def manifest_key(tenant: str, job: str) -> str:
    """Return the key of a job's manifest, the record it can be rebuilt from."""
    return f"job/{tenant}/{job}/manifest.json"


def artifact_key(tenant: str, stage: str, digest: str, name: str) -> str:
    """Return the key of a result: same work, same key.

    Args:
        tenant: Owner of the job.
        stage: Name of the stage that made it.
        digest: Hex digest from :func:`work_digest`.
        name: File name, such as ``angles.csv``.
    """
    return f"art/{tenant}/{stage}/{digest}/{name}"


def work_digest(*, inputs: list[str], settings: bytes, code_version: str) -> str:
    """Return the sha256 that names a piece of work.

    Args:
        inputs: sha256 digests of the input objects, in a fixed order.
        settings: Canonical encoding of every setting that changes the result.
        code_version: Version of the code that does the work.
    """
    parts = [*(i.encode() for i in inputs), settings, code_version.encode()]
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()


def media_type_of(name: str) -> str:
    """Return the media type of one of our artifact names."""
    ending = name.rsplit(".", 1)[-1]
    return MEDIA_TYPES.get(ending, "application/octet-stream")
