"""What the user told about camera and worker, for the record of a result."""

from collections.abc import Iterator

from ergomesh.contract.job import JobSettings
from ergomesh.ergonomics.core.facts import Assumption, Origin


def told_facts(settings: JobSettings) -> tuple[Assumption, ...]:
    """Return an entry for each fact about camera and worker that was typed in."""
    return tuple(
        Assumption(name=name, value=value, origin=Origin.GIVEN, sentence=sentence)
        for name, value, sentence in _told(settings)
    )


def _told(settings: JobSettings) -> Iterator[tuple[str, str, str]]:
    view, worker = settings.view, settings.worker
    if view.field_of_view_deg is not None:
        yield (
            "field_of_view_deg",
            f"{view.field_of_view_deg:g}",
            "The camera's angle of view was typed in; the clip was not asked.",
        )
    for name in ("tilt_deg", "roll_deg"):
        value = getattr(view, name)
        if value is not None:
            yield (
                name,
                f"{value:g}",
                (
                    "Part of the vertical was typed in; an error goes straight into "
                    "the angles of trunk and head against it."
                ),
            )
    if worker.height_m is not None:
        yield (
            "height_m",
            f"{worker.height_m:g}",
            "The body was fitted at this height in shoes.",
        )
    if worker.neutral_s is not None:
        start_s, end_s = worker.neutral_s
        yield (
            "neutral_posture",
            f"{start_s:g} to {end_s:g} s",
            (
                "Angles of trunk and head count from the worker's posture then, "
                "not from upright."
            ),
        )
