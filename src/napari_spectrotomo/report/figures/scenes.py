"""3-D renderings: the volumes, what differs between them, and the edge energy on the particles."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import raise_if_aborted
from ..bodies import Bodies, Stage, bodies_of, body
from ..data import ReportData
from ..rendering import Mesh, render
from ..views import Views, coarsened
from .canvas import FAINT, INK, LINE, WIDTH, Figure, colour_bar, finished, image_axes, round_length, sheet
from .edge_map import EDGE_COLOURS, edge_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PIXELS = 620


def scenes(data: ReportData, views: Views, abort: threading.Event | None = None) -> list[Figure]:
    """Render the volumes, the squared difference and the edge energy, a figure each."""
    from matplotlib import colormaps

    if not data.options.renderings:
        return [Figure(caption="3-D renderings were switched off (report.renderings).")]
    if min(data.labels.shape) < 2:
        return [Figure(caption="The sample is one voxel thin: there is nothing to render in 3-D.")]
    bodies = bodies_of(data, views, edge_limits(data), colormaps[EDGE_COLOURS])
    made = []
    for scene in (_volumes, _differences, _edges):
        raise_if_aborted(abort)
        made.append(scene(data, views, bodies))
    return made


def _volumes(data: ReportData, views: Views, bodies: Bodies) -> Figure:
    moving, fixed = f"{data.energies[data.moving]:g} eV", f"{data.energies[data.fixed]:g} eV"
    panels = [
        (f"fixed, {fixed}", bodies.fixed),
        (f"moving, {moving}, raw", bodies.moving),
        (f"moving, {moving}, registered", bodies.registered),
    ]
    figure = sheet(WIDTH / 3 + 0.25)
    for axes, (title, mesh) in zip(figure.subplots(1, 3), panels, strict=True):
        _scene(axes, data, bodies.stage, [(mesh, 1.0)], title)
    return finished(
        figure,
        alt="3-D renderings of the fixed, the moving and the registered volume in the same box.",
        caption="Surfaces at half the attenuation of the sample, in the same box and from the same side.",
        well="the third body stands and leans in the box as the first does.",
        amiss="a body that is distorted, doubled or cut off at the box: a wrong transform, or a sample that "
        "left the field of view.",
    )


def _differences(data: ReportData, views: Views, bodies: Bodies) -> Figure:
    sample = body(coarsened(data.labels > 0, views.block), bodies.stage.spacing)
    figure = sheet(WIDTH * 0.38 + 0.25)
    panels = figure.subplots(1, 2)
    for axes, title, mesh in zip(
        panels, ("raw", "registered"), (bodies.difference_raw, bodies.difference_registered), strict=True
    ):
        _scene(axes, data, bodies.stage, [(sample, 0.22), (mesh, 1.0)], title, empty="they differ nowhere by that much")
    return finished(
        figure,
        alt="3-D renderings of where the masks differ, before and after registration.",
        caption="Where the binarized volumes differ by more than about a voxel (squared difference, the same "
        "level on both sides, orange), about the sample (grey).",
        well="shells of orange on the left that are gone on the right.",
        amiss="shells that stay on one side of a particle, or on one particle only: motion that is left. "
        "Orange inside a particle: a threshold that differs between energies.",
    )


def _edges(data: ReportData, views: Views, bodies: Bodies) -> Figure:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure = sheet(WIDTH * 0.38 + 0.25)
    panels = figure.subplots(1, 2)
    for axes, title, mesh in zip(panels, ("surface", "cut open"), (bodies.edge, bodies.edge_open), strict=True):
        _scene(axes, data, bodies.stage, [(mesh, 1.0)], title, contrast=0.6)
    limits = edge_limits(data)
    if limits is not None:
        colour_bar(
            figure,
            ScalarMappable(Normalize(*limits), EDGE_COLOURS),
            axes=panels,
            shrink=0.7,
            aspect=26,
            extend="both",
            label="edge energy, eV",
        )
    return finished(
        figure,
        alt="3-D renderings of the edge energy on the particles' surface and on a cut.",
        caption="Edge energy just below the surface of the particles, and with the front half taken away. "
        "Averaged over neighbouring voxels; shading comes from the light, hue from the map; grey: no edge energy.",
        well="the chemistry of the sample: gradients from the surface inwards, along cracks, or from grain to grain.",
        amiss="one flank high and the opposite flank low on every particle: motion that is left.",
    )


def _scene(
    axes: Axes,
    data: ReportData,
    stage: Stage,
    meshes: list[tuple[Mesh | None, float]],
    title: str,
    contrast: float = 1.0,
    empty: str = "nothing to show",
) -> None:
    """Draw meshes, with their opacities, in the box."""
    image_axes(axes, title)
    radius = stage.radius
    extent = (-radius, radius, radius, -radius)
    axes.set(xlim=(-radius, radius), ylim=(radius, -radius), aspect="equal")
    _box(axes, stage, behind=True)
    drawn = False
    for k, (mesh, opacity) in enumerate(meshes):
        if mesh is not None:
            picture = render(mesh, stage.camera, stage.middle, radius, _PIXELS, contrast=contrast)
            picture[..., 3] *= opacity
            axes.imshow(np.clip(picture, 0, 1), extent=extent, zorder=2 + k, interpolation="antialiased")
            drawn = drawn or opacity == 1
    _box(axes, stage, behind=False)
    axes.set(xlim=(-radius, radius), ylim=(radius, -radius))
    if not drawn:
        axes.text(0.5, 0.02, empty, transform=axes.transAxes, ha="center", fontsize=9, color=FAINT, zorder=9)
    if data.voxel_size is not None:
        length = round_length(2 * radius)
        axes.plot(
            [-0.92 * radius, -0.92 * radius + length],
            [0.93 * radius] * 2,
            color=INK,
            linewidth=2.4,
            solid_capstyle="butt",
            zorder=8,
        )
        axes.text(
            -0.92 * radius + length / 2,
            0.90 * radius,
            f"{length:g} µm",
            ha="center",
            va="bottom",
            fontsize=8,
            color=INK,
            zorder=8,
        )


def _box(axes: Axes, stage: Stage, behind: bool) -> None:
    """Draw the edges of the box: those that meet its farthest corner behind the bodies, the others before them."""
    seen: Any = stage.camera.seen(stage.corners - stage.middle)
    farthest = np.unravel_index(int(np.argmax(seen[..., 2])), (2, 2, 2))
    for axis in range(3):
        for others in np.ndindex(2, 2):
            ends = [tuple(np.insert(others, axis, end)) for end in (0, 1)]
            hidden = any(end == tuple(int(f) for f in farthest) for end in ends)
            if hidden == behind:
                (a, b) = (seen[end] for end in ends)
                axes.plot(
                    [a[0], b[0]],
                    [a[1], b[1]],
                    color=LINE,
                    linewidth=0.7,
                    linestyle=(0, (3, 3)) if behind else "-",
                    zorder=1 if behind else 6,
                    alpha=0.9,
                )
    for axis, name in enumerate("zyx"):
        corner = {"z": (0, 1, 0), "y": (1, 0, 1), "x": (1, 1, 0)}[name]
        end = list(corner)
        end[axis] = 1 - end[axis]
        place = (seen[corner] + seen[tuple(end)]) / 2
        if not behind:
            outward = place[:2] / max(np.linalg.norm(place[:2]), 1e-9)
            axes.annotate(
                name,
                place[:2],
                (7 * outward[0], -7 * outward[1]),
                textcoords="offset points",
                fontsize=8,
                color=FAINT,
                ha="center",
                va="center",
            )
