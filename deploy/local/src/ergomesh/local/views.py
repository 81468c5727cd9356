"""How the clips' progress looks: a live table, or plain lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ergomesh.local.analyze import View
from ergomesh.local.orders import ClipOrder
from ergomesh.local.progress import STEPS, ClipProgress, Step, StepState

BAR_CELLS: Final = 6
REFRESH_HZ: Final = 8
UNWRAPPED_CELLS: Final = 10_000
"""Wider than any table; tables take only what they need."""
PLAIN_STEP: Final = 0.25
"""A line for every quarter of a stage is enough for a log file."""


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that shows file names as they are, brackets included.

    In a file or a pipe no line is wrapped.
    """
    console = Console(
        stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=False
    )
    if not console.is_terminal:
        console.width = UNWRAPPED_CELLS
    return console


@contextmanager
def progress_view(console: Console) -> Iterator[View]:
    """Show progress live on a terminal, else as plain lines."""
    if not console.is_terminal:
        yield PlainView(console)
        return
    view = LiveView()
    with Live(
        console=console,
        get_renderable=view.render,
        refresh_per_second=REFRESH_HZ,
        transient=True,
    ):
        yield view


class LiveView:
    """A row per clip, a column per step."""

    def __init__(self) -> None:
        self._clips: dict[ClipOrder, ClipProgress] = {}

    def show(self, order: ClipOrder, progress: ClipProgress) -> None:
        """Take note of a clip's progress."""
        self._clips[order] = progress

    def render(self) -> RenderableType:
        """Return the table as it stands."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("", max_width=28, no_wrap=True, overflow="ellipsis")
        for step in STEPS:
            table.add_column(step, no_wrap=True, min_width=10)
        for progress in self._clips.values():
            cells = [_cell(progress.steps[step]) for step in STEPS]
            table.add_row(Text(progress.name), *cells)
        return table


def _cell(step: Step) -> Text:
    match step.state:
        case StepState.WAITING:
            return Text("·", style="dim")
        case StepState.DONE:
            took = "" if step.seconds is None else f" {step.seconds:.1f} s"
            return Text(f"✓{took}", style="green")
        case StepState.TAKEN_OVER:
            return Text("taken over", style="dim")
        case StepState.FAILED:
            return Text("✗", style="red")
        case StepState.RUNNING:
            return Text(_bar(step), style="cyan")


def _bar(step: Step) -> str:
    full = int(step.fraction * BAR_CELLS)
    bar = "━" * full + "╌" * (BAR_CELLS - full)
    parts = len(step.parts)
    done = sum(part >= 1 for part in step.parts)
    of = f" {done}/{parts}" if parts > 1 else ""
    return f"{bar} {step.fraction:.0%}{of}"


class PlainView:
    """A line when a step begins, for every quarter of it, and when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[tuple[ClipOrder, str], str] = {}

    def show(self, order: ClipOrder, progress: ClipProgress) -> None:
        """Print what is new."""
        for name, step in progress.steps.items():
            text = _line(step)
            if text and self._told.get((order, name)) != text:
                self._told[order, name] = text
                self._console.print(f"{progress.name}: {name} {text}", soft_wrap=True)


def _line(step: Step) -> str:
    match step.state:
        case StepState.WAITING | StepState.TAKEN_OVER:
            return ""
        case StepState.DONE:
            return "done" if step.seconds is None else f"done in {step.seconds:.1f} s"
        case StepState.FAILED:
            return "failed"
        case StepState.RUNNING:
            quarter = int(step.fraction / PLAIN_STEP) * PLAIN_STEP
            return f"{quarter:.0%}" if quarter else "started"
