"""The command ``spectrotomo batch``: several scans with one recipe, and what compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_options import DryRun, Memory, Scheduler, Threads, Workers
from .progress import Progress, ProgressCallback
from .terminal import NOTHING_WRITTEN, complain, interruptible, printable, shown

if TYPE_CHECKING:
    from .workflow.batch import Batch
    from .workflow.estimate import Plan


def batch(
    scans: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCAN...", help="Scans or stacks, each one path; a quoted pattern stands for all that fit."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="The folder for a project a scan; the same again continues."
        ),
    ],
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="FILE", help="Parameters for all scans (recipe.yaml of a project)."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STAGE.PARAMETER=VALUE", help="One parameter for all scans; may be repeated."),
    ] = None,
    until: Annotated[
        str, typer.Option("--until", metavar="STAGE", help="Last stage, as of `spectrotomo run`.")
    ] = "report",
    threads: Threads = None,
    memory: Memory = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    dry_run: DryRun = False,
) -> None:
    """Take several scans through the chain, one after the other, and compare their particles in batch.csv and batch.html."""
    from .workflow import STAGES, Recipe
    from .workflow.batch import named_scans, plan_batch, run_batch

    if until not in STAGES:
        raise typer.BadParameter(f"{until!r} is no stage; the stages are {', '.join(STAGES)}.", param_hint="--until")
    given = Recipe.load(recipe) if recipe else None

    def wanted(folder: Path) -> Recipe | None:
        own = folder / "recipe.yaml"
        if not settings:
            return given
        found = given or (Recipe.load(own) if own.exists() else Recipe())
        for setting in settings:
            found = found.with_setting(setting)
        return found

    wanted(output)  # a wrong setting is said once, before any scan is looked at
    means: dict[str, Any] = {"threads": threads, "memory": memory, "workers": workers, "scheduler": scheduler}
    if dry_run:
        _show_plans(output, plan_batch(named_scans(scans, output), wanted, until=until, **means))
        return
    with interruptible() as abort, _shown_by_scan() as show:
        done = run_batch(scans, output, wanted, until=until, **means, progress=show, abort=abort)
    _tell(done)
    if done.failed:
        raise typer.Exit(1)


@contextmanager
def _shown_by_scan() -> Iterator[Callable[[str, Progress], None]]:
    """Give what shows each step below the name of its scan."""
    with ExitStack() as shows:
        show: ProgressCallback = print
        at = ""

        def step_of(name: str, step: Progress) -> None:
            nonlocal at, show
            if name != at:
                shows.close()
                typer.echo(printable(f"{name}:"))
                at, show = name, shows.enter_context(shown())
            show(step)

        yield step_of


def _tell(done: Batch) -> None:
    """Print what was written, and at the end the scans that failed, each with its sentence."""
    for file in done.files:
        typer.echo(f"{file}")
    if not done.files:
        typer.echo("No scan has an edge map yet: there is nothing to compare.")
    typer.echo(f"{len(done.outcomes) - len(done.failed)} of {len(done.outcomes)} scans are done.")
    for outcome in done.failed:
        complain(f"{outcome.name} failed: {outcome.said}")


def _show_plans(output: Path, plans: dict[str, Plan | str]) -> None:
    """Print a row a scan, and what there is; refuse what cannot fit, and tell scans that cannot be read."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from .workflow.batch import refuse_what_cannot_fit, written_by
    from .workflow.estimate import free_space, in_bytes, in_time

    table = Table("scan", "time, about", "memory at its peak, about", "disk, at most", box=None, pad_edge=False)
    read = {name: one for name, one in plans.items() if not isinstance(one, str)}
    for name, one in read.items():
        table.add_row(
            Text(printable(name)),
            in_time(one.seconds) if one.stages else "done",
            in_bytes(one.peak),
            in_bytes(one.written),
        )
    seconds, peak = sum(one.seconds for one in read.values()), max((one.peak for one in read.values()), default=0)
    table.add_row("in all", in_time(seconds), in_bytes(peak), in_bytes(written_by(plans)))
    console = Console(soft_wrap=True)
    console.print(table)
    there = f"There are {in_bytes(free_space(output.absolute()))} of disk for {output}."
    console.print(f"{there}\n{NOTHING_WRITTEN}", markup=False, highlight=False)
    refuse_what_cannot_fit(output, plans)
    failed = [f"{name} cannot be read: {one}" for name, one in plans.items() if isinstance(one, str)]
    failed += [f"{name}: {sentence}" for name, one in read.items() for sentence in one.refusals()]
    for sentence in failed:
        complain(sentence)
    if failed:
        raise typer.Exit(1)
