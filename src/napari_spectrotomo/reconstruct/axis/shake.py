"""How far single views stand off their place, and what that makes of an axis found from all of them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from ...data import FloatArray
from .bands import Bands


def shake_of(bands: Bands) -> float:
    """Standard deviation of the views' places along the columns, pixels, by how each stands between its two neighbours.

    A view is compared with the mean of those before and after it, of which a sample that turns evenly makes it nearly the copy;
    its displacement is the least-squares one, along the gradient of that mean. The median of all, over the root of 1.5 that the
    difference of one from the mean of two has. What the bands do not share (noise) is taken off.
    """
    smooth = ndi.gaussian_filter1d(bands.sinograms.astype(np.float64), 1.5, axis=2)
    between = (smooth[:, :-2] + smooth[:, 2:]) / 2
    slope = np.gradient(between, axis=2)
    rest = between - smooth[:, 1:-1]
    steep = np.sum(slope**2, axis=2)
    if not len(bands.angles) > 4 or not np.all(steep.sum(0) > 0):
        return 0.0
    along = np.sum(slope * rest, axis=2)
    odd, even = (along[k::2].sum(0) / np.maximum(steep[k::2].sum(0), 1e-30) for k in (0, 1))
    both = along.sum(0) / steep.sum(0)
    spread = 1.4826 * float(np.median(np.abs(both - np.median(both)))) / np.sqrt(1.5)
    if len(bands.rows) < 2:
        return spread
    noise = 1.4826 * float(np.median(np.abs(odd - even))) / 2 / np.sqrt(1.5)
    return float(np.sqrt(max(0.0, spread**2 - noise**2)))


def axis_error(angles: FloatArray) -> float:
    """Error of an axis found from views at these angles (A,), degrees, for a shake of one pixel.

    It is that of the constant beside a cosine and a sine, which views over half a turn hardly tell apart.
    """
    theta = np.deg2rad(angles)
    around = np.column_stack([np.ones_like(theta), np.cos(theta), np.sin(theta)])
    return float(np.linalg.norm(np.linalg.pinv(around)[0]))
