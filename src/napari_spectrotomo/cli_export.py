"""The command ``spectrotomo export``: results of a project as files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .terminal import interruptible


def export(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="A project folder.")],
    results: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RESULT]...", help="What to export; without one, what there is is listed."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the files go, named after the results.")
    ] = Path("spectrotomo-export"),
    unit: Annotated[str, typer.Option("--unit", metavar="nm|um", help="Of lengths in the files.")] = "nm",
    energy: Annotated[
        list[float] | None,
        typer.Option("--energy", metavar="EV", help="Of stacks only the energy nearest to this; may be repeated."),
    ] = None,
    particle: Annotated[
        list[int] | None,
        typer.Option("--particle", metavar="N", help="Surfaces of this particle only; may be repeated."),
    ] = None,
    mesh: Annotated[str, typer.Option("--mesh", metavar="ply|stl", help="Kind of file of a surface.")] = "ply",
    color_by: Annotated[
        str, typer.Option("--color-by", metavar="MAP", help="Map that colours a surface, or none.")
    ] = "edge_energy",
    colormap: Annotated[
        str, typer.Option("--colormap", metavar="NAME", help="Matplotlib's name of the colours of a surface.")
    ] = "viridis",
    limits: Annotated[
        tuple[float, float] | None,
        typer.Option(
            "--limits", metavar="LOW HIGH", help="Values of the first and last colour (2nd, 98th percentile)."
        ),
    ] = None,
) -> None:
    """Write stacks, masks, labels and maps as TIFF (Fiji, Avizo, Dragonfly), and particles' surfaces as meshes."""
    from .workflow import Project
    from .workflow.exports import EXPORTS, ExportOptions, export_steps, exportable

    opened = Project.open(project)
    if not results:
        typer.echo("\n".join(exportable(opened)) or "There is nothing to export yet.")
        return
    for name in results:
        if name not in EXPORTS:
            raise typer.BadParameter(f"{name!r} is no result; there are {', '.join(EXPORTS)}.", param_hint="RESULT")
    if mesh not in ("ply", "stl"):
        raise typer.BadParameter(f"{mesh!r} is no kind of mesh; there are ply and stl.", param_hint="--mesh")
    if unit not in ("nm", "um", "µm"):
        raise typer.BadParameter(f"{unit!r} is no unit here; there are nm and um.", param_hint="--unit")
    options = ExportOptions(
        unit="nm" if unit == "nm" else "µm",
        energies=tuple(energy or ()),
        particles=tuple(particle or ()),
        mesh=f".{mesh}",
        surface_map=None if color_by == "none" else color_by,
        colormap=_colormap(colormap),
        limits=limits,
    )
    with interruptible() as abort:
        for name in results:
            written = {step.message for step in export_steps(opened, name, output, options, abort=abort)}
            for line in sorted(written):
                typer.echo(f"{output / line.removesuffix(' written')}")


def _colormap(name: str) -> Any:
    from matplotlib import colormaps

    if name not in colormaps:
        raise typer.BadParameter(
            f"Matplotlib has no colours {name!r}: try viridis or cividis.", param_hint="--colormap"
        )
    return colormaps[name]
