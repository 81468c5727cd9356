"""Uploads as HTML forms and ``curl -F`` send them, without holding the file.

Litestar's own form reader keeps fields of any length in memory and writes the
file to disk once more than needed, hence the parser below it is used directly.
"""

from collections.abc import AsyncIterator
from typing import Final

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from ergomesh.gateway.problems import Code, ProblemError

MAX_FIELD_BYTES: Final = 4096
MAX_PARTS: Final = 64


class FormReader:
    """Passes the bytes of a form's one file on, and keeps the short fields."""

    def __init__(self, boundary: str) -> None:
        self.fields: list[tuple[str, str]] = []
        """Names and texts of the fields that are no file."""
        self.file_name: str | None = None
        """The file's name, once its part was met."""
        self._boundary = boundary
        self._part: MultipartSegment | None = None
        self._text = bytearray()

    async def file_chunks(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Iterate over the file's bytes while the form comes in.

        Raises:
            ProblemError: ``malformed_form`` or ``body_too_large``.
        """
        try:
            with PushMultipartParser(
                self._boundary, max_segment_count=MAX_PARTS
            ) as parser:
                async for chunk in body:
                    for event in parser.parse(chunk) if chunk else ():
                        if piece := self._take(event):
                            yield piece
        except MultipartError as error:
            msg = f"The form is not valid multipart/form-data: {error}."
            raise ProblemError(Code.MALFORMED_FORM, msg) from error
        if self.file_name is None:
            msg = "The form has no file; send the clip as a part with a file name."
            raise ProblemError(Code.MALFORMED_FORM, msg)

    def _take(self, event: MultipartSegment | bytes | None) -> bytes:
        """Act on one event of the parser; return bytes of the file, if any."""
        if isinstance(event, MultipartSegment):
            self._open(event)
        elif event is None:
            self._close()
        elif self._part is not None and self._part.filename is None:
            self._keep(event)
        else:
            return bytes(event)
        return b""

    def _open(self, part: MultipartSegment) -> None:
        self._part, self._text = part, bytearray()
        if part.filename is None:
            return
        if self.file_name is not None:
            msg = "The form has two files; send one clip per job."
            raise ProblemError(Code.MALFORMED_FORM, msg)
        self.file_name = part.filename

    def _keep(self, piece: bytes) -> None:
        self._text += piece
        if len(self._text) > MAX_FIELD_BYTES:
            msg = (
                f"A form field is longer than {MAX_FIELD_BYTES} bytes; send the clip "
                "as a part with a file name."
            )
            raise ProblemError(Code.BODY_TOO_LARGE, msg)

    def _close(self) -> None:
        part, self._part = self._part, None
        if part is not None and part.filename is None:
            text = self._text.decode("utf-8", "replace")
            self.fields.append((str(part.name or ""), text))
