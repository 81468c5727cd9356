"""The files of a result → :class:`Assessed`; what is wrong is one plain sentence."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.errors import UndecodableError
from ergomesh.ergonomics.core.compare import Assessed, CompareError, Frames
from ergomesh.ergonomics.core.result import SCHEMA_VERSION, Result, decode_result

RESULT_FILE: Final = "result.json"
FRAME_FILES: Final = ("scores.csv", "angles.csv")


class _Versioned(msgspec.Struct, frozen=True):
    """What every ``result.json`` has said since the first."""

    schema_version: str = ""


def read_assessed(label: str, files: Mapping[str, bytes]) -> Assessed:
    """Read a result.

    Args:
        label: What the user calls it, for sentences.
        files: Name → bytes: ``result.json``, and ``scores.csv`` with ``angles.csv``
            if they are there.

    Raises:
        CompareError: With one sentence that names the file.
    """
    if RESULT_FILE not in files:
        msg = (
            f"{label} has no {RESULT_FILE}; name a folder that ergomesh analyze wrote."
        )
        raise CompareError(msg)
    result = _result(label, files[RESULT_FILE])
    there = [name for name in FRAME_FILES if name in files]
    if len(there) < len(FRAME_FILES):
        return Assessed(label=label, result=result, frames=None)
    frames = [_table(label, name, files[name]) for name in FRAME_FILES]
    return Assessed(label=label, result=result, frames=_joined(label, frames))


def _result(label: str, raw: bytes) -> Result:
    try:
        version = msgspec.json.decode(raw, type=_Versioned).schema_version
        if version == SCHEMA_VERSION:
            return decode_result(raw)
    except (msgspec.MsgspecError, UndecodableError, UnicodeDecodeError) as error:
        msg = f"{RESULT_FILE} of {label} cannot be read: {error}."
        raise CompareError(msg) from error
    said = f"version {version}" if version else "no version"
    msg = (
        f"{RESULT_FILE} of {label} has {said} of its form, and this ergomesh reads "
        f"version {SCHEMA_VERSION}; analyse the clip again with this version."
    )
    raise CompareError(msg)


def _table(label: str, name: str, raw: bytes) -> dict[str, FloatArray]:
    """Read one of our CSV files; an empty cell is NaN."""
    try:
        head, *lines = raw.decode("ascii").split()
        names = head.split(",")
        cells = [[float(cell or "nan") for cell in line.split(",")] for line in lines]
        table = np.array(cells, dtype=np.float64).reshape(len(lines), len(names))
    except ValueError as error:
        msg = f"{name} of {label} is not a table that ergomesh wrote."
        raise CompareError(msg) from error
    return dict(zip(names, table.T, strict=True))


def _joined(label: str, tables: list[dict[str, FloatArray]]) -> Frames:
    first, second = tables
    if len(first["time_s"]) != len(second["time_s"]):
        msg = f"{' and '.join(FRAME_FILES)} of {label} are not of the same analysis."
        raise CompareError(msg)
    return Frames(time_s=first["time_s"], columns={**first, **second})
