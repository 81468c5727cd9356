"""Laws of a clip's progress and of the folders for results."""

from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import Progress
from ergomesh.contract.job import (
    WORK_STAGES,
    Failure,
    JobSettings,
    JobState,
    JobStatus,
    StageName,
    StageState,
    StageStatus,
)
from ergomesh.local.orders import ClipOrder, plan_orders, shown
from ergomesh.local.progress import (
    UPLOAD,
    ClipProgress,
    StepState,
    ticked,
    uploading,
    with_status,
)
from ergomesh.local.views import LiveView, PlainView, progress_view

ORDER = ClipOrder(Path("clip.mp4"), Path("out/clip"), "clip.mp4")

TICKS = st.lists(
    st.builds(
        Progress,
        tenant=st.just("local"),
        job=st.just("j"),
        stage=st.sampled_from([StageName.POSE, StageName.MESH]),
        fraction=st.floats(-0.5, 1.5),
        part=st.integers(-1, 4),
        parts=st.integers(0, 4),
    )
)


def tick(stage: StageName, fraction: float, part: int = 0, parts: int = 1) -> Progress:
    """Return a tick."""
    return Progress(
        tenant="local", job="j", stage=stage, fraction=fraction, part=part, parts=parts
    )


def status(
    state: JobState,
    stages: dict[str, StageStatus] | None = None,
    failure: Failure | None = None,
) -> JobStatus:
    """Return a status."""
    return JobStatus(
        tenant="local",
        job="j",
        state=state,
        source_name="clip.mp4",
        settings=JobSettings(),
        created_at="2026-01-01T00:00:00Z",
        stages=stages or {},
        failure=failure,
    )


@settings(deadline=None)
@given(ticks=TICKS)
def test_a_stage_s_fraction_stays_within_bounds_and_ends_at_one(
    ticks: list[Progress],
) -> None:
    """Whatever ticks come, in whatever order, a bar is between empty and full."""
    progress = ClipProgress("clip")
    for each in ticks:
        progress = ticked(progress, each)
        assert 0 <= progress.steps[each.stage].fraction <= 1
    done = StageStatus(state=StageState.COMPLETED, seconds=2.0)
    progress = with_status(
        progress, status(JobState.RUNNING, {str(s): done for s in WORK_STAGES})
    )
    assert {step.fraction for step in progress.steps.values()} == {1.0}


@settings(deadline=None)
@given(fractions=st.lists(st.floats(0, 1), min_size=1), parts=st.integers(1, 5))
def test_a_bar_never_runs_backwards(fractions: list[float], parts: int) -> None:
    """A range that is done again after a crash does not take progress back."""
    progress, before = ClipProgress("clip"), 0.0
    for number, fraction in enumerate(fractions):
        each = tick(StageName.POSE, fraction, number % parts, parts)
        progress = ticked(progress, each)
        now = progress.steps["pose"].fraction
        assert now >= before
        before = now


def test_parts_add_up_to_the_stage() -> None:
    """Half of one range of two is a quarter of pose."""
    progress = ticked(ClipProgress("clip"), tick(StageName.POSE, 0.5, 1, 2))
    assert progress.steps["pose"].fraction == 0.25


def test_a_late_tick_does_not_wake_a_finished_stage() -> None:
    """Ticks and statuses race; the status wins."""
    done = StageStatus(state=StageState.COMPLETED, seconds=1.0)
    progress = with_status(
        ClipProgress("clip"), status(JobState.RUNNING, {"pose": done})
    )
    assert ticked(progress, tick(StageName.POSE, 0.1)) == progress
    other = Progress(tenant="t", job="j", stage=StageName.JOB, fraction=0.5)
    assert ticked(progress, other) == progress


def test_what_a_rescore_takes_over_is_not_played_again() -> None:
    """Old stages are taken over whole, without their old times; scoring goes on."""
    old = StageStatus(state=StageState.COMPLETED, seconds=1.8)
    stages = {str(stage): old for stage in WORK_STAGES[:-1]}
    again = msgspec.structs.replace(status(JobState.RUNNING, stages), rescore_of="i")
    progress = with_status(ClipProgress("clip"), again)
    *taken, scoring = progress.steps.values()
    assert {step.state for step in taken} == {StepState.TAKEN_OVER}
    assert {step.fraction for step in taken} == {1.0}
    assert scoring.state is StepState.WAITING
    console = Console(width=200, force_terminal=False)
    with console.capture() as captured:
        PlainView(console).show(ORDER, progress)
        live = LiveView()
        live.show(ORDER, progress)
        console.print(live.render())
    said = captured.get()
    assert "1.8 s" not in said
    assert said.count("taken over") == len(taken)


