"""The command ``spectrotomo benchmark``: engines compared where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .terminal import complain, interruptible, shown


def benchmark(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="What is compared: registration, reconstruction, spectra or end-to-end."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the tables and the figures go.")
    ] = Path("spectrotomo-benchmark"),
    size: Annotated[
        int | None,
        typer.Option("--size", min=32, metavar="N", help="Edge of volumes (128, 100), or columns of slices (several)."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of particles, motions and noise.")] = 1,
    engines: Annotated[
        str | None,
        typer.Option(
            "--engines",
            metavar="A,B",
            help="Such as ours,simpleitk or ours,algotom or ours,larch; all that are installed. End-to-end: threads,workers.",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Something smaller.")] = False,
    scan: Annotated[
        Path | None, typer.Option("--scan", metavar="SCAN", help="What end-to-end runs (default: a simulated scan).")
    ] = None,
) -> None:
    """Compare engines where the truth is known, side by side in one run."""
    from .benchmark.comparisons import compare

    with interruptible() as abort, shown() as show:
        asked = engines and engines.split(",")
        found = compare(name, output, size, seed, asked, quick, scan=scan, progress=show, abort=abort)
    for table in found.tables:
        table.show()
    typer.echo("\n".join([*found.lines, f"Wrote the tables and the figures to {output}."]))
    if found.stopped:
        complain(f"Stopped on request: that is what {found.measured} showed.")
        raise typer.Exit(130)
