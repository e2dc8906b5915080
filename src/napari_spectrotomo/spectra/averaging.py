"""Averaging of a voxel's spectrum with its neighbours' inside the same particle, so that a noisy scan still gives a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from .parameters import SpectraParameters

Volume = npt.NDArray[np.float32]
_TRUNCATE = 4.0
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
        return int(_TRUNCATE * self.smooth + 0.5) if self.smooth > 0 else 0

    def sentence(self, voxel_size: FloatArray | None) -> str:
        """Say how far spectra are averaged, and what that costs; empty where they are not.

        The width is the full one at half maximum of a Gaussian with the variance of both (that of a box of b voxels is
        (b² - 1) / 12 more than a voxel's own).
        """
        if self.smooth == 0 and self.binning == 1:
            return ""
        width = _FWHM * np.sqrt(self.smooth**2 + (self.binning**2 - 1) / 12)
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
        smoothed = _smoother(label, self.smooth) if self.smooth > 0 else lambda volume: volume
        inside = np.flatnonzero(where[own])
        bins = _bins(label[own], self.binning) if self.binning > 1 else None

        def average(volume: Volume) -> Volume:
            values = smoothed(volume)[own].reshape(-1)[inside]
            return values if bins is None else _mean_of_bins(values, bins)

        return average


def averaging_of(parameters: SpectraParameters, mask: npt.ArrayLike | None) -> Averaging:
    """Give what the parameters ask for, inside each label where the mask is of labels."""
    found = None if mask is None else np.asarray(mask)
    labels = found if found is not None and np.issubdtype(found.dtype, np.integer) else None
    return Averaging(parameters.smooth, parameters.binning, labels)


def _smoother(label: npt.NDArray[np.integer], smooth: float) -> Callable[[Volume], Volume]:
    """Give what smooths a volume (z, y, x) inside each label; a missing value stays missing and counts for no other."""
    from scipy.ndimage import find_objects, gaussian_filter

    reach = int(_TRUNCATE * smooth + 0.5)
    boxes = []
    for number, box in enumerate(find_objects(label), 1):
        if box is not None:
            wide = tuple(slice(max(0, s.start - reach), s.stop + reach) for s in box)
            own = (label[wide] == number).astype(np.float32)
            boxes.append((wide, own, gaussian_filter(own, smooth, mode="constant", truncate=_TRUNCATE)))

    def smoothed(volume: Volume) -> Volume:
        made = np.full(volume.shape, np.nan, np.float32)
        for wide, own, weight in boxes:
            values = volume[wide]
            known = own.astype(bool) & np.isfinite(values)
            total = weight
            if not np.array_equal(known, own.astype(bool)):
                total = gaussian_filter(known.astype(np.float32), smooth, mode="constant", truncate=_TRUNCATE)
            mean = gaussian_filter(np.where(known, values, 0), smooth, mode="constant", truncate=_TRUNCATE)
            made[wide][known] = mean[known] / total[known]
        return made

    return smoothed


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
