import io
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plain_zip import ALIGNMENT, deflated_zip, stored_zip

MEMBERS = st.dictionaries(
    st.text("abcxyz_./é", min_size=1, max_size=20).filter(lambda n: n.strip("./")),
    st.binary(max_size=200),
    max_size=5,
)


@given(members=MEMBERS)
def test_zips_give_back_their_members(members: dict[str, bytes]) -> None:
    """What goes into a zip comes out of it, in the same order."""
    for pack in (stored_zip, deflated_zip):
        with zipfile.ZipFile(io.BytesIO(pack(members))) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == members
            assert archive.testzip() is None


@given(members=MEMBERS)
def test_stored_members_start_aligned(members: dict[str, bytes]) -> None:
    """Each stored member's data begin on a 16-byte border of the file."""
    data = stored_zip(members)

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            name_size, extra_size = np.frombuffer(
                data, "<u2", count=2, offset=info.header_offset + 26
            )
            start = info.header_offset + 30 + int(name_size) + int(extra_size)
            assert start % ALIGNMENT == 0
            assert data[start : start + info.file_size] == members[info.filename]


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_zips_know_no_clock_and_no_machine(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """A zip holds the same date, mode and system wherever it is made."""
    monkeypatch.setattr(sys, "platform", platform)
    for pack in (stored_zip, deflated_zip):
        with zipfile.ZipFile(io.BytesIO(pack({"a": b"1", "b": b"2"}))) as archive:
            traces = {
                (info.date_time, info.external_attr, info.create_system)
                for info in archive.infolist()
            }
        assert traces == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3)}
