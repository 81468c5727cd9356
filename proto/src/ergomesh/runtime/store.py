"""The object store as the rest of ergomesh sees it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from ergomesh.contract.keys import ObjectRef


class ObjectStore(Protocol):
    """Immutable objects under keys, in one bucket.

    Every method raises :class:`ergomesh.runtime.errors.Transient` with
    ``store_unreachable`` when the store does not answer.
    """

    async def put(self, key: str, body: bytes | Path, *, media_type: str) -> ObjectRef:
        """Write if the key is free; return what lies there.

        Same key means same work, so an object that is already there is as good:
        its own digest is returned, computed if nobody recorded it.
        """

    async def put_stream(
        self,
        key: str,
        chunks: AsyncIterator[bytes],
        *,
        media_type: str,
        max_bytes: int,
    ) -> ObjectRef:
        """Write an upload of unknown length.

        Raises:
            Unusable: When it is longer than ``max_bytes``.
        """

    async def get(self, ref: ObjectRef) -> bytes:
        """Return the bytes, checked against the digest.

        Raises:
            Unusable: When the object is gone or its bytes are others.
        """

    async def read(self, key: str) -> bytes | None:
        """Return the bytes under a key without a check, or None."""

    def stream(
        self, key: str, *, first: int = 0, last: int | None = None
    ) -> AsyncIterator[bytes]:
        """Iterate over the bytes ``first`` to ``last`` inclusive, in chunks.

        Behind the last byte there is nothing: no chunk.

        Raises:
            Unusable: When there is no such object.
        """

    async def find(self, key: str) -> ObjectRef | None:
        """Return the object that :meth:`put` wrote under a key, or None."""

    async def size(self, key: str) -> int | None:
        """Return the length of whatever lies under a key, or None."""

    async def fetch(self, key: str, path: Path, *, max_bytes: int) -> ObjectRef | None:
        """Copy an object to a file; return its digest and size, or None.

        Raises:
            Unusable: When it is longer than ``max_bytes``.
        """

    async def delete(self, key: str) -> None:
        """Remove an object; a missing one is fine."""

    def presign_get(self, key: str, *, expires_s: int, name: str | None = None) -> str:
        """Return a URL that reads the object without credentials.

        Args:
            key: The object.
            expires_s: Validity in seconds.
            name: File name to offer to a browser.
        """

    def presign_put(self, key: str, *, expires_s: int) -> str:
        """Return a URL that writes the object without credentials."""

    async def check(self) -> None:
        """Do one round trip.

        Raises:
            Transient: When the store does not answer.
        """
