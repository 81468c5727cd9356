"""What overlay and pictures of moments say, in the languages of the documents."""

from dataclasses import dataclass
from typing import Final

from ergomesh.contract.job import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Short, as there is little room."""

    trunk: str
    neck: str
    upper_arm: str
    elbow: str
    knee: str
    left: str
    """The worker's own, one letter before a joint."""
    right: str
    level: str
    joint: str
    faint: str
    angle: str
    sides: str
    same_view: str
    """Caption of the body seen by the clip's camera."""
    side_view: str
    """Caption of the body seen from its right side."""


WORDS: Final = {
    Language.ENGLISH: Words(
        trunk="trunk",
        neck="neck",
        upper_arm="upper arm",
        elbow="elbow",
        knee="knee",
        left="L",
        right="R",
        level="action level",
        joint="joint known to",
        faint="faint: not seen",
        angle="angle ± 1 sd",
        sides="L R: worker's own left, right",
        same_view="as in the clip",
        side_view="from the right",
    ),
    Language.CZECH: Words(
        trunk="trup",
        neck="krk",
        upper_arm="paže",
        elbow="loket",
        knee="koleno",
        left="L",
        right="P",
        level="stupeň opatření",
        joint="kloub s přesností",
        faint="bledě: není vidět",
        angle="úhel ± 1 směr. odch.",
        sides="L P: vlastní levá, pravá pracovníka",
        same_view="jako v záznamu",
        side_view="zprava",
    ),
}
