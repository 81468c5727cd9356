"""The options of the commands, each with its help.

Values are taken as the texts that they are: :mod:`~ergomesh.local.asked` reads them,
all at once.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ergomesh.contract.job import Faces, Language, Preset
from ergomesh.contract.lines import MAX_LINE
from ergomesh.local.datadir import VARIABLE, default_data_dir
from ergomesh.local.models import VARIABLE as MODELS_VARIABLE
from ergomesh.local.option_values import read_whole

CORES_PER_POSE_WORKER: Final = 2
POSE_WORKERS: Final = max(1, min(4, (os.cpu_count() or 1) // CORES_PER_POSE_WORKER))
"""MediaPipe keeps about two cores busy; four workers keep up with any disk."""
MOST_POSE_WORKERS: Final = 64
MOST_PORT: Final = 65_535


def read_port(text: str) -> int:
    """Read ``--http-port``.

    Raises:
        UsageFault: When it is none.
    """
    return read_whole("--http-port", 1, MOST_PORT, text)


def read_pose_workers(text: str) -> int:
    """Read ``--pose-workers``.

    Raises:
        UsageFault: When it is none.
    """
    return read_whole("--pose-workers", 1, MOST_POSE_WORKERS, text)


def words(kind: type[StrEnum]) -> str:
    """Return how the help shows a choice."""
    return f"[{'|'.join(kind)}]"


# What several commands take, each in its own words. `Any`, as typer.Option says.


def out_option(what: str, *, unset: str | None = None) -> Any:
    """Return ``--out``: a folder to write to.

    Args:
        what: The help.
        unset: What happens without it.
    """
    return typer.Option(
        "--out", "-o", metavar="DIR", show_default=unset or True, help=what
    )


def task_option(what: str, *, unset: str) -> Any:
    """Return ``--task``: a file of facts."""
    return typer.Option("--task", metavar="TASK.TOML", show_default=unset, help=what)


def language_option(what: str, *, unset: str | None = None) -> Any:
    """Return ``--language``, of some documents."""
    return typer.Option(
        "--language",
        metavar=words(Language),
        show_default=unset or True,
        help=f"Of {what}.",
    )


def faces_option(*, unset: str | None = None) -> Any:
    """Return ``--faces``."""
    return typer.Option(
        "--faces",
        metavar=words(Faces),
        show_default=unset or True,
        help="What overlay.mp4 and report.pdf show of faces.",
    )


def workplace_option(*, unset: str | None = None) -> Any:
    """Return ``--workplace``."""
    return typer.Option(
        "--workplace",
        metavar="TEXT",
        show_default=unset or True,
        help="Where the work is done, for the head of report.pdf: one line of at most "
        f"{MAX_LINE} characters.",
    )


def assessed_by_option(*, unset: str | None = None) -> Any:
    """Return ``--assessed-by``."""
    return typer.Option(
        "--assessed-by",
        metavar="NAME",
        show_default=unset or True,
        help="Who assesses, for the head of report.pdf and the line to sign on, "
        "likewise.",
    )


def json_option(name: str) -> Any:
    """Return ``--json``: a file's content instead of a table."""
    return typer.Option("--json", help=f"Print {name} instead of the table.")


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
    str,
    typer.Option(
        metavar="N",
        help="Pose processes; a clip's time ranges are spread over them. 1 to "
        f"{MOST_POSE_WORKERS}.",
    ),
]
HttpPortOption = Annotated[
    str | None,
    typer.Option(
        metavar="PORT",
        show_default="8080, or a free one",
        help=f"Port of the web address, 1 to {MOST_PORT}.",
    ),
]
ClipsArgument = Annotated[list[Path], typer.Argument(metavar="CLIP", help="Videos.")]
OutOption = Annotated[Path, out_option("Where each clip gets a folder of results.")]
PresetOption = Annotated[
    str,
    typer.Option(
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
TaskOption = Annotated[
    Path | None,
    task_option(
        "Facts from a file, all that there are; options override it. See above.",
        unset="no facts",
    ),
]
LanguageOption = Annotated[str, language_option("report.pdf and workbook.xlsx")]
FacesOption = Annotated[str, faces_option()]
QuickOption = Annotated[
    bool,
    typer.Option(
        "--quick", help="Start a throwaway broker and store, but no services."
    ),
]
