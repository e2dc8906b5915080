"""A section through a cracked particle and a cylinder beside it, made of ellipses: its line integrals are known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...data import FloatArray

FIELD = 20.0
"""Width of the field in µm, whatever the number of columns."""
SUBPIXELS = 4
"""Along a pixel's edge, over which truth and views are averaged."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """A homogeneous ellipse, added to what lies beneath it.

    Attributes
    ----------
    x, y : float
        Its middle in half fields from the rotation axis, y upwards.
    a, b : float
        Half axes in half fields.
    degrees : float
        From x to the axis `a`, counter-clockwise.
    value : float
        Attenuation coefficient, 1/µm.
    """

    x: float
    y: float
    a: float
    b: float
    degrees: float
    value: float

    def inside(self, x: FloatArray, y: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell which points lie inside."""
        turn = np.deg2rad(self.degrees)
        along = (x - self.x) * np.cos(turn) + (y - self.y) * np.sin(turn)
        across = (y - self.y) * np.cos(turn) - (x - self.x) * np.sin(turn)
        return np.asarray((along / self.a) ** 2 + (across / self.b) ** 2 <= 1)

    def integrals(self, radians: FloatArray, at: FloatArray) -> FloatArray:
        """Integrate along the lines at distances `at` (C,) from the axis, in half fields, of views (A,): (A, C)."""
        theta = radians[:, None]
        turned = theta - np.deg2rad(self.degrees)
        reach = (self.a * np.cos(turned)) ** 2 + (self.b * np.sin(turned)) ** 2
        beside = at - self.x * np.cos(theta) - self.y * np.sin(theta)
        return np.asarray(2 * self.value * self.a * self.b * np.sqrt(np.clip(reach - beside**2, 0, None)) / reach)


CYLINDER = Ellipse(0.14, -0.66, 0.2, 0.2, 0, 0.25)
"""Of known attenuation, alone: what its mean comes to tells whether the scale is right."""
SECTION = (
    Ellipse(-0.04, 0.18, 0.7, 0.56, 15, 0.3),
    Ellipse(-0.04, 0.18, 0.62, 0.48, 15, -0.05),  # the core has another valence than the shell
    Ellipse(-0.3, 0.3, 0.26, 0.014, 62, -0.25),  # cracks
    Ellipse(0.06, 0.02, 0.3, 0.01, -28, -0.25),
    Ellipse(0.26, 0.36, 0.18, 0.007, 5, -0.25),
    Ellipse(-0.34, -0.04, 0.05, 0.05, 0, -0.25),  # pores
    Ellipse(0.32, 0.14, 0.03, 0.05, 30, -0.25),
    Ellipse(-0.05, 0.48, 0.02, 0.02, 0, -0.25),
    Ellipse(-0.02, 0.24, 0.11, 0.07, 40, 0.12),  # a grain that attenuates more
    CYLINDER,
)


def pixel_size(size: int) -> float:
    """Give the pixel size in µm of so many columns."""
    return FIELD / size


def section(size: int, axis: float) -> FloatArray:
    """Give the section's pixel means (size, size), 1/µm, in the orientation of `skimage.transform.iradon`.

    Parameters
    ----------
    size : int
    axis : float
        Row and column at which the rotation axis lies.
    """
    places = (np.arange(SUBPIXELS) + 0.5) / SUBPIXELS - 0.5
    across = 2 * (np.arange(size) - axis) / size
    total = np.zeros((size, size))
    for dy in places:
        for dx in places:
            x, y = np.meshgrid(across + 2 * dx / size, -(across + 2 * dy / size))
            for ellipse in SECTION:
                total[ellipse.inside(x, y)] += ellipse.value
    return total / SUBPIXELS**2


def views_of(size: int, angles: FloatArray, axis: float) -> npt.NDArray[np.float32]:
    """Give the section's views (A, size): exact line integrals, averaged over each column.

    Parameters
    ----------
    size : int
    angles : (A,), degrees
    axis : float
        Column of the rotation axis.
    """
    total = np.zeros((len(angles), size))
    for place in (np.arange(SUBPIXELS) + 0.5) / SUBPIXELS - 0.5:
        at = 2 * (np.arange(size) - axis + place) / size
        for ellipse in SECTION:
            total += ellipse.integrals(np.deg2rad(angles), at)
    return (total * FIELD / 2 / SUBPIXELS).astype(np.float32)


def within(size: int, axis: float, share: float, of: Ellipse | None = None) -> npt.NDArray[np.bool_]:
    """Tell which pixels (size, size) lie within a share of the radius of the field, or of an ellipse."""
    x = 2 * (np.arange(size) - axis) / size
    if of is None:
        of = Ellipse(0, 0, 1, 1, 0, 0)
    smaller = Ellipse(of.x, of.y, share * of.a, share * of.b, of.degrees, 0)
    return smaller.inside(*np.meshgrid(x, -x))
