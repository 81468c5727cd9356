"""Options for what the user knows of the camera and the worker."""

from typing import Annotated, Final

import typer

from ergomesh.local.errors import UsageFault

Span = tuple[float, float]

NO_SPAN: Final = (
    "--neutral wants FROM-TO in seconds, the end after the beginning, such as 0-1.5, "
    "not {!r}."
)


def read_span(text: str) -> Span:
    """Read ``FROM-TO`` in seconds.

    Raises:
        UsageFault: When it is none.
    """
    start, _, end = text.partition("-")
    try:
        span = float(start), float(end)
    except ValueError as error:
        raise UsageFault(NO_SPAN.format(text)) from error
    if not 0 <= span[0] < span[1] < float("inf"):
        raise UsageFault(NO_SPAN.format(text))
    return span


HeightOption = Annotated[
    float | None,
    typer.Option(
        "--height",
        metavar="METRES",
        min=1.0,
        max=2.3,
        show_default="fitted",
        help="The worker's height in shoes.",
    ),
]
FieldOfViewOption = Annotated[
    float | None,
    typer.Option(
        "--field-of-view",
        metavar="DEGREES",
        min=10,
        max=150,
        show_default="found from straight edges, else about 60",
        help="The camera's angle of view along the picture's longer side.",
    ),
]
TiltOption = Annotated[
    float | None,
    typer.Option(
        "--tilt",
        metavar="DEGREES",
        min=-90,
        max=90,
        show_default="found from straight edges and the body",
        help="How far the camera looks down.",
    ),
]
RollOption = Annotated[
    float | None,
    typer.Option(
        "--roll",
        metavar="DEGREES",
        min=-180,
        max=180,
        show_default="found likewise",
        help="How far the camera is turned clockwise.",
    ),
]
NeutralOption = Annotated[
    Span | None,
    typer.Option(
        "--neutral",
        parser=read_span,
        metavar="FROM-TO",
        show_default="upright",
        help="Seconds in which the worker stands in their own neutral posture: angles "
        "of trunk and head count from it.",
    ),
]
