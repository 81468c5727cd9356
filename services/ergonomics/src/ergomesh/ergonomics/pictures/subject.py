"""What the pictures of a clip show."""

from dataclasses import dataclass

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.job import Faces, Language
from ergomesh.contract.people import People
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.scores import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that overlay and pictures of moments draw from."""

    clip: ClipInfo
    landmarks: Landmarks
    motion: Motion
    """T analysed frames."""
    angles: Angles
    """Of the same frames."""
    scores: Scores
    """Of the same frames."""
    scene: bytes | None
    """``scene.glb`` of the motion; None draws no body."""
    people: People | None
    """Everybody, for their faces."""
    faces: Faces = Faces.BLURRED
    language: Language = Language.ENGLISH

    @property
    def size_px(self) -> tuple[int, int]:
        """Return width and height of the upright source picture."""
        return self.clip.width_px, self.clip.height_px
