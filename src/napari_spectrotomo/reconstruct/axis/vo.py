"""The axis by Vo's metric of the sinogram: what its whole turn must not hold in Fourier space."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ...data import FloatArray
from ...progress import raise_if_aborted
from .bands import Bands, coarser, lowest_point, to_coarser, to_finer
from .estimate import NOTHING, Found

Float32 = npt.NDArray[np.float32]
_COARSE = 128
"""Columns the search for the minimum works on."""
_FLOOR = 0.05
"""Pixels: what the metric leaves on noiseless phantoms."""


def axis_from_vo(bands: Bands, candidates: Sequence[float] = (), abort: threading.Event | None = None) -> Found:
    """Find the axis at which a half turn and its mirror image make a whole turn.

    The sinogram of a whole turn has next to nothing outside a double wedge of Fourier space; a half turn completed by its mirror
    image about a wrong axis does. The metric is algotom's. It is given what its own search (`find_center_vo`) does not: a half
    turn of evenly spaced views whose last one is a step short of 180°, wherever the scan ends, not smoothed over the angle,
    which bends both ends of the half turn and moves the minimum by a pixel; and axes at half pixels only, for which the mirror
    image moves by whole pixels and is not interpolated. A parabola gives the rest.

    Parameters
    ----------
    bands : Bands
    candidates : sequence of float
        Columns; the minimum is looked for within a sixteenth of the detector about them and its middle, since far from the
        axis, where little of the two halves overlaps, the metric means little; over its middle half where there are none.
    abort : threading.Event

    Returns
    -------
    Found
        Its error by the scatter of the bands; nothing where the scan does not go through a half turn.

    References
    ----------
    N. T. Vo et al. (2014), Optics Express 22, 19078.
    """
    even = _even_angles(bands.angles)
    if even is None:
        return NOTHING
    windows = [*candidates, (bands.columns - 1) / 2] if candidates else []
    axes = np.empty(len(bands.rows))
    for k, sinogram in enumerate(bands.sinograms):
        raise_if_aborted(abort)
        axes[k] = _axis_of(_at_angles(sinogram, bands.angles, even), windows)
    return bands.combine(axes, _FLOOR)


def _even_angles(angles: FloatArray) -> FloatArray | None:
    """Angles in even steps over a half turn from the first; None where the scan ends far from it."""
    distinct = np.unique(np.round(angles, 3))
    steps = np.diff(distinct[distinct <= distinct[0] + 180.0])
    if len(steps) < 5:
        return None
    step, short = float(np.median(steps)), distinct[0] + 180.0 - distinct[-1]
    count = round(180.0 / step)
    if short > 1e-3:
        count = min(count, int(180.0 / short + 1e-3))
    if count < 0.6 * 180.0 / step or steps.max() > 3 * step:
        return None
    return distinct[0] + 180.0 / count * np.arange(count)


def _at_angles(sinogram: Float32, angles: FloatArray, even: FloatArray) -> Float32:
    """The sinogram at other angles, by a straight line between its neighbours; as it is where they are its own."""
    after = np.clip(np.searchsorted(angles, even - 1e-9), 1, len(angles) - 1)
    gap = np.maximum(angles[after] - angles[after - 1], 1e-9)
    share = np.clip((even - angles[after - 1]) / gap, 0, 1)[:, None].astype(np.float32)
    return (1 - share) * sinogram[after - 1] + share * sinogram[after]


def _axis_of(sinogram: Float32, windows: list[float]) -> float:
    columns = sinogram.shape[1]
    smooth = ndi.gaussian_filter1d(sinogram, 1.0, axis=1)
    factor = max(1, columns // _COARSE)
    width = columns // factor
    axes = np.arange(max(1, width // 5), width - max(1, width // 5) + 1)
    if windows:
        middles = np.array([to_coarser(w, factor) for w in windows])
        near = np.abs(axes[:, None] - middles).min(1) <= width / 16 + 1
        axes = axes[near] if near.any() else axes
    center = to_finer(float(axes[int(np.argmin(_metrics(coarser(smooth, factor), axes)))]), factor)
    while factor > 4:  # so that few axes are looked at on wide sinograms
        reach, factor = factor, factor // 4
        axes = round(to_coarser(center, factor)) + np.arange(-(reach // factor) - 1, reach // factor + 2)
        center = to_finer(float(axes[int(np.argmin(_metrics(coarser(smooth, factor), axes)))]), factor)
    near = np.arange(round(2 * (center - factor)) - 2, round(2 * (center + factor)) + 3) / 2
    near = near[(near >= 1) & (near <= columns - 2)]
    return lowest_point(near, _metrics(smooth, near), reach=1.0)


def _metrics(sinogram: Float32, axes: FloatArray) -> FloatArray:
    """Vo's metric at each axis, a multiple of half a pixel."""
    from algotom.prep.calculation import calculate_center_metric, make_inverse_double_wedge_mask

    views, columns = sinogram.shape
    mask = make_inverse_double_wedge_mask(2 * views, columns, 0.25 * columns)
    mirrored, filling = sinogram[:, ::-1], sinogram[::-1]
    return np.array([calculate_center_metric(float(axis), sinogram, mirrored, filling, mask) for axis in axes])