def test_any_status_means_that_the_upload_is_done() -> None:
    """The gateway only speaks of jobs whose clip it has."""
    progress = uploading(ClipProgress("clip"), 1, 4)
    assert progress.steps[UPLOAD].fraction == 0.25
    assert uploading(progress, 0, 0).steps[UPLOAD].fraction == 1.0
    progress = with_status(progress, status(JobState.ACCEPTED))
    assert progress.steps[UPLOAD].state is StepState.DONE


def test_the_stage_that_failed_is_marked() -> None:
    """The user sees where it broke."""
    failure = Failure(code=FailureCode.NO_PERSON, message="x", stage=StageName.POSE)
    started = {"pose": StageStatus(state=StageState.STARTED)}
    progress = with_status(
        ClipProgress("clip"), status(JobState.FAILED, started, failure)
    )
    assert progress.steps["pose"].state is StepState.FAILED
    assert progress.steps["mesh"].state is StepState.WAITING


def text_of(view: LiveView) -> str:
    """Return what a live view shows."""
    console = Console(width=120, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(view.render())
    return captured.get()


def test_the_live_table_has_a_row_per_clip_and_a_column_per_step() -> None:
    """Ranges that are done are counted, seconds are told, names are not markup."""
    view = LiveView()
    for number in range(2):
        order = ClipOrder(Path("x"), Path(f"out/{number}"), "x")
        progress = ticked(
            ClipProgress(f"[red]{number}.mp4 :smile:"), tick(StageName.POSE, 1.0, 0, 3)
        )
        done = StageStatus(state=StageState.COMPLETED, seconds=1.25)
        view.show(
            order, with_status(progress, status(JobState.RUNNING, {"mesh": done}))
        )
    lines = text_of(view).splitlines()
    assert len(lines) == 3
    assert lines[0].split() == ["upload", "ingest", "pose", "mesh", "ergonomics"]
    assert lines[1].startswith("[red]0.mp4 :smile:")
    assert "33% 1/3" in lines[1]
    assert "✓ 1.2 s" in lines[1]


def test_plain_lines_tell_each_quarter_once() -> None:
    """A log file gets a handful of lines per stage, however many ticks come."""
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured, progress_view(console) as view:
        assert isinstance(view, PlainView)
        progress = ClipProgress("clip.mp4")
        for percent in range(101):
            progress = ticked(progress, tick(StageName.POSE, percent / 100))
            view.show(ORDER, progress)
    lines = captured.get().splitlines()
    assert lines == [
        f"clip.mp4: pose {word}" for word in ("started", "25%", "50%", "75%", "100%")
    ]


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1
).filter(lambda name: name not in {".", ".."})


@settings(deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=8))
def test_no_two_clips_share_a_folder(names: list[str]) -> None:
    """Not even on a file system that takes upper and lower case for the same."""
    clips = [Path(f"{number}") / name for number, name in enumerate(names)]
    orders = plan_orders(clips, Path("out"))
    folders = [str(order.folder).casefold() for order in orders]
    assert len(set(folders)) == len(folders)
    assert all(order.folder.parent == Path("out") for order in orders)
    assert not orders[0].renamed


def test_a_taken_stem_gets_a_number_and_says_so() -> None:
    """The first keeps the name; numbers skip names that are taken themselves."""
    clips = [Path("a/clip.mp4"), Path("b/CLIP.mov"), Path("clip-2.avi"), Path("c/clip")]
    orders = plan_orders(clips, Path("out"))
    assert [order.folder.name for order in orders] == [
        "clip",
        "CLIP-2",
        "clip-2-2",
        "clip-3",
    ]
    assert [order.renamed for order in orders] == [False, True, True, True]


def test_clips_of_one_name_are_told_apart_by_their_paths() -> None:
    """A message about ``a/clip.mp4`` is not taken for one about ``b/clip.mp4``."""
    same = plan_orders([Path("a/clip.mp4"), Path("b/clip.mp4")], Path("out"))
    assert [order.label for order in same] == ["a/clip.mp4", "b/clip.mp4"]
    assert plan_orders([Path("a/clip.mp4")], Path("out"))[0].label == "clip.mp4"


def test_a_name_of_any_bytes_can_be_shown() -> None:
    """A file name that is no UTF-8 is still printed and sent."""
    odd = b"clip-\xff.mp4".decode(errors="surrogateescape")
    assert shown(odd) == "clip-\N{REPLACEMENT CHARACTER}.mp4"
    assert shown("žluť.mp4") == "žluť.mp4"
