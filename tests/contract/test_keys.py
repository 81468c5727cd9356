"""Keys: the same work gets the same key, and nothing else does."""

import hashlib
import re

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contract import strategies as some
from ergomesh.contract.keys import (
    ObjectRef,
    Sha256,
    artifact_key,
    manifest_key,
    media_type_of,
    source_key,
    work_digest,
)

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
files = st.from_regex(r"[a-z]{1,12}\.[a-z0-9]{1,5}", fullmatch=True)
works = st.tuples(st.lists(some.text, max_size=4), st.binary(max_size=20), some.text)
PUBLIC_FILES = [
    "result.json",
    "angles.csv",
    "scores.csv",
    "motion.npz",
    "scene.glb",
    "overlay.mp4",
    "report.pdf",
    "workbook.xlsx",
]


def _digest(work: tuple[list[str], bytes, str]) -> str:
    inputs, settings, version = work
    return work_digest(inputs=inputs, settings=settings, code_version=version)


@given(works)
def test_the_same_work_has_the_same_digest(
    work: tuple[list[str], bytes, str],
) -> None:
    """A digest is 64 hex digits and depends on nothing but its arguments."""
    assert _digest(work) == _digest(work)
    assert re.fullmatch("[0-9a-f]{64}", _digest(work))


@given(works, works)
def test_other_work_has_another_digest(
    one: tuple[list[str], bytes, str], other: tuple[list[str], bytes, str]
) -> None:
    """Digests are equal only if inputs, settings and version all are."""
    assert (_digest(one) == _digest(other)) == (one == other)


@given(some.text, some.text, st.integers(0))
def test_a_digest_sees_the_border_between_parts(
    left: str, right: str, cut: int
) -> None:
    """Moving characters from one input to the next makes another digest."""
    whole = left + right
    at = cut % (len(whole) + 1)
    assume(at != len(left))
    one = work_digest(inputs=[left, right], settings=b"", code_version="")
    other = work_digest(inputs=[whole[:at], whole[at:]], settings=b"", code_version="")
    assert one != other


@given(st.lists(some.text, min_size=2, max_size=4, unique=True))
def test_a_digest_sees_the_order_of_inputs(inputs: list[str]) -> None:
    """The same inputs in another order are other work."""
    one = work_digest(inputs=inputs, settings=b"", code_version="1")
    other = work_digest(inputs=inputs[::-1], settings=b"", code_version="1")
    assert one != other


@given(some.text, st.binary(max_size=9), some.text)
def test_a_part_does_not_pass_as_its_neighbour(
    single: str, settings: bytes, version: str
) -> None:
    """An input is not taken for settings, nor settings for an input."""
    one = work_digest(inputs=[single], settings=settings, code_version=version)
    two = work_digest(inputs=[single, ""], settings=settings, code_version=version)
    none = work_digest(inputs=[], settings=settings, code_version=version)
    assert len({one, two, none}) == 3


def test_a_digest_is_as_it_was() -> None:
    """A digest is the sha256 of all parts, each after its length in 8 bytes."""
    parts = [b"\0" * 7 + b"\2ab", b"\0" * 7 + b"\1c"]
    parts += [b"\0" * 7 + b"\2{}", b"\0" * 7 + b"\1" + b"1"]
    found = work_digest(inputs=["ab", "c"], settings=b"{}", code_version="1")
    assert found == hashlib.sha256(b"".join(parts)).hexdigest()


@given(some.names, some.names, some.names, digests, files)
def test_keys_of_different_things_never_meet(
    tenant: str, job: str, stage: str, digest: str, name: str
) -> None:
    """Sources, manifests and artifacts lie in places of their own."""
    keys = [
        source_key(tenant, job),
        manifest_key(tenant, job),
        artifact_key(tenant, stage, digest, name),
    ]
    assert [key.split("/")[0] for key in keys] == ["src", "job", "art"]
    assert all(key.split("/")[1] == tenant for key in keys)


@given(st.data())
def test_artifact_keys_are_injective(data: st.DataObject) -> None:
    """Two artifacts share a key only if all that names them is equal."""
    parts = st.tuples(some.names, some.names, digests, files)
    one, other = data.draw(parts), data.draw(parts)
    assert (artifact_key(*one) == artifact_key(*other)) == (one == other)


@given(st.tuples(some.names, some.names), st.tuples(some.names, some.names))
def test_job_keys_are_injective(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two jobs share a source or manifest key only if they are one job."""
    assert (source_key(*one) == source_key(*other)) == (one == other)
    assert (manifest_key(*one) == manifest_key(*other)) == (one == other)


@pytest.mark.parametrize("bad", ["", "f" * 63, "f" * 65, "F" * 64, "f" * 64 + "\n"])
def test_a_digest_that_is_none_is_refused(bad: str) -> None:
    """Only 64 lower-case hex digits decode as a sha256."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, Sha256)


def test_a_negative_size_is_refused() -> None:
    """An object has zero bytes or more."""
    raw = {"key": "a", "sha256": "0" * 64, "size": -1, "media_type": "text/csv"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, ObjectRef)


@pytest.mark.parametrize("name", PUBLIC_FILES)
def test_every_public_file_has_a_media_type(name: str) -> None:
    """A browser learns what each file of a result is."""
    assert media_type_of(name) != "application/octet-stream"


@pytest.mark.parametrize("name", ["source", "clip.unknown", ""])
def test_an_unknown_file_is_bytes(name: str) -> None:
    """A file that is not ours is served as plain bytes."""
    assert media_type_of(name) == "application/octet-stream"
