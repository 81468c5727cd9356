"""Whether this machine decodes phone clips and encodes overlays; imports PyAV."""

import io
from typing import Final

import av
from av.error import FFmpegError

from ergomesh.local.findings import Finding

DECODERS: Final = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9"}
"""Codec of a clip → encoder that makes a sample of it."""
OVERLAY_ENCODER: Final = "libx264"
QUIET: Final = {"x265-params": "log-level=none"}
"""x265 writes to stderr by itself; other encoders pass this over."""
SIZE: Final = 64
FRAMES: Final = 3
ADVICE: Final = "pip install --force-reinstall av: its wheel brings FFmpeg"


def check_codecs() -> list[Finding]:
    """Encode and decode a few pictures in each codec."""
    decoding = [_check_decoder(codec, maker) for codec, maker in DECODERS.items()]
    return [*decoding, _check_encoder()]


def _check_encoder() -> Finding:
    part = "encode h264"
    try:
        count = len(_sample(OVERLAY_ENCODER))
    except (FFmpegError, ValueError) as error:
        return Finding(part, ok=False, detail=str(error), advice=ADVICE)
    return Finding(part, ok=True, detail=f"{FRAMES} pictures in {count} bytes")


def _check_decoder(codec: str, maker: str) -> Finding:
    part = f"decode {codec}"
    try:
        av.Codec(codec, "r")
        pictures = _decoded(_sample(maker))
    except (FFmpegError, ValueError) as error:
        return Finding(part, ok=False, detail=str(error), advice=ADVICE)
    if pictures != FRAMES:
        detail = f"{pictures} of {FRAMES} pictures came back"
        return Finding(part, ok=False, detail=detail, advice=ADVICE)
    return Finding(part, ok=True, detail=f"{pictures} pictures made and read back")


def _sample(encoder: str) -> bytes:
    """Return a clip of grey pictures."""
    target = io.BytesIO()
    with av.open(target, "w", format="matroska") as container:
        stream = container.add_stream(encoder, rate=30, options=QUIET)
        assert isinstance(stream, av.VideoStream)  # noqa: S101  # narrows the type
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame(SIZE, SIZE, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([16 * number]) * plane.buffer_size)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def _decoded(clip: bytes) -> int:
    """Return how many pictures can be decoded."""
    with av.open(io.BytesIO(clip), "r") as container:
        return len(list(container.decode(video=0)))
