"""Zip files that are the same bytes for the same content (pure).

No clock, no file modes of this machine, no system name. Deflated members also hang on
the zlib build; stored ones hang on nothing.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Final

ALIGNMENT: Final = 16
"""Stored members start on such a border, so that they can be used in place."""

_DATE_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_SYSTEM_UNIX: Final = 3
_PADDING_FIELD: Final = 0xD935  # id of Android's zipalign padding field
_LOCAL_HEADER_SIZE: Final = 30  # APPNOTE.TXT 4.3.7, without name and extra field
_EXTRA_HEADER: Final = struct.Struct("<HH")  # id, size


def stored_zip(members: Mapping[str, bytes]) -> bytes:
    """Return an uncompressed zip with each member on a 16-byte border."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(_aligned(_entry(name), offset=out.tell()), data)
    return out.getvalue()


def deflated_zip(members: Mapping[str, bytes]) -> bytes:
    """Return a compressed zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(_entry(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a member's header with fixed date, mode and system."""
    info = zipfile.ZipInfo(name, _DATE_TIME)
    info.external_attr = _MODE
    info.create_system = _SYSTEM_UNIX
    return info


def _aligned(info: zipfile.ZipInfo, *, offset: int) -> zipfile.ZipInfo:
    """Return a header padded such that, at this offset, its data are aligned.

    The padding lies in an extra field, which every zip reader skips.
    """
    name_size = len(info.filename.encode())
    header_size = _LOCAL_HEADER_SIZE + name_size + _EXTRA_HEADER.size
    padding = -(offset + header_size) % ALIGNMENT
    info.extra = _EXTRA_HEADER.pack(_PADDING_FIELD, padding) + bytes(padding)
    return info
