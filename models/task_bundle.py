"""Pose models as MediaPipe Tasks wants them: a ``.task`` bundle (pure).

A bundle is an uncompressed zip of two networks. Each network must say how its
input picture is normalised, which the networks inside the older packages don't:
that is the ``TFLITE_METADATA`` buffer written here.

Sources: mediapipe 1.2.2, ``tasks/metadata/metadata_schema.fbs``
(NormalizationOptions, identifier M001) and
``modules/{pose_detection,pose_landmark}/*.pbtxt`` of mediapipe 0.10.21 (detector
input in -1..1, landmark input in 0..1).
"""

from dataclasses import dataclass
from typing import Final, cast

import flatbuffers
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from mediapipe.tasks.metadata import schema_py_generated as tflite_schema

from plain_zip import stored_zip

METADATA_NAME: Final = "TFLITE_METADATA"
"""Name under which the TFLite runtime looks for the metadata buffer."""

DETECTOR_MEMBER: Final = "pose_detector.tflite"
"""Name of the person detector inside a bundle."""

LANDMARKS_MEMBER: Final = "pose_landmarks_detector.tflite"
"""Name of the landmark network inside a bundle."""

_BUFFER_ALIGNMENT: Final = 16


@dataclass(frozen=True, slots=True)
class Normalization:
    """How 8-bit picture values become network input: ``(value - mean) / std``."""

    mean: float
    """Grey value (0-255) that the network sees as 0."""
    std: float
    """Grey values per unit of network input."""


DETECTOR_NORMALIZATION: Final = Normalization(mean=127.5, std=127.5)
"""0..255 to -1..1 (pose_detection_cpu.pbtxt, output_tensor_float_range)."""

LANDMARKS_NORMALIZATION: Final = Normalization(mean=0.0, std=255.0)
"""0..255 to 0..1 (pose_landmark_by_roi_cpu.pbtxt, output_tensor_float_range)."""


class _AlignedBuffer:
    """A TFLite buffer that packs on a 16-byte border, as schema.fbs asks.

    The generated ``BufferT.Pack`` drops ``force_align: 16``; the runtime then
    warns and copies constants instead of using them in place.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802  # generated API
        """Write the data on its border and return where the buffer begins."""
        builder.StartVector(1, len(self.data), _BUFFER_ALIGNMENT)
        builder.head -= len(self.data)
        builder.Bytes[builder.head : builder.head + len(self.data)] = self.data
        vector = builder.EndVector()
        tflite_schema.BufferStart(builder)
        tflite_schema.BufferAddData(builder, vector)
        return cast("int", tflite_schema.BufferEnd(builder))


def with_normalization(network: bytes, normalization: Normalization) -> bytes:
    """Return the same TFLite network with its input normalisation written in.

    A network that already states its normalisation comes back untouched.

    Args:
        network: a TFLite flatbuffer.
        normalization: what its input expects.

    Raises:
        ValueError: if the network states another normalisation.
    """
    model = tflite_schema.ModelT.InitFromPackedBuf(network)
    stated = _stated_normalization(model)
    if stated == normalization:
        return network
    if stated is not None:
        msg = f"the network states {stated}, not {normalization}"
        raise ValueError(msg)
    buffer = tflite_schema.BufferT()
    buffer.data = _metadata(normalization, len(model.subgraphs[0].outputs))
    entry = tflite_schema.MetadataT()
    entry.name, entry.buffer = METADATA_NAME, len(model.buffers)
    model.metadata = [*(model.metadata or ()), entry]
    model.buffers = [_aligned(item) for item in (*model.buffers, buffer)]
    return _packed(model, b"TFL3")


def normalization_of(network: bytes) -> Normalization:
    """Return the input normalisation that a TFLite network states.

    Raises:
        ValueError: if it states none.
    """
    stated = _stated_normalization(tflite_schema.ModelT.InitFromPackedBuf(network))
    if stated is None:
        msg = f"the network has no {METADATA_NAME} buffer"
        raise ValueError(msg)
    return stated


def bundle(detector: bytes, landmarks: bytes) -> bytes:
    """Return the ``.task`` bundle of a person detector and a landmark network.

    The same two networks give the same bytes on every machine.

    Args:
        detector: TFLite person detector, as packaged (no metadata).
        landmarks: TFLite landmark network, as packaged (no metadata).
    """
    members = {
        DETECTOR_MEMBER: with_normalization(detector, DETECTOR_NORMALIZATION),
        LANDMARKS_MEMBER: with_normalization(landmarks, LANDMARKS_NORMALIZATION),
    }
    return stored_zip(members)


def _stated_normalization(model: tflite_schema.ModelT) -> Normalization | None:
    """Return the normalisation in an unpacked model's metadata, if any."""
    for entry in model.metadata or ():
        if entry.name == METADATA_NAME.encode():
            raw = bytes(model.buffers[entry.buffer].data)
            metadata = metadata_schema.ModelMetadataT.InitFromPackedBuf(raw)
            (tensor,) = metadata.subgraphMetadata[0].inputTensorMetadata
            options = tensor.processUnits[0].options
            return Normalization(float(options.mean[0]), float(options.std[0]))
    return None


def _aligned(buffer: tflite_schema.BufferT) -> tflite_schema.BufferT | _AlignedBuffer:
    """Return a buffer that keeps its alignment; an empty one needs none."""
    return buffer if buffer.data is None else _AlignedBuffer(bytes(buffer.data))


def _metadata(normalization: Normalization, outputs: int) -> bytes:
    """Return the packed ModelMetadata: one picture in, ``outputs`` tensors out."""
    options = metadata_schema.NormalizationOptionsT()
    options.mean, options.std = [normalization.mean], [normalization.std]
    unit = metadata_schema.ProcessUnitT()
    unit.optionsType = metadata_schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    picture = metadata_schema.TensorMetadataT()
    picture.name, picture.processUnits = "image", [unit]
    subgraph = metadata_schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [picture]
    subgraph.outputTensorMetadata = [
        metadata_schema.TensorMetadataT() for _ in range(outputs)
    ]
    metadata = metadata_schema.ModelMetadataT()
    metadata.subgraphMetadata = [subgraph]
    return _packed(metadata, b"M001")


def _packed(table: object, identifier: bytes) -> bytes:
    """Return the flatbuffer of an object-API table."""
    builder = flatbuffers.Builder(0)
    root = table.Pack(builder)  # type: ignore[attr-defined]  # generated, untyped
    builder.Finish(root, file_identifier=identifier)
    return bytes(builder.Output())
