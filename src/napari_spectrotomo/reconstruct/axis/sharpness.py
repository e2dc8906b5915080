"""The axis at which slices are sharpest: the entropy of their grey values is lowest."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ...data import FloatArray
from ..parameters import ReconstructParameters
from ..volume import reconstruct_volume
from .bands import Bands, coarser, lowest_point, to_coarser, to_finer
from .estimate import Found

Float32 = npt.NDArray[np.float32]
_SMOOTH = ReconstructParameters(filter="hann")
_WIDEST, _COARSE = 512, 64
"""Columns of the slices that are looked at, and of those that are searched through where nothing is known."""
_BINS, _BLUR = 128, 1.5
_FLOOR = 0.05
"""Pixels: what the entropy leaves on noiseless phantoms."""
_WALK = 6
_WEDGE = 120.0
"""Degrees of a missing wedge that leave the sharpest slice a pixel off, in all bands alike."""


def entropies(volume: Float32, limits: FloatArray) -> FloatArray:
    """Entropy of the grey values of each slice, (K,): lower is sharper.

    Parameters
    ----------
    volume : (K, N, N) float32
    limits : (K, 2)
        Values at which the histogram of each slice begins and ends.

    References
    ----------
    T. Donath, F. Beckmann and A. Schreyer (2006), J. Opt. Soc. Am. A 23, 1048 (the metric Q_H).
    """
    size = volume.shape[2]
    offset = np.arange(size) - (size - 1) / 2
    inside = np.hypot(offset[:, None], offset) < 0.475 * size
    out = np.empty(len(volume))
    for k, (values, (low, high)) in enumerate(zip(volume[:, inside], limits, strict=True)):
        counts, _ = np.histogram(np.clip(values, low, high), _BINS, (low, high))
        share = ndi.gaussian_filter1d(counts / counts.sum(), _BLUR)
        share = share[share > 1e-12]
        out[k] = -np.sum(share * np.log(share))
    return out


def grey_limits(volume: Float32) -> FloatArray:
    """Values, (K, 2), between which the grey values of slices like these lie, with room for what a wrong axis adds."""
    low, high = np.percentile(volume.reshape(len(volume), -1), (0.5, 99.5), axis=1)
    room = 0.3 * (high - low) + 1e-12
    return np.stack([low - room, high + room], 1)


def axis_from_sharpness(bands: Bands, candidates: Sequence[float], abort: threading.Event | None = None) -> Found:
    """Find the axis at which slices are sharpest.

    Slices of each band are reconstructed a pixel apart about the candidates (over the middle half of the detector where there
    are none), then half a pixel apart about the best, and a parabola gives the rest for each band.

    Parameters
    ----------
    bands : Bands
    candidates : sequence of float
        Columns in the middle row.
    abort : threading.Event

    Returns
    -------
    Found
        Its error by the scatter of the bands, larger where a wedge of views is missing, whose streaks are sharp, too; nothing
        where most bands have no sharpest slice.
    """
    if not candidates:
        candidates = [_search(bands, abort)]
    factor = -(-bands.columns // _WIDEST)
    curve = Curve(ndi.gaussian_filter1d(coarser(bands.sinograms, factor), 1.0, axis=2), bands.angles, abort)
    curve.look(round(to_coarser(c, factor)) + step for c in candidates for step in (-1.0, 0.0, 1.0))
    for _ in range(_WALK):
        best = curve.best()
        if not curve.look((best - 1, best + 1)):
            break
    curve.look((best - 1.5, best - 0.5, best + 0.5, best + 1.5))
    axes = np.array(sorted(axis for axis in curve.known if abs(axis - best) <= 2))
    metric = np.array([curve.known[axis] for axis in axes])
    found = np.array([to_finer(lowest_point(axes, one, reach=1.0), factor) for one in metric.T])
    return bands.combine(found, float(np.hypot(_FLOOR * factor, _unseen(bands.angles) / _WEDGE)))


def _unseen(angles: FloatArray) -> float:
    """The widest gap between views over the half turn, degrees; 0 where views are even."""
    turn = np.sort(np.mod(angles, 180.0))
    gaps = np.diff(turn, append=turn[0] + 180.0)
    widest = float(gaps.max())
    return widest if widest > max(3 * float(np.median(gaps[gaps > 1e-3])), 5.0) else 0.0


class Curve:
    """Entropies (K,) of the slices of K sinograms (K, A, C) at the axes looked at so far, in `known`."""

    def __init__(self, sinograms: Float32, angles: FloatArray, abort: threading.Event | None) -> None:
        self.known: dict[float, FloatArray] = {}
        self._sinograms = sinograms
        self._angles = angles
        self._abort = abort
        self._limits: FloatArray | None = None

    def look(self, axes: Iterable[float]) -> bool:
        """Look at axes (multiples of a half) that are new, on the detector; give whether there was any.

        Those whole pixels apart are reconstructed together, the sinograms moved: one geometry serves many slices.
        """
        last = self._sinograms.shape[2] - 1
        new = sorted({float(axis) for axis in axes if 0 <= axis <= last} - set(self.known))
        for part in (0.0, 0.5):
            group = [axis for axis in new if axis % 1 == part]
            if group:
                self._reconstruct(group, min(group, key=lambda axis: abs(axis - last / 2)))
        return bool(new)

    def _reconstruct(self, axes: list[float], at: float) -> None:
        columns = np.arange(self._sinograms.shape[2])
        moved = [np.take(self._sinograms, columns + round(axis - at), axis=2, mode="clip") for axis in axes]
        views = np.ascontiguousarray(np.moveaxis(np.concatenate(moved), 1, 0))
        slices = reconstruct_volume(views, self._angles, at, parameters=_SMOOTH, abort=self._abort)
        count = len(self._sinograms)
        if self._limits is None:
            self._limits = grey_limits(slices[:count])
        for k, axis in enumerate(axes):
            self.known[axis] = entropies(slices[k * count : (k + 1) * count], self._limits)

    def best(self) -> float:
        """The axis at which the slices together are sharpest."""
        return min(self.known, key=lambda axis: float(self.known[axis].sum()))


def _search(bands: Bands, abort: threading.Event | None) -> float:
    """The axis at which small, coarse slices are sharpest, over the middle half of the detector."""
    factor = max(1, bands.columns // _COARSE)
    curve = Curve(coarser(bands.sinograms, factor), bands.angles, abort)
    width = bands.columns // factor
    curve.look(float(axis) for axis in range(width // 5, width - width // 5 + 1))
    return to_finer(curve.best(), factor)
