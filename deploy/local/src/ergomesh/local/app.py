"""The command line: reads options, runs a command, turns errors into words."""

import asyncio
import os
import sys
import traceback
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from ergomesh.contract.job import Faces, Language, Preset
from ergomesh.local import (
    commands,
    compare_command,
    fact_options,
    helptexts,
    options,
    rescore_command,
    shift_command,
)
from ergomesh.local.asked import settings_asked
from ergomesh.local.at_once import all_of
from ergomesh.local.client import read_url
from ergomesh.local.datadir import DataDir, default_data_dir
from ergomesh.local.doctor import Examination
from ergomesh.local.errors import (
    EXIT_BUG,
    EXIT_FAILED,
    Interrupted,
    LocalError,
)
from ergomesh.local.files import OUT, check_file, check_folder
from ergomesh.local.models import find_models_dir
from ergomesh.local.plan import without_proxy
from ergomesh.local.record import Owner
from ergomesh.local.stack import StackOptions
from ergomesh.local.tasks import run
from ergomesh.local.views import make_console

app = typer.Typer(
    name="ergomesh",
    help=helptexts.APP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:  # noqa: FBT001  # typer's callback signature
    if asked:
        make_console().print(f"ergomesh {version('ergomesh-local')}")
        raise typer.Exit


@app.callback()
def common(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command(help=helptexts.UP)
def up(
    *,
    data_dir: options.DataDirOption,
    models_dir: options.ModelsDirOption = None,
    http_port: options.HttpPortOption = None,
    pose_workers: options.PoseWorkersOption = str(options.POSE_WORKERS),
) -> None:
    """Run the stack until Ctrl-C."""
    chosen, _ = all_of(
        lambda: _stack_options(
            "up", data_dir, models_dir, http_port=http_port, pose_workers=pose_workers
        ),
        lambda: _check_place(None, data_dir),
    )
    hurry = asyncio.Event()
    try:
        run(commands.up(chosen, _screen(), hurry), hurry)
    except Interrupted:
        return  # the usual way to stop it


@app.command(help=helptexts.ANALYZE)
def analyze(
    *,
    clips: options.ClipsArgument,
    out: options.OutOption,
    preset: options.PresetOption = Preset.BALANCED,
    task: options.TaskOption = None,
    person: fact_options.PersonOption = None,
    height: fact_options.HeightOption = None,
    neutral: fact_options.NeutralOption = None,
    field_of_view: fact_options.FieldOfViewOption = None,
    tilt: fact_options.TiltOption = None,
    roll: fact_options.RollOption = None,
    load_kg: fact_options.LoadKgOption = None,
    load_pattern: fact_options.LoadPatternOption = None,
    coupling: fact_options.CouplingOption = None,
    arms_supported: fact_options.ArmsSupportedOption = None,
    seated: fact_options.SeatedOption = None,
    overlay: options.OverlayOption = True,
    language: options.LanguageOption = Language.ENGLISH,
    faces: options.FacesOption = Faces.BLURRED,
    workplace: fact_options.WorkplaceOption = None,
    assessed_by: fact_options.AssessedByOption = None,
    url: options.UrlOption = None,
    data_dir: options.DataDirOption,
    models_dir: options.ModelsDirOption = None,
    pose_workers: options.PoseWorkersOption = str(options.POSE_WORKERS),
) -> None:
    """Analyse clips."""
    told = {
        "preset": preset,
        "person": person,
        "height": height,
        "neutral": neutral,
        "field_of_view": field_of_view,
        "tilt": tilt,
        "roll": roll,
        "load_kg": load_kg,
        "load_pattern": load_pattern,
        "coupling": coupling,
        "arms_supported": arms_supported,
        "seated": seated,
        "overlay": overlay,
        "language": language,
        "faces": faces,
        "workplace": workplace,
        "assessed_by": assessed_by,
    }
    _, settings, stack, _ = all_of(
        lambda: _check_paths(clips, out),
        lambda: settings_asked(task, told),
        lambda: _stack_options(
            "analyze", data_dir, models_dir, pose_workers=pose_workers
        ),
        lambda: _check_place(url, data_dir),
    )
    hurry = asyncio.Event()
    work = commands.analyze(
        clips, out, settings, url=url, options=stack, screen=_screen(), hurry=hurry
    )
    raise typer.Exit(run(work, hurry))


@app.command(help=rescore_command.HELP)
def rescore(
    *,
    target: rescore_command.TargetArgument,
    task: rescore_command.TaskOption = None,
    out: rescore_command.OutOption = None,
    overlay: rescore_command.OverlayOption = False,
    language: rescore_command.LanguageOption = None,
    faces: rescore_command.FacesOption = None,
    workplace: rescore_command.WorkplaceOption = None,
    assessed_by: rescore_command.AssessedByOption = None,
    url: options.UrlOption = None,
    data_dir: options.DataDirOption,
    models_dir: options.ModelsDirOption = None,
) -> None:
    """Score a job again."""
    folder = out or rescore_command.folder_of(target)
    told = {
        "overlay": overlay,
        "language": language,
        "faces": faces,
        "workplace": workplace,
        "assessed_by": assessed_by,
    }
    asked, stack, _, _ = all_of(
        lambda: rescore_command.rescoring(target, task, told),
        lambda: _stack_options("analyze", data_dir, models_dir),
        lambda: rescore_command.check_out(target, folder),
        lambda: _check_place(url, data_dir),
    )
    hurry = asyncio.Event()
    work = rescore_command.rescore(
        target, asked, folder, url=url, options=stack, screen=_screen(), hurry=hurry
    )
    raise typer.Exit(run(work, hurry))


@app.command(help=shift_command.HELP)
def shift(
    *,
    operations: shift_command.FileArgument,
    out: shift_command.OutOption = None,
    as_json: shift_command.JsonOption = False,
    language: shift_command.LanguageOption = Language.ENGLISH,
) -> None:
    """Assess a shift."""
    shift_command.shift(
        operations,
        _screen(),
        out=out,
        as_json=as_json,
        language=language,
        today=_today(),
    )


@app.command(help=compare_command.HELP)
def compare(
    *,
    before: compare_command.BeforeArgument,
    after: compare_command.AfterArgument,
    out: compare_command.OutOption = None,
    as_json: compare_command.JsonOption = False,
    language: compare_command.LanguageOption = Language.ENGLISH,
) -> None:
    """Compare two results."""
    compare_command.compare(
        before, after, _screen(), out=out, as_json=as_json, language=language
    )


@app.command(help=helptexts.DOCTOR)
def doctor(
    *,
    quick: options.QuickOption = False,
    data_dir: options.DataDirOption,
    models_dir: options.ModelsDirOption = None,
) -> None:
    """Check every part."""
    asked = Examination(
        data=_data(data_dir), models_dir=_models(models_dir), quick=quick
    )
    hurry = asyncio.Event()
    well = run(commands.doctor(asked, _screen(), hurry), hurry)
    raise typer.Exit(0 if well else EXIT_FAILED)


@app.command(help=helptexts.STATUS)
def status(*, data_dir: options.DataDirOption) -> None:
    """Say what runs."""
    runs = run(commands.status(_data(data_dir), _screen()), asyncio.Event())
    raise typer.Exit(0 if runs else EXIT_FAILED)


@app.command(help=helptexts.DOWN)
def down(*, data_dir: options.DataDirOption) -> None:
    """Stop the stack."""
    commands.down(_data(data_dir), _screen())


def _today() -> date:
    """Return the day where this machine stands: the shell's own clock."""
    return datetime.now().astimezone().date()


def _screen() -> commands.Screen:
    return commands.Screen(make_console(), make_console(stderr=True))


def _data(data_dir: Path) -> DataDir:
    return DataDir(data_dir.expanduser().absolute())


def _models(models_dir: Path | None) -> Path:
    return find_models_dir(models_dir, os.environ, Path.cwd())


def _check_paths(clips: list[Path], out: Path) -> None:
    all_of(
        *(partial(check_file, clip) for clip in clips),
        lambda: check_folder(OUT, out),
    )


def _check_place(url: str | None, data_dir: Path) -> None:
    """See that the gateway's address, or else the data folder, can be used."""
    if url is None:
        check_folder("--data-dir", _data(data_dir).root)
    else:
        read_url(url)


def _stack_options(
    owner: Owner,
    data_dir: Path,
    models_dir: Path | None,
    *,
    http_port: str | None = None,
    pose_workers: str = "1",
) -> StackOptions:
    models, port, workers = all_of(
        lambda: _models(models_dir),
        lambda: None if http_port is None else options.read_port(http_port),
        lambda: options.read_pose_workers(pose_workers),
    )
    return StackOptions(
        data=_data(data_dir),
        models_dir=models,
        http_port=port,
        pose_workers=workers,
        owner=owner,
    )


def run_app() -> None:
    """Run the command; errors end in a sentence, never in a traceback."""
    os.environ.update(without_proxy(os.environ))
    try:
        app()
    except LocalError as error:
        make_console(stderr=True).print(str(error), soft_wrap=True, style="red")
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001  # the last border before the user
        make_console(stderr=True).print(_bug(error), soft_wrap=True, style="red")
        sys.exit(EXIT_BUG)


def _bug(error: Exception) -> str:
    """Return a sentence about a fault of ours, whose details go to a file."""
    logs = DataDir(default_data_dir()).logs
    log = logs / "ergomesh.log"
    said = f"ergomesh stopped because of a fault of its own ({type(error).__name__})"
    try:
        logs.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)))
    except OSError:
        return f"{said}: {error}."
    return f"{said}; the details are in {log}: please report them."
