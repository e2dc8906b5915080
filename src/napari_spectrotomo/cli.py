"""The command ``spectrotomo``: what a panel can do, from a shell."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .errors import Aborted, SpectrotomoError

if TYPE_CHECKING:
    from .progress import Progress, ProgressCallback
    from .workflow import Project

app = typer.Typer(
    help="Chemical maps in 3-D from X-ray spectro-tomography (3-D XANES): correct, reconstruct, register, map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScanPath = Annotated[
    Path, typer.Argument(metavar="SCAN", help="A scan (folder, file or quoted glob) or a stack of volumes.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="The project folder; the same folder again continues.")
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, metavar="N", help="Threads to use (default: all cores).")
]


@app.command()
def run(
    scan: ScanPath,
    output: Output,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="FILE", help="Parameters of every stage (recipe.yaml of a project)."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="STAGE.PARAMETER=VALUE", help="One parameter; may be repeated.")
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--until",
            metavar="STAGE",
            help="Last stage: read, correct, reconstruct, binarize, label, register, spectra or report.",
        ),
    ] = "report",
    restart: Annotated[bool, typer.Option("--restart", help="Do everything again, also what is done.")] = False,
    threads: Threads = None,
) -> None:
    """Take a scan from projections (or volumes) to an edge-energy map and a report."""
    from .workflow import STAGES, Project, Recipe

    if until not in STAGES:
        raise typer.BadParameter(f"{until!r} is no stage; the stages are {', '.join(STAGES)}.", param_hint="--until")
    wanted = Recipe.load(recipe) if recipe else None
    if settings:
        wanted = wanted or _recipe_in(output)
        for setting in settings:
            wanted = wanted.with_setting(setting)
    project = Project.create(output, scan, wanted)
    _work(project, until, restart=restart, threads=threads)
    _print_numbers(project)


@app.command()
def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A scan, a stack of volumes, or a project folder.")],
) -> None:
    """Say what a scan holds: format, energies, angles, shapes, pixel sizes, and every doubt."""
    from rich.console import Console
    from rich.table import Table

    from .workflow import describe

    described = describe(path)
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in described.facts.items():
        table.add_row(name, value)
    console = Console(soft_wrap=True)
    console.print(table)
    for doubt in described.doubts:
        console.print(f"doubt: {doubt}", style="yellow", markup=False, highlight=False)


@app.command()
def simulate(
    output: Output,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAMETER=VALUE", help="One parameter of the simulation; may be repeated."),
    ] = None,
) -> None:
    """Make a phantom scan on disk, as NSLS-II FXI files, with its truth beside it."""
    folder = _simulated(output, settings or [])
    typer.echo(f"Wrote a phantom scan and its truth to {folder}.")


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the demo's scan and project go.")
    ] = Path("spectrotomo-demo"),
    no_viewer: Annotated[bool, typer.Option("--no-viewer", help="Do not open napari at the end.")] = False,
    threads: Threads = None,
) -> None:
    """Simulate a small Mn K-edge scan with a tilting particle and run the whole chain on it."""
    from .simulate import compare_with_truth, load_truth
    from .workflow import Project

    scan = output / "scan"
    if not (scan / "truth.json").exists():
        _simulated(scan, [])
    project = Project.create(output / "project", scan)
    _work(project, "report", restart=False, threads=threads)
    _print_numbers(project)
    for line in compare_with_truth(load_truth(scan), project.registration(), project.edge_map()).lines():
        typer.echo(line)
    if not no_viewer and _has_display():
        _view(project.path)


@app.command()
def report(project: Annotated[Path, typer.Argument(metavar="DIR", help="A project folder.")]) -> None:
    """Write the HTML report of a project anew."""
    from .workflow import Project, write_project_report

    opened = Project.open(project)
    typer.echo(f"Report: {write_project_report(opened)}")


@app.command()
def view(project: Annotated[Path, typer.Argument(metavar="DIR", help="A project folder.")]) -> None:
    """Open a project in napari."""
    from .workflow import Project

    Project.open(project)
    if not _has_display():
        raise SpectrotomoError(
            f"There is no display to open napari on; the report {project / 'report.html'} opens in any browser."
        )
    _view(project)


def main() -> None:
    """Run the command; every error a user can mend is one line on stderr and exit status 1."""
    try:
        app(standalone_mode=True)
    except Aborted as stopped:
        _complain(f"{stopped} The same command continues.")
        sys.exit(130)
    except SpectrotomoError as error:
        _complain(" ".join(str(error).split()))
        sys.exit(1)
    except OSError as error:
        _complain(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.")
        sys.exit(1)


def _complain(sentence: str) -> None:
    print(f"spectrotomo: {sentence}", file=sys.stderr)


def _recipe_in(output: Path) -> Any:
    from .workflow import Recipe

    return Recipe.load(output / "recipe.yaml") if (output / "recipe.yaml").exists() else Recipe()


def _simulated(folder: Path, settings: list[str]) -> Path:
    import yaml

    from .io import write_scan
    from .simulate import simulate_scan, write_truth

    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise SpectrotomoError(f"{setting!r} is no setting: write parameter=value, such as rows=64.")
        try:
            values[name.strip()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SpectrotomoError(f"The value in {setting!r} cannot be read: {error}.") from error
    scan, truth = simulate_scan(**values)
    folder.mkdir(parents=True, exist_ok=True)
    write_scan(scan, folder, format="fxi")
    write_truth(truth, folder)
    return folder


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into a request to stop after the step at hand; a second Ctrl-C stops at once."""
    abort = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if abort.is_set():
            raise KeyboardInterrupt
        abort.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield abort
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _work(project: Project, until: str, *, restart: bool, threads: int | None) -> None:
    """Run the stages, showing them as they go: bars on a terminal, else a line a stage."""
    from rich.console import Console

    from .workflow import run_steps

    console = Console(stderr=True)
    with _interruptible() as abort, _bars(console) if console.is_terminal else _lines() as show:
        for step in run_steps(project, until, restart=restart, threads=threads, abort=abort):
            show(step)


@contextmanager
def _bars(console: Any) -> Iterator[ProgressCallback]:
    """Show a bar a stage, with the energy at hand and the time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    stage, energy = TextColumn("{task.fields[stage]:<11}"), TextColumn("{task.description:>9}")
    left = (TextColumn("left"), TimeRemainingColumn())
    with Bars(stage, BarColumn(14), MofNCompleteColumn(), energy, TimeElapsedColumn(), *left, console=console) as bars:
        tasks: dict[str, Any] = {}

        def show(step: Progress) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task("", total=step.total, stage=step.stage)
            at = "" if step.energy is None else f"{step.energy:.1f} eV"
            bars.update(tasks[step.stage], completed=step.done, total=step.total, description=at)

        yield show


@contextmanager
def _lines() -> Iterator[ProgressCallback]:
    """Print a line when a stage is done, for logs of batch jobs."""

    def show(step: Progress) -> None:
        if step.done == step.total:
            print(f"{step.stage}: {step.message}", flush=True)

    yield show


def _print_numbers(project: Project) -> None:
    """Print what was found, as far as the project goes."""
    from .workflow import numbers

    for line in numbers(project):
        typer.echo(line)
    for warning in project.warnings():
        typer.echo(f"warning: {warning}")


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _view(folder: Path) -> None:
    try:
        import napari

        from ._napari import open_project
    except ImportError as error:
        raise SpectrotomoError(
            f"napari cannot be opened here ({error}): install it with a Qt binding, pip install 'napari-spectrotomo[all]'."
        ) from error
    open_project(folder)
    napari.run()
