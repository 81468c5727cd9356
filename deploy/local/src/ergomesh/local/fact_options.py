"""Options for what the user knows of the work, the worker and the camera."""

from typing import Annotated, Final

import typer
from msgspec import inspect

from ergomesh.contract.job import Coupling, LoadPattern
from ergomesh.contract.mistakes import wanted_words
from ergomesh.local.asked import KIND_OF
from ergomesh.local.options import assessed_by_option, words, workplace_option

_NUMBER: Final = "a number "


def bounds(field: str) -> str:
    """Return between what a fact lies by the contract, such as "from 10 to 150"."""
    return wanted_words(inspect.type_info(KIND_OF[field])).removeprefix(_NUMBER)


WorkplaceOption = Annotated[str | None, workplace_option()]
AssessedByOption = Annotated[str | None, assessed_by_option()]
LoadKgOption = Annotated[
    str | None,
    typer.Option(
        "--load-kg",
        metavar="KG",
        help=f"Fact: mass handled, kg, {bounds('load_kg')}.",
    ),
]
LoadPatternOption = Annotated[
    str | None,
    typer.Option(
        "--load-pattern",
        metavar=words(LoadPattern),
        help="Fact: how the force acts over time.",
    ),
]
CouplingOption = Annotated[
    str | None,
    typer.Option("--coupling", metavar=words(Coupling), help="Fact: grip on the load."),
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
PersonOption = Annotated[
    str | None,
    typer.Option(
        "--person",
        metavar="X,Y@T",
        show_default="seen longest, largest, most central",
        help="Who is the worker, where several people are seen: a point on their body "
        "as shares of the picture's width and height, from the top left, at T seconds; "
        "0.4,0.5@3.2 for example.",
    ),
]
HeightOption = Annotated[
    str | None,
    typer.Option(
        "--height",
        metavar="METRES",
        show_default="fitted",
        help=f"The worker's height in shoes, {bounds('height_m')}.",
    ),
]
FieldOfViewOption = Annotated[
    str | None,
    typer.Option(
        "--field-of-view",
        metavar="DEGREES",
        show_default="found from straight edges, else about 60",
        help="The camera's angle of view along the picture's longer side, "
        f"{bounds('field_of_view_deg')}.",
    ),
]
TiltOption = Annotated[
    str | None,
    typer.Option(
        "--tilt",
        metavar="DEGREES",
        show_default="found from straight edges and the body",
        help=f"How far the camera looks down, {bounds('tilt_deg')}.",
    ),
]
RollOption = Annotated[
    str | None,
    typer.Option(
        "--roll",
        metavar="DEGREES",
        show_default="found likewise",
        help=f"How far the camera is turned clockwise, {bounds('roll_deg')}.",
    ),
]
NeutralOption = Annotated[
    str | None,
    typer.Option(
        "--neutral",
        metavar="FROM-TO",
        show_default="upright",
        help="Seconds in which the worker stands in their own neutral posture, 0-1.5 "
        "for example: angles of trunk and head count from it.",
    ),
]
