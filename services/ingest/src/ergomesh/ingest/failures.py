"""Why a clip can't be analysed, in words for the person who sent it.

The tree, with the codes that each failure may carry::

    ClipError(ValueError)       EMPTY_FILE, NOT_A_VIDEO, TRUNCATED, DAMAGED,
                                NO_VIDEO_STREAM, ZERO_DURATION, TOO_LARGE,
                                TOO_MANY_PIXELS, TOO_LONG

It is the input's fault each time: trying again can't help.
"""

from typing import Final, final

from typing_extensions import override

from ergomesh.contract.errors import FailureCode

SENTENCES: Final[dict[FailureCode, str]] = {
    FailureCode.EMPTY_FILE: "The file is empty: upload the clip again.",
    FailureCode.NOT_A_VIDEO: (
        "The file is not a video that can be read: send an MP4, MOV or WebM clip."
    ),
    FailureCode.TRUNCATED: (
        "The file stops before the clip does: upload it again, or export it again "
        "if the original doesn't play to its end."
    ),
    FailureCode.DAMAGED: (
        "Pictures within the clip are damaged: copy it from the camera again, "
        "or export it again as MP4 (H.264)."
    ),
    FailureCode.NO_VIDEO_STREAM: (
        "The file has sound but no moving pictures: send the video itself."
    ),
    FailureCode.ZERO_DURATION: (
        "The clip has fewer than two pictures: send one that shows the work."
    ),
    FailureCode.TOO_LARGE: (
        "The file has {actual:.0f} MB and at most {limit:.0f} MB are accepted: "
        "cut the clip or export it smaller."
    ),
    FailureCode.TOO_MANY_PIXELS: (
        "The pictures have {actual:.1f} megapixels and at most {limit:.1f} are "
        "accepted: export the clip smaller, such as 1920 x 1080."
    ),
    FailureCode.TOO_LONG: (
        "The clip is longer than the {limit:.0f} min that are accepted: "
        "cut it and send the parts."
    ),
}
"""One sentence for each code; braces are filled with the numbers at hand."""

UNDECODABLE: Final = (
    "None of the pictures in the file can be decoded: "
    "export the clip again as MP4 (H.264)."
)
"""For NOT_A_VIDEO, when the container is sound and the pictures are not."""

UNTIMED: Final = (
    "The file doesn't say when each picture is shown: "
    "export the clip again as MP4 (H.264)."
)
"""For NOT_A_VIDEO, when the pictures carry no times."""


@final
class ClipError(ValueError):
    """A clip that can't be analysed, whoever tries."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(code, message)
        self._code = code
        self._message = message

    @property
    def code(self) -> FailureCode:
        """The public code of the failure."""
        return self._code

    @property
    def message(self) -> str:
        """One plain sentence that says what is wrong and what to do."""
        return self._message

    @override
    def __str__(self) -> str:
        return self._message


def clip_error(
    code: FailureCode, *, actual: float = 0.0, limit: float = 0.0
) -> ClipError:
    """Make the error of a code, with its sentence.

    Args:
        code: A key of :data:`SENTENCES`.
        actual: What the clip has, in the sentence's unit.
        limit: What is accepted, in the sentence's unit.
    """
    return ClipError(code, SENTENCES[code].format(actual=actual, limit=limit))
