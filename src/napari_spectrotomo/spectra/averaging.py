"""Averaging of a voxel's spectrum with its neighbours' inside the same particle, so that a noisy scan still gives a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_array, as_labels
from ..data import FloatArray
from .parameters import SpectraParameters
from .smoothing import Volume, reach_of, smoother

_HIGHEST = 1 << 20
"""Labels above it are numbered anew, so that they and bins make numbers that fit."""
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True, slots=True, eq=False)
class Averaging:
    """How spectra are averaged before edges are looked for.

    Attributes
    ----------
    smooth : float, voxel
        Standard deviation of a Gaussian; its weights count inside the particle only and are made to sum to one there.
    binning : int
        So many voxels along each axis share their mean.
    labels : (z, y, x) int, or None
        Which particle a voxel is of; None: all of one.
    """

    smooth: float = 0.0
    binning: int = 1
    labels: npt.NDArray[np.integer] | None = None

    @property
    def reach(self) -> int:
        """How many slices beyond a slab are needed for it."""
        return reach_of(self.smooth)

    def sentence(self, voxel_size: FloatArray | None) -> str:
        """Say how far spectra are averaged, and what that costs; empty where they are not.

        The widths of both at half maximum, of the Gaussian and of a bin, are added as squares.
        """
        if self.smooth == 0 and self.binning == 1:
            return ""
        width = np.hypot(_FWHM * self.smooth, self.binning if self.binning > 1 else 0)
        done = [f"smoothed by a Gaussian of {self.smooth:g} voxels (standard deviation)"] if self.smooth else []
        done += [f"averaged in bins of {self.binning} voxels along each axis"] if self.binning > 1 else []
        size = "" if voxel_size is None else f" ({width * float(np.max(voxel_size)):.0f} nm)"
        return (
            f"Spectra were {' and '.join(done)} inside each particle: the map resolves nothing finer than about {width:.1f} "
            f"voxels{size}, beside what the tomograms resolve, and errors of neighbouring voxels are not independent."
        )

    def over(self, where: npt.NDArray[np.bool_], around: slice, own: slice) -> Callable[[Volume], Volume]:
        """Give what averages one energy's slices `around`, and picks the values of the mask's voxels in the slices `own` of them.

        Parameters
        ----------
        where : (z, y, x) bool
            The mask in the slices around.
        around : slice
            Those slices, in the whole volume.
        own : slice
            Those asked for, counted in `where`.
        """
        label = where.astype(np.int32) if self.labels is None else np.where(where, self.labels[around], 0)
        smoothed = smoother(label, self.smooth) if self.smooth > 0 else lambda volume: volume
        inside = np.flatnonzero(where[own])
        bins = _bins(label[own], self.binning) if self.binning > 1 else None

        def average(volume: Volume) -> Volume:
            values = smoothed(volume)[own].reshape(-1)[inside]
            return values if bins is None else _mean_of_bins(values, bins)

        return average


def averaging_of(parameters: SpectraParameters, mask: npt.ArrayLike | None) -> Averaging:
    """Give what the parameters ask for, inside each label where the mask is of labels: whole numbers, of any type.

    Raises
    ------
    DataError
        If a label is negative.
    """
    asked = parameters.smooth > 0 or parameters.binning > 1
    labels = _labels_of(np.asarray(as_array(mask, "voxels of the mask"))) if asked and mask is not None else None
    return Averaging(parameters.smooth, parameters.binning, labels)


def _labels_of(mask: npt.NDArray[Any]) -> npt.NDArray[np.integer] | None:
    """Give the labels of a mask, high ones numbered anew; None for one that is only true or false."""
    if mask.dtype == bool or (mask.dtype.kind == "f" and not np.all(np.isfinite(mask) & (mask == np.floor(mask)))):
        return None
    labels = as_labels(mask)
    if labels.max(initial=0) > _HIGHEST:
        names, places = np.unique(labels, return_inverse=True)
        labels = (places.reshape(labels.shape) + (names[0] != 0)).astype(np.int32)
    return labels


def _bins(label: npt.NDArray[np.integer], binning: int) -> npt.NDArray[np.intp]:
    """Give the bin of every voxel of a label: voxels of one block of the grid and of one label share it."""
    z, y, x = np.nonzero(label)
    _, rows, columns = label.shape
    block = (z // binning * -(-rows // binning) + y // binning) * -(-columns // binning) + x // binning
    _, bins = np.unique(block.astype(np.int64) * (int(label.max()) + 1) + label[z, y, x], return_inverse=True)
    return bins.astype(np.intp).reshape(-1)


def _mean_of_bins(values: Volume, bins: npt.NDArray[np.intp]) -> Volume:
    known = np.isfinite(values)
    count = np.bincount(bins[known], minlength=int(bins.max()) + 1)
    total = np.bincount(bins[known], values[known], minlength=len(count))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total / count).astype(np.float32)
    return np.where(known, mean[bins], np.float32(np.nan))
