"""2-D XANES: the images at two energies, and laid over each other with their contours before and after registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...assess import canny_contours
from ..data import ReportData
from ..marks import Marks
from ..views import Views, percentiles
from .canvas import FIXED_COLOUR, INK, MOVING_COLOUR, WIDTH, Figure, colour_bar, finished, image_axes, sheet, show
from .edge_map import mark
from .overlays import overlay, tinted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TALLEST = 4.6
_BACKGROUND = 60
"""Percentile of what is outside the particles up to which it is black: an even background, and half of its noise."""
_FINE = 256
"""Pixels: contours of larger images are smoothed more, as much as they are larger."""
_THICK = 700
"""Pixels: contours of larger images are drawn two pixels wide, so that they are seen on the page."""
Image = npt.NDArray[Any]


def two_images(data: ReportData, views: Views, marks: Marks) -> Figure:
    """The image at the energy farthest from the fixed one and at the fixed one, on one scale, as measured."""
    plane = views.planes[0]
    images = (views.moving.slices[0], views.fixed.slices[0])
    limits = percentiles(np.stack(images), 0.5, 99.5) or (0.0, 1.0)
    figure, axes = _panels(data, 1, spare=0.9)
    marked = data.has_edges is False and bool(marks.voxels)
    shown = None
    for a, image, energy in zip(axes[0], images, _energies(data), strict=True):
        shown = show(a, image, plane.across, _spacing(data), INK, cmap="gray_r", vmin=limits[0], vmax=limits[1])
        image_axes(a, f"{energy:g} eV")
    if marked:
        mark(axes[0, 1], plane, marks, views.planes)
    colour_bar(figure, shown, axes, label=data.attenuation_unit, shrink=0.9)
    moving, fixed = _energies(data)
    return finished(
        figure,
        alt=f"Images at {moving:g} and {fixed:g} eV in optical density.",
        caption=f"Optical density at {moving:g} eV and at {fixed:g} eV, to which others are registered, on one scale, as measured"
        + (", with the pixels whose spectra are shown below." if marked else "."),
        well="an even background, and particles that are darker above the edge than below it.",
        amiss="stripes or rings that are the same in both: the flats do not fit. A background that is not even: the beam moved.",
    )


def images_laid_over(data: ReportData, views: Views) -> Figure:
    """Both images laid over each other, and their contours, raw at the left and registered at the right."""
    plane = views.planes[0]
    fixed, moving, registered = (look.slices[0] for look in (views.fixed, views.moving, views.registered))
    figure, axes = _panels(data, 2)
    outside = plane.of(data.labels) == 0
    first = _stretched(fixed, fixed, outside)
    sigma = data.options.contour_sigma * max(1.0, max(fixed.shape) / _FINE)
    for k, (image, name) in enumerate(((moving, "raw"), (registered, "registered"))):
        second = _stretched(image, moving, outside)
        show(axes[0, k], overlay(first, second, 1.0, 1.0), plane.across, _spacing(data))
        image_axes(axes[0, k], name)
        pale = 0.7 + 0.3 * (1 - np.clip(first, 0, 1))
        show(axes[1, k], pale, plane.across, _spacing(data), INK, cmap="gray", vmin=0, vmax=1)
        for picture, colour in ((first, FIXED_COLOUR), (second, MOVING_COLOUR)):
            _draw(axes[1, k], canny_contours(np.clip(picture, 0, 1), sigma), colour)
        image_axes(axes[1, k], "contours" if k == 0 else "contours, registered")
    low, high = _energies(data)
    return finished(
        figure,
        alt=f"The images at {low:g} and {high:g} eV laid over each other and their contours, before and after registration.",
        caption=f"The fixed image ({high:g} eV, magenta) and the one that was farthest from it ({low:g} eV, green), each scaled "
        "from its own background to its own highest values, and their Canny contours in the same colours. Slate: outside the "
        "moving image's field.",
        well="at the right contours lie on each other, and rims are neither magenta nor green on one side only.",
        amiss="contours that are displaced alike everywhere at the right: the masks do not show the sample. Displaced for one "
        "particle only: it moved by itself, or overlaps another one.",
    )


def _panels(data: ReportData, rows: int, spare: float = 0.0) -> tuple[Any, npt.NDArray[Any]]:
    """Give a figure of so many rows of two images."""
    _, height, width = data.labels.shape
    tall = float(np.clip((WIDTH - 0.3 - spare) / 2 * height / width, 0.8, _TALLEST))
    figure = sheet(rows * (tall + 0.35) + 0.15)
    return figure, figure.subplots(rows, 2, squeeze=False)


def _stretched(image: Image, over: Image, outside: npt.NDArray[np.bool_]) -> Image:
    """Give an image from 0 at the background, most of what is outside, to 1 at the highest values of another, or of itself."""
    low, high = percentiles(over, 0.5, 99.5) or (0.0, 1.0)
    beyond = over[outside & np.isfinite(over)]
    low = max(low, float(np.percentile(beyond, _BACKGROUND))) if beyond.size else low
    return np.asarray((image - low) / max(high - low, 1e-9))


def _draw(axes: Axes, contour: npt.NDArray[np.bool_], colour: str) -> None:
    from scipy.ndimage import binary_dilation

    wide = binary_dilation(contour, iterations=1) if max(contour.shape) > _THICK else contour
    axes.imshow(tinted(wide, colour), interpolation="nearest", alpha=0.8)


def _energies(data: ReportData) -> tuple[float, float]:
    """Give the energies of the moving and of the fixed image."""
    return float(data.energies[data.moving]), float(data.energies[data.fixed])


def _spacing(data: ReportData) -> npt.NDArray[np.float64] | None:
    return None if data.voxel_size is None else data.spacing
