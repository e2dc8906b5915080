"""The command ``spectrotomo``: what a panel can do, from a shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_batch import batch
from .cli_benchmark import benchmark
from .cli_export import export
from .cli_options import DryRun, Memory, Output, ScanPath, Scheduler, Settings, Threads, Workers
from .errors import Aborted, ReadError, SpectrotomoError
from .terminal import complain, has_display, interruptible, printable, show_plan, shown

if TYPE_CHECKING:
    from .workflow import Project, Recipe

app = typer.Typer(
    help="Chemical maps in 3-D from X-ray spectro-tomography (3-D XANES): correct, reconstruct, register, map.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def run(
    scan: ScanPath,
    output: Output,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="FILE", help="Parameters of every stage (recipe.yaml of a project)."),
    ] = None,
    settings: Settings = None,
    until: Annotated[
        str,
        typer.Option(
            "--until",
            metavar="STAGE",
            help="Last stage: read, correct, align, reconstruct, binarize, label, register, spectra, composition or report.",
        ),
    ] = "report",
    restart: Annotated[bool, typer.Option("--restart", help="Do everything again, also what is done.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read all that is done first, and do again what is damaged on disk.")
    ] = False,
    threads: Threads = None,
    memory: Memory = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    dry_run: DryRun = False,
) -> None:
    """Take a scan from projections (or volumes) to an edge-energy map and a report."""
    from .workflow import STAGES, Project, Recipe
    from .workflow.estimate import plan
    from .workflow.memory import bytes_of

    if until not in STAGES:
        raise typer.BadParameter(f"{until!r} is no stage; the stages are {', '.join(STAGES)}.", param_hint="--until")
    wanted = Recipe.load(recipe) if recipe else None
    if settings:
        wanted = _with_settings(wanted or _recipe_in(output), settings)
    project = Project.planned(output, scan, wanted)
    shared = workers is not None or scheduler is not None
    expected = plan(project, until, restart=restart, memory=bytes_of(memory), threads=threads, workers=shared)
    if dry_run:
        show_plan(expected)
    expected.check()
    if dry_run:
        return
    for sentence in expected.warnings():
        complain(sentence)
    project.begin()
    means = {"threads": threads, "memory": memory, "workers": workers, "scheduler": scheduler}
    _work(project, until, restart=restart, verify=verify, **means)
    _print_numbers(project)


@app.command()
def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A scan, a stack of volumes, or a project folder.")],
    settings: Settings = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Of a project: read all that is done, and say what is damaged on disk.")
    ] = False,
) -> None:
    """Say what a scan holds: format, energies, angles, shapes, pixel sizes, and every doubt."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from .workflow import Recipe, describe

    described = describe(path, _with_settings(Recipe(), settings).read, verify=verify)
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in described.facts.items():
        table.add_row(name, Text(printable(value)))
    console = Console(soft_wrap=True)
    console.print(table)
    for doubt in described.doubts:
        console.print(printable(f"doubt: {doubt}"), style="yellow", markup=False, highlight=False)


@app.command()
def parameters(
    stage: Annotated[str | None, typer.Argument(metavar="[STAGE]", help="A stage of the chain, or simulate.")] = None,
) -> None:
    """List every parameter with its default and unit, as --set, recipes and `simulate` take them."""
    from .simulate import SimulateParameters
    from .workflow import PARAMETERS, describe_parameters

    known = PARAMETERS | {"simulate": SimulateParameters}
    if stage is not None and stage not in known:
        raise typer.BadParameter(f"{stage!r} is no stage; the stages are {', '.join(known)}.")
    for name in [stage] if stage else known:
        typer.echo(describe_parameters(name, known[name]))


@app.command()
def simulate(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="A new or an empty folder.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PARAMETER=VALUE",
            help="One parameter; may be repeated. `spectrotomo parameters simulate` lists them.",
        ),
    ] = None,
) -> None:
    """Make a phantom scan on disk, as NSLS-II FXI files, with its truth beside it."""
    if output.is_dir() and any(output.iterdir()):
        raise SpectrotomoError(f"The folder {output} holds files: name a new or an empty folder.")
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
    _work(project, "report", threads=threads)
    _print_numbers(project)
    for line in compare_with_truth(load_truth(scan), project.registration(), project.edge_map()).lines():
        typer.echo(line)
    if not no_viewer and has_display():
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
    if not has_display():
        raise SpectrotomoError(
            f"There is no display to open napari on; the report {project / 'report.html'} opens in any browser."
        )
    _view(project)


app.command()(batch)
app.command()(export)
app.command()(benchmark)


def main() -> None:
    """Run the command; every error a user can mend is one line on stderr and exit status 1."""
    try:
        app(standalone_mode=True)
    except Aborted as stopped:
        complain(f"{stopped} The same command continues.")
        sys.exit(130)
    except SpectrotomoError as error:
        asks = isinstance(error, ReadError) and "=" in str(error)
        complain(" ".join(str(error).split()) + " In a shell, NAME=… is written --set read.NAME=…." * asks)
        sys.exit(1)
    except OSError as error:
        complain(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.")
        sys.exit(1)


def _with_settings(recipe: Recipe, settings: list[str] | None) -> Recipe:
    for setting in settings or []:
        recipe = recipe.with_setting(setting)
    return recipe


def _recipe_in(output: Path) -> Recipe:
    from .workflow import Recipe

    return Recipe.load(output / "recipe.yaml") if (output / "recipe.yaml").exists() else Recipe()


def _simulated(folder: Path, settings: list[str]) -> Path:
    from .simulate import simulate_scan, write_simulation
    from .workflow.plain_yaml import plain_yaml

    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise SpectrotomoError(f"{setting!r} is no setting: write parameter=value, such as rows=64.")
        values[name.strip()] = plain_yaml(text, f"The value in {setting!r}")
    scan, truth = simulate_scan(**values)
    write_simulation(scan, truth, folder)
    return folder


def _work(project: Project, until: str, *, restart: bool = False, **means: Any) -> None:
    from .workflow import run_steps

    with interruptible() as abort, shown() as show:
        for step in run_steps(project, until, restart=restart, **means, abort=abort):
            show(step)


def _print_numbers(project: Project) -> None:
    """Print what was found, as far as the project goes."""
    from .workflow import numbers

    for line in numbers(project):
        typer.echo(printable(line))
    for warning in project.record.content["warnings"]:
        typer.echo(printable(f"warning: {warning}"))


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
