"""The object store on S3, R2 or SeaweedFS; the only module that imports boto3.

Works on all three because it avoids where they differ (platform notes in
docs/architecture.md): path style, no default checksums, no POST forms, writes
guarded by ``If-None-Match``.
"""

import asyncio
import hashlib
import io
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import quote

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.errors import Transient, Unusable

CHUNK_BYTES: Final = 1 << 20
_DIGEST: Final = "sha256"
"""Name of the metadata entry that holds our digest."""
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_EXISTS: Final = frozenset({"412", "PreconditionFailed"})
_PAST_END: Final = frozenset({"416", "InvalidRange"})

P = ParamSpec("P")
R = TypeVar("R")


class S3Store:
    """One bucket of an S3 server."""

    def __init__(
        self, *, endpoint: str, bucket: str, access_key: str, secret_key: str
    ) -> None:
        self._endpoint = endpoint
        self._bucket = bucket
        self._keys = (access_key, secret_key)
        self._made: Any = None
        self._making = threading.Lock()

    @property
    def _client(self) -> Any:
        with self._making:  # boto3 clients are shared by threads, not made by them
            if self._made is None:
                self._made = self._make_client()
            return self._made

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        with self._making:
            if self._made is not None:
                self._made.close()
            self._made = None

    def _make_client(self) -> Any:
        access_key, secret_key = self._keys
        return boto3.client(
            "s3",
            endpoint_url=self._endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            region_name="auto",
            config=client_config(),
        )

    async def put(self, key: str, body: bytes | Path, *, media_type: str) -> ObjectRef:
        """Write if the key is free; return what lies there."""
        return await self._call(self._put, key, body, media_type)

    async def put_stream(
        self,
        key: str,
        chunks: AsyncIterator[bytes],
        *,
        media_type: str,
        max_bytes: int,
    ) -> ObjectRef:
        """Write an upload of unknown length, by way of a temporary file."""
        with tempfile.TemporaryDirectory(prefix="ergomesh-") as folder:
            path = Path(folder, "upload")
            await _spool(chunks, path, max_bytes)
            return await self.put(key, path, media_type=media_type)

    async def get(self, ref: ObjectRef) -> bytes:
        """Return the bytes, checked against the digest."""
        body = await self.read(ref.key)
        if body is None:
            raise _gone(ref.key)
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            msg = f"The object {ref.key} was changed in the store."
            raise Unusable(FailureCode.INTERNAL, msg)
        return body

    async def read(self, key: str) -> bytes | None:
        """Return the bytes under a key without a check, or None."""
        return await self._call(self._read, key)

    async def stream(
        self, key: str, *, first: int = 0, last: int | None = None
    ) -> AsyncIterator[bytes]:
        """Iterate over the bytes ``first`` to ``last`` inclusive, in chunks."""
        whole = first == 0 and last is None  # an empty object has no range
        span = "" if whole else f"bytes={first}-{'' if last is None else last}"
        found = await self._call(self._open, key, span)
        if found is None:
            raise _gone(key)
        body = found["Body"]
        try:
            while chunk := await self._call(body.read, CHUNK_BYTES):
                yield chunk
        finally:
            body.close()

    async def find(self, key: str) -> ObjectRef | None:
        """Return the object that :meth:`put` wrote under a key, or None."""
        head = await self._call(self._head, key)
        return None if head is None else _ref(key, head)

    async def size(self, key: str) -> int | None:
        """Return the length of whatever lies under a key, or None."""
        head = await self._call(self._head, key)
        return None if head is None else int(head["ContentLength"])

    async def fetch(self, key: str, path: Path, *, max_bytes: int) -> ObjectRef | None:
        """Copy an object to a file; return its digest and size, or None."""
        return await self._call(self._fetch, key, path, max_bytes)

    async def delete(self, key: str) -> None:
        """Remove an object; a missing one is fine."""
        await self._call(self._client.delete_object, Bucket=self._bucket, Key=key)

    def presign_get(self, key: str, *, expires_s: int, name: str | None = None) -> str:
        """Return a URL that reads the object without credentials."""
        params = {"Bucket": self._bucket, "Key": key}
        if name is not None:
            disposition = f"attachment; filename*=UTF-8''{quote(name)}"
            params["ResponseContentDisposition"] = disposition
        return str(
            self._client.generate_presigned_url(
                "get_object", Params=params, ExpiresIn=expires_s
            )
        )

    def presign_put(self, key: str, *, expires_s: int) -> str:
        """Return a URL that writes the object without credentials."""
        return str(
            self._client.generate_presigned_url(
                "put_object",
                Params={"Bucket": self._bucket, "Key": key},
                ExpiresIn=expires_s,
            )
        )

    async def check(self) -> None:
        """Do one round trip."""
        await self._call(self._client.head_bucket, Bucket=self._bucket)

    async def ensure_bucket(self) -> None:
        """Make the bucket if it is not there."""
        await self._call(self._ensure_bucket)

    def _ensure_bucket(self) -> None:
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if _code(error) not in {*_MISSING, "NoSuchBucket"}:
                raise
            self._client.create_bucket(Bucket=self._bucket)

    def _put(self, key: str, body: bytes | Path, media_type: str) -> ObjectRef:
        digest, size = _digest(body)
        try:
            self._upload(key, body, media_type, digest)
        except ClientError as error:
            if _code(error) not in _EXISTS:
                raise
            found = self._what_lies_there(key)
            if found is None:
                raise
            return found
        return ObjectRef(key=key, sha256=digest, size=size, media_type=media_type)

    def _what_lies_there(self, key: str) -> ObjectRef | None:
        """Return an object that anybody wrote; a browser leaves no digest."""
        head = self._head(key)
        if head is not None and (ref := _ref(key, head)) is not None:
            return ref
        found = self._open(key)
        if found is None:
            return None
        with closing(found["Body"]):
            return _copied(key, found, lambda _: None)

    def _upload(
        self, key: str, body: bytes | Path, media_type: str, digest: str
    ) -> None:
        def send(stream: Any) -> None:
            """Put the object, unless one lies there already."""
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=stream,
                ContentType=media_type,
                Metadata={_DIGEST: digest},
                IfNoneMatch="*",
            )

        if isinstance(body, bytes):
            send(body)
            return
        with body.open("rb") as stream:
            send(stream)

    def _read(self, key: str) -> bytes | None:
        found = self._open(key)
        if found is None:
            return None
        with closing(found["Body"]) as body:
            return bytes(body.read())

    def _open(self, key: str, span: str = "") -> Any | None:
        extra = {"Range": span} if span else {}
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key, **extra)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            if _code(error) in _PAST_END:
                return {"Body": io.BytesIO()}
            raise

    def _head(self, key: str) -> Any | None:
        try:
            return self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise

    def _fetch(self, key: str, path: Path, max_bytes: int) -> ObjectRef | None:
        found = self._open(key)
        if found is None:
            return None
        with closing(found["Body"]):
            if int(found["ContentLength"]) > max_bytes:
                raise _too_large(max_bytes)
            with path.open("wb") as file:
                return _copied(key, found, file.write)

    async def _call(
        self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        try:
            return await asyncio.to_thread(function, *args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            msg = (
                f"The object store at {self._endpoint} did not answer as it should; "
                "try again once it is up."
            )
            raise Transient(FailureCode.STORE_UNREACHABLE, msg) from error


def client_config() -> Config:
    """Return the client settings that R2 and SeaweedFS both accept.

    boto3's default checksums fail on R2, hence ``when_required``.
    """
    return Config(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=3,
        read_timeout=30,
        retries={"max_attempts": 2, "mode": "standard"},
        max_pool_connections=16,
    )


async def _spool(chunks: AsyncIterator[bytes], path: Path, max_bytes: int) -> None:
    size = 0
    with path.open("wb") as file:  # page-cache writes of one chunk
        async for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            file.write(chunk)


def _digest(body: bytes | Path) -> tuple[str, int]:
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest(), len(body)
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), body.stat().st_size


def _copied(key: str, found: Any, write: Callable[[bytes], object]) -> ObjectRef:
    """Pass an open object on, and return what it was."""
    sha, size = hashlib.sha256(), 0
    while chunk := found["Body"].read(CHUNK_BYTES):
        sha.update(chunk)
        size += len(chunk)
        write(chunk)
    return ObjectRef(
        key=key, sha256=sha.hexdigest(), size=size, media_type=_media_type(found)
    )


def _media_type(found: Any) -> str:
    return str(found.get("ContentType", "application/octet-stream"))


def _ref(key: str, head: Any) -> ObjectRef | None:
    digest = head["Metadata"].get(_DIGEST)
    if digest is None:
        return None
    return ObjectRef(
        key=key,
        sha256=digest,
        size=int(head["ContentLength"]),
        media_type=_media_type(head),
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _gone(key: str) -> Unusable:
    msg = f"The object {key} is no longer in the store; upload the clip again."
    return Unusable(FailureCode.SOURCE_MISSING, msg)


def _too_large(max_bytes: int) -> Unusable:
    msg = (
        f"The file is larger than the limit of {max_bytes / 1e6:.0f} MB; "
        "cut it or compress it first."
    )
    return Unusable(FailureCode.TOO_LARGE, msg)
