"""An object store in memory with the behaviour of S3, for tests.

The suite in ``tests/runtime`` runs unchanged on this and on SeaweedFS, so they
cannot drift apart.
"""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.errors import Transient, Unusable


class MemoryStore:
    """Objects in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, ObjectRef | None]] = {}
        self.reachable = True

    def upload(self, key: str, body: bytes) -> None:
        """Write as a browser does with a presigned URL: without our digest."""
        self.objects[key] = (body, None)

    async def put(self, key: str, body: bytes | Path, *, media_type: str) -> ObjectRef:
        """Write if the key is free; return what lies there."""
        self._require()
        if key in self.objects:
            raw, found = self.objects[key]
            return found or _ref(key, raw, "application/octet-stream")
        raw = body if isinstance(body, bytes) else body.read_bytes()  # noqa: ASYNC240  # a fake
        ref = _ref(key, raw, media_type)
        self.objects[key] = (raw, ref)
        return ref

    async def put_stream(
        self,
        key: str,
        chunks: AsyncIterator[bytes],
        *,
        media_type: str,
        max_bytes: int,
    ) -> ObjectRef:
        """Write an upload of unknown length."""
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            _check_size(len(body), max_bytes)
        return await self.put(key, bytes(body), media_type=media_type)

    async def get(self, ref: ObjectRef) -> bytes:
        """Return the bytes, checked against the digest."""
        body = await self.read(ref.key)
        if body is None:
            msg = f"The object {ref.key} is no longer in the store."
            raise Unusable(FailureCode.SOURCE_MISSING, msg)
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            msg = f"The object {ref.key} was changed in the store."
            raise Unusable(FailureCode.INTERNAL, msg)
        return body

    async def read(self, key: str) -> bytes | None:
        """Return the bytes under a key without a check, or None."""
        self._require()
        found = self.objects.get(key)
        return None if found is None else found[0]

    async def stream(
        self, key: str, *, first: int = 0, last: int | None = None
    ) -> AsyncIterator[bytes]:
        """Iterate over the bytes ``first`` to ``last`` inclusive."""
        body = await self.read(key)
        if body is None:
            msg = f"The object {key} is no longer in the store."
            raise Unusable(FailureCode.SOURCE_MISSING, msg)
        part = body[first : None if last is None else last + 1]
        if part:
            yield part

    async def find(self, key: str) -> ObjectRef | None:
        """Return the object that ``put`` wrote under a key, or None."""
        self._require()
        found = self.objects.get(key)
        return None if found is None else found[1]

    async def size(self, key: str) -> int | None:
        """Return the length of whatever lies under a key, or None."""
        body = await self.read(key)
        return None if body is None else len(body)

    async def fetch(self, key: str, path: Path, *, max_bytes: int) -> ObjectRef | None:
        """Copy an object to a file; return its digest and size, or None."""
        body = await self.read(key)
        if body is None:
            return None
        _check_size(len(body), max_bytes)
        path.write_bytes(body)  # noqa: ASYNC240  # a fake
        return _ref(key, body, "application/octet-stream")

    async def delete(self, key: str) -> None:
        """Remove an object; a missing one is fine."""
        self._require()
        self.objects.pop(key, None)

    def presign_get(self, key: str, *, expires_s: int, name: str | None = None) -> str:
        """Return a name for the object; nothing serves it."""
        return f"memory:{key}?expires={expires_s}&name={name or ''}"

    def presign_put(self, key: str, *, expires_s: int) -> str:
        """Return a name for the object; nothing serves it."""
        return f"memory:{key}?expires={expires_s}"

    async def check(self) -> None:
        """Do one round trip."""
        self._require()

    def close(self) -> None:
        """Close the connections, of which there are none."""

    def _require(self) -> None:
        if not self.reachable:
            msg = "The object store did not answer; try again once it is up."
            raise Transient(FailureCode.STORE_UNREACHABLE, msg)


def _ref(key: str, body: bytes, media_type: str) -> ObjectRef:
    digest = hashlib.sha256(body).hexdigest()
    return ObjectRef(key=key, sha256=digest, size=len(body), media_type=media_type)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        msg = f"The file is larger than the limit of {max_bytes / 1e6:.0f} MB."
        raise Unusable(FailureCode.TOO_LARGE, msg)
