"""A shift's assessment in the form of the laboratory's ``pp_results.json``.

The form is that of ``read_pp_results.py`` in github.com/filipv1/laborator_protokoly
(065c183): the rows of its sheet "Průměr", section by section, numbered from "1". What
was not assessed is null, as an empty cell there, never 0.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergomesh.ergonomics.core.shift_result import Minutes, ShiftPosture, ShiftResult

EXPORT_NAME: Final = "pp_results.json"
_BY_TIME: Final = "PP_CAS"
"""The laboratory's form for work that is measured by time, not by pieces."""


def pp_results(result: ShiftResult) -> dict[str, Any]:
    """Return what the file holds."""
    table = nv361_table()
    head = {
        "excel_type": _BY_TIME,
        "worker_count": result.workers,
        "what_is_evaluated": "cas",
    }
    return head | {
        part.form: _section(p for p in result.postures if p.part == name)
        for name, part in table.parts.items()
    }


def encode_pp_results(result: ShiftResult) -> bytes:
    """Encode ``pp_results.json``, indented as the laboratory's."""
    return msgspec.json.format(msgspec.json.encode(pp_results(result)), indent=4)


def _section(postures: Iterable[ShiftPosture]) -> dict[str, dict[str, Any]]:
    return {str(k): _row(posture) for k, posture in enumerate(postures, start=1)}


def _row(posture: ShiftPosture) -> dict[str, Any]:
    loads = nv361_table().loads
    workers = (*map(_likely, posture.workers), None)
    return {
        "nazev_polohy": posture.name_cs,
        "typ_svalove_prace": loads[posture.load].cs,
        "vyskyt_min_a": workers[0],
        "vyskyt_min_b": workers[1],
        "prumer_min": _likely(posture.minutes),
        "typ_pracovni_polohy": posture.cls,
    }


def _likely(minutes: Minutes | None) -> int | None:
    return None if minutes is None else minutes.likely
