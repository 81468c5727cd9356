import io
import zipfile
from pathlib import Path

import flatbuffers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mediapipe.tasks.metadata import schema_py_generated as tflite_schema

from task_bundle import (
    DETECTOR_MEMBER,
    DETECTOR_NORMALIZATION,
    LANDMARKS_MEMBER,
    LANDMARKS_NORMALIZATION,
    Normalization,
    bundle,
    normalization_of,
    with_normalization,
)

GREY = st.floats(0, 255, width=32)
BUFFERS = st.lists(st.binary(max_size=40), min_size=1, max_size=4)


def network(buffers: list[bytes], *, metadata_name: str = "min_runtime") -> bytes:
    """Return a small TFLite file: one subgraph, some buffers, other metadata."""
    model = tflite_schema.ModelT()
    model.version = 3
    graph = tflite_schema.SubGraphT()
    graph.inputs, graph.outputs = [0], [1, 2]
    model.subgraphs = [graph]
    model.buffers = []
    for data in buffers:
        buffer = tflite_schema.BufferT()
        buffer.data = data
        model.buffers.append(buffer)
    entry = tflite_schema.MetadataT()
    entry.name, entry.buffer = metadata_name, 0
    model.metadata = [entry]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def buffers_of(data: bytes) -> list[bytes]:
    """Return the buffers of a TFLite file."""
    model = tflite_schema.ModelT.InitFromPackedBuf(data)
    return [bytes(b.data) if b.data is not None else b"" for b in model.buffers]


@given(buffers=BUFFERS, mean=GREY, std=GREY)
def test_a_written_normalisation_is_read_back(
    buffers: list[bytes], mean: float, std: float
) -> None:
    """A network states the normalisation that was written into it."""
    stated = Normalization(mean, std)

    assert normalization_of(with_normalization(network(buffers), stated)) == stated


@given(buffers=BUFFERS)
def test_writing_keeps_the_rest_of_the_network(buffers: list[bytes]) -> None:
    """Buffers, graph and other metadata come through unchanged, in their places."""
    before = network(buffers)

    after = with_normalization(before, LANDMARKS_NORMALIZATION)

    assert buffers_of(after)[: len(buffers)] == buffers_of(before)
    model = tflite_schema.ModelT.InitFromPackedBuf(after)
    assert [(m.name, m.buffer) for m in model.metadata] == [
        (b"min_runtime", 0),
        (b"TFLITE_METADATA", len(buffers)),
    ]
    assert list(model.subgraphs[0].outputs) == [1, 2]
    assert after[4:8] == b"TFL3"


@given(size=st.integers(1, 64))
def test_written_buffers_are_aligned(size: int) -> None:
    """Constants start on a 16-byte border, where the runtime can use them in place."""
    constant = bytes(range(100, 100 + size))

    after = with_normalization(network([b"x", constant]), LANDMARKS_NORMALIZATION)

    model = tflite_schema.Model.GetRootAs(after)
    table = model.Buffers(1)._tab
    assert table.Vector(table.Offset(4)) % 16 == 0


def test_a_stated_normalisation_stays() -> None:
    """A network that states the right normalisation comes back byte for byte."""
    once = with_normalization(network([b"x"]), DETECTOR_NORMALIZATION)

    assert with_normalization(once, DETECTOR_NORMALIZATION) == once


def test_a_contradiction_is_refused() -> None:
    """A network that states another normalisation is not rewritten."""
    once = with_normalization(network([b"x"]), DETECTOR_NORMALIZATION)

    with pytest.raises(ValueError, match=r"states .*127\.5.* not .*255"):
        with_normalization(once, LANDMARKS_NORMALIZATION)


def test_a_network_without_normalisation_is_told() -> None:
    """Reading what isn't there is an error, not a guess."""
    with pytest.raises(ValueError, match="no TFLITE_METADATA"):
        normalization_of(network([b"x"]))


def test_a_bundle_holds_both_networks() -> None:
    """A bundle has the names and the normalisations that MediaPipe looks for."""
    data = bundle(network([b"d"]), network([b"l"]))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        stated = {
            name: normalization_of(archive.read(name)) for name in archive.namelist()
        }
        assert {info.compress_type for info in archive.infolist()} == {
            zipfile.ZIP_STORED
        }
    assert stated == {
        DETECTOR_MEMBER: DETECTOR_NORMALIZATION,
        LANDMARKS_MEMBER: LANDMARKS_NORMALIZATION,
    }


def test_a_bundle_is_the_same_bytes_each_time() -> None:
    """The same networks make the same bundle."""
    parts = network([b"d"]), network([b"l"])

    assert bundle(*parts) == bundle(*parts)


@pytest.mark.parametrize("size", ["lite", "full", "heavy"])
def test_the_real_bundles_state_their_normalisations(
    model_paths: dict[str, Path], size: str
) -> None:
    """Each pose model on disk is a bundle of a detector and a landmark network."""
    with zipfile.ZipFile(model_paths[f"pose_landmarker_{size}"]) as archive:
        assert archive.namelist() == [DETECTOR_MEMBER, LANDMARKS_MEMBER]
        for name, expected in (
            (DETECTOR_MEMBER, DETECTOR_NORMALIZATION),
            (LANDMARKS_MEMBER, LANDMARKS_NORMALIZATION),
        ):
            assert normalization_of(archive.read(name)) == expected
