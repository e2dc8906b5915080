"""Two things in one picture, magenta and green: projections at two energies, and slices before and after registration."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import ReportData
from ..views import Look, Views, percentiles
from .canvas import FIXED_COLOUR, MOVING_COLOUR, WIDTH, Figure, finished, image_axes, mosaic, scale_bar, sheet, show

_UNKNOWN = (0.30, 0.32, 0.36)


def overlay(
    magenta: npt.NDArray[Any], green: npt.NDArray[Any], magenta_top: float, green_top: float
) -> npt.NDArray[np.float32]:
    """Blend two pictures: the first in magenta, the second in green, so that equal ones are grey.

    Parameters
    ----------
    magenta, green : (row, column)
        Values; where one is NaN the blend is slate.
    magenta_top, green_top : float
        Value shown brightest; 0 is black.

    Returns
    -------
    (row, column, 3) float32, 0 to 1
    """
    first, second = (
        np.clip(v / top, 0, 1) if top > 0 else np.zeros_like(v)
        for v, top in ((magenta, magenta_top), (green, green_top))
    )
    picture = np.stack([first, second, first], axis=-1)
    picture[~np.isfinite(picture).all(axis=-1)] = _UNKNOWN
    return picture.astype(np.float32)


def projection_overlay(data: ReportData) -> Figure:
    """Two projections of one view at two energies with their Canny contours, and both overlaid: before registration."""
    if data.projections is None:
        return Figure(
            caption="There are no projections to compare: this run began from volumes that were reconstructed "
            "elsewhere, or the scan was not there when the report was written."
        )
    first, second = data.projections
    if first.optical_density.shape != second.optical_density.shape:
        return Figure(caption="The two projections have different shapes and cannot be laid over each other.")
    rows, columns = first.optical_density.shape
    width = (WIDTH - 0.5) / 3
    figure = sheet(float(np.clip(width * rows / columns, 0.8, 4.2)) + 0.45)
    axes = figure.subplots(1, 3)
    pixel = None if data.voxel_size is None else float(data.spacing[2])
    contours = []
    for a, p, colour in zip(axes, (first, second), (FIXED_COLOUR, MOVING_COLOUR), strict=False):
        low, high = percentiles(p.optical_density, 0.5, 99.5) or (0.0, 1.0)
        a.imshow(p.optical_density, cmap="gray_r", vmin=low, vmax=high)
        contours.append((contour_of(p.optical_density, data.options.contour_sigma), colour))
        a.imshow(tinted(*contours[-1]), interpolation="nearest")
        scale_bar(a, columns, pixel, "black")
        image_axes(a, f"{p.energy:g} eV, view at {p.angle:g}°").title.set_color(colour)
    tops = [(percentiles(p.optical_density, 0, 99.5) or (0.0, 1.0))[1] for p in (first, second)]
    axes[2].imshow(overlay(first.optical_density, second.optical_density, *tops))
    for contour, colour in contours:
        axes[2].imshow(tinted(contour, colour), interpolation="nearest", alpha=0.75)
    scale_bar(axes[2], columns, pixel)
    image_axes(axes[2], "both, contours laid over each other")
    return finished(
        figure,
        alt=f"Projections at {first.energy:g} and {second.energy:g} eV with their contours, and their overlay.",
        caption=f"The same view at {first.energy:g} eV (magenta) and {second.energy:g} eV (green) with Canny "
        "contours, optical density, as measured: "
        "neither magnification nor motion is taken out.",
        well="the two contours differ by the magnification of the lens alone, growing evenly from the middle outwards.",
        amiss="contours that part on one side, or differently for two particles, show motion during the scan: "
        "what registration in 3-D must undo.",
    )


def contour_of(image: npt.NDArray[Any], sigma: float) -> npt.NDArray[np.bool_]:
    """Canny contours of a picture that may hold NaN; none where nothing is finite."""
    from ...assess import canny_contours

    known = np.isfinite(image)
    if not known.any() or min(image.shape) < 3:
        return np.zeros(image.shape, bool)
    return np.asarray(canny_contours(np.where(known, image, np.median(image[known])), sigma=sigma), bool)


def slice_overlay(data: ReportData, views: Views) -> Figure:
    """Slices of the moving volume laid over the fixed one, before and after registration."""
    spacing = None if data.voxel_size is None else data.spacing
    figure, axes = mosaic(2, [p.across for p in views.planes], data.labels.shape, spacing)
    looks: tuple[tuple[str, Look], ...] = (("raw", views.moving), ("registered", views.registered))
    for row, (name, look) in zip(axes, looks, strict=True):
        for k, (a, plane) in enumerate(zip(row, views.planes, strict=True)):
            show(a, overlay(views.fixed.slices[k], look.slices[k], views.fixed.top, look.top), plane.across, spacing)
            image_axes(a, plane.name if look is views.moving else "", name if k == 0 else "")
    moving, fixed = data.energies[data.moving], data.energies[data.fixed]
    return finished(
        figure,
        alt=f"Slices at {moving:g} eV in green over the fixed {fixed:g} eV in magenta, raw above, registered below.",
        caption=f"The fixed volume ({fixed:g} eV, magenta) and the one that was farthest from it ({moving:g} "
        "eV, green), each scaled to its own brightest values; "
        "voxels equal in both are grey. Planes go through the middle of the particle that moved most. Slate: "
        "outside the moving volume's field.",
        well="the lower row is grey to white throughout, cracks and rims included.",
        amiss="a magenta rim on one side and a green one on the other: what is left of the motion. The same "
        "tint everywhere is chemistry, not motion.",
    )


def tinted(contour: npt.NDArray[np.bool_], colour: str) -> npt.NDArray[np.float64]:
    """Give contours (row, column) as a picture in one colour, transparent elsewhere."""
    from matplotlib.colors import to_rgb

    picture = np.zeros((*contour.shape, 4))
    picture[contour] = (*to_rgb(colour), 1.0)
    return picture
