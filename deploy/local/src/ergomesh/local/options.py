"""The options of the commands, each with its help."""

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
import typer

from ergomesh.contract.job import (
    Coupling,
    Faces,
    Language,
    LoadPattern,
    PersonAt,
    Preset,
    TaskFacts,
)
from ergomesh.local.datadir import VARIABLE, default_data_dir
from ergomesh.local.errors import UsageFault
from ergomesh.local.models import VARIABLE as MODELS_VARIABLE

Word = TypeVar("Word", bound=StrEnum)

CORES_PER_POSE_WORKER: Final = 2
POSE_WORKERS: Final = max(1, min(4, (os.cpu_count() or 1) // CORES_PER_POSE_WORKER))
"""MediaPipe keeps about two cores busy; four workers keep up with any disk."""


def choice(kind: type[Word], what: str) -> Callable[[str], Word]:
    """Return a reader of one of some words.

    Args:
        kind: The words.
        what: What each of them is, for the sentence when it is none.
    """

    def read(text: str) -> Word:
        try:
            return kind(text)
        except ValueError as error:
            *others, last = map(str, kind)
            msg = f"{text!r} is not a {what}; choose {', '.join(others)} or {last}."
            raise UsageFault(msg) from error

    return read


def words(kind: type[StrEnum]) -> str:
    """Return how the help shows a choice."""
    return f"[{'|'.join(kind)}]"


def read_load_kg(text: str) -> float:
    """Read a mass, within the contract's bounds.

    Raises:
        UsageFault: When it is none.
    """
    try:
        mass_kg = float(text)
        msgspec.convert({"load_kg": mass_kg}, TaskFacts)  # bounds; nan is in none
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageFault(NO_LOAD) from error
    return mass_kg


def read_person(text: str) -> PersonAt:
    """Read ``X,Y@T``: a point on the worker, and when.

    Raises:
        UsageFault: When it is none, or outside the picture.
    """
    place, _, time_s = text.partition("@")
    try:
        x, y = (float(part) for part in place.split(","))
        point = {"x": x, "y": y, "time_s": float(time_s or 0.0)}
        return msgspec.convert(point, PersonAt)  # bounds; nan is in none
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageFault(NO_POINT.format(text)) from error


NO_POINT: Final = (
    "--person wants X,Y@SECONDS with X and Y as shares of the picture from 0 to 1, "
    "such as 0.4,0.5@3.2 (a pixel divided by the picture's width or height), not {!r}."
)
NO_LOAD: Final = "load_kg must be a number from 0 to 500."

DataDirOption = Annotated[
    Path,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        envvar=VARIABLE,
        default_factory=default_data_dir,
        show_default="~/.local/share/ergomesh",
        help="Folder with all state: jobs, objects, logs, keys.",
    ),
]
ModelsDirOption = Annotated[
    Path | None,
    typer.Option(
        "--models-dir",
        metavar="DIR",
        envvar=MODELS_VARIABLE,
        show_default="./models, else the working copy's",
        help="Folder with the pose models and the body.",
    ),
]
PoseWorkersOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=64,
        metavar="N",
        help="Pose processes; a clip's time ranges are spread over them.",
    ),
]
HttpPortOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65_535,
        metavar="PORT",
        show_default="8080, or a free one",
        help="Port of the web address.",
    ),
]
ClipsArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="CLIP", exists=True, dir_okay=False, readable=True, help="Videos."
    ),
]
OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        file_okay=False,
        metavar="DIR",
        help="Where each clip gets a folder of results.",
    ),
]
PresetOption = Annotated[
    Preset,
    typer.Option(
        parser=choice(Preset, "preset"),
        metavar=words(Preset),
        help="Time against accuracy; the results of presets differ, so compare clips "
        "only within one preset.",
    ),
]
OverlayOption = Annotated[
    bool, typer.Option("--overlay/--no-overlay", help="Draw on the clip: overlay.mp4.")
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Use the gateway at this address instead of this machine's stack.",
    ),
]
LoadKgOption = Annotated[
    float | None,
    typer.Option(parser=read_load_kg, metavar="KG", help="Fact: mass handled, kg."),
]
PersonOption = Annotated[
    PersonAt | None,
    typer.Option(
        "--person",
        parser=read_person,
        metavar="X,Y@T",
        show_default="seen longest, largest, most central",
        help="Who is the worker, where several people are seen: a point on their body "
        "as shares of the picture's width and height, from the top left, at T seconds; "
        "0.4,0.5@3.2 for example.",
    ),
]
LoadPatternOption = Annotated[
    LoadPattern | None,
    typer.Option(
        parser=choice(LoadPattern, "load pattern"),
        metavar=words(LoadPattern),
        help="Fact: how the force acts over time.",
    ),
]
CouplingOption = Annotated[
    Coupling | None,
    typer.Option(
        parser=choice(Coupling, "coupling"),
        metavar=words(Coupling),
        help="Fact: grip on the load.",
    ),
]
ArmsSupportedOption = Annotated[
    bool | None,
    typer.Option(
        "--arms-supported/--no-arms-supported",
        help="Fact: whether the arms rest on something.",
    ),
]
SeatedOption = Annotated[
    bool | None,
    typer.Option(
        "--seated/--standing",
        help="Fact: whether the work is done sitting.",
    ),
]
TaskOption = Annotated[
    Path | None,
    typer.Option(
        "--task",
        exists=True,
        dir_okay=False,
        readable=True,
        metavar="TASK.TOML",
        show_default="no facts",
        help="Facts from a file, all that there are; options override it. See above.",
    ),
]
LanguageOption = Annotated[
    Language,
    typer.Option(
        parser=choice(Language, "language"),
        metavar=words(Language),
        help="Of report.pdf and workbook.xlsx.",
    ),
]
FacesOption = Annotated[
    Faces,
    typer.Option(
        parser=choice(Faces, "way to show faces"),
        metavar=words(Faces),
        help="What overlay.mp4 and report.pdf show of faces.",
    ),
]
QuickOption = Annotated[
    bool,
    typer.Option(
        "--quick", help="Start a throwaway broker and store, but no services."
    ),
]
