"""Where the rotation axis is, to a small part of a pixel, and how it drifts with energy."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy.optimize import minimize_scalar

from ...arrays import as_array, as_numbers
from ...data import FloatArray, Scan, require
from ...errors import ReconstructionError
from ..geometry import check_views
from .center_of_mass import axis_from_mass
from .opposite_views import opposite_views

Float32 = npt.NDArray[np.float32]
_ALIKE = 0.5  # correlation under which two opposite views do not show the same thing
_WIDE = 3.0  # pixels that Vo's metric is off where a wedge is missing
_ROWS = 256  # as many detector rows as the search looks at


def find_center(od: Scan, energy_index: int = -1) -> float:
    """Find the column of the rotation axis in the projections of one energy.

    Parameters
    ----------
    od : Scan
        Of optical density.
    energy_index : int

    Returns
    -------
    float
        Sub-pixel; 0 is the middle of column 0.

    Raises
    ------
    ReconstructionError
        If the scan is not one of optical density, or the axis cannot be found.
    DataError
        If it is no scan.
    """
    require(od, Scan, "find_center")
    if od.kind != "optical_density":
        raise ReconstructionError(
            f"The rotation axis is looked for in optical density, not in {od.kind}: correct the scan first."
        )
    if not isinstance(energy_index, int | np.integer):
        raise ReconstructionError(f"An energy is given by its index, a whole number; found {energy_index!r}.")
    if not -len(od) <= energy_index < len(od):
        raise ReconstructionError(f"There is no energy with index {energy_index}: the scan has {len(od)}.")
    return find_center_of(np.asarray(od.projections[energy_index]), od.angles[energy_index])


def find_center_of(projections: npt.NDArray[np.floating], angles: FloatArray) -> float:
    """Find the column of the rotation axis in projections.

    Views half a turn apart are mirror images about the axis. Both are predicted at one common angle from the views nearest
    to it, so that no two need be exactly 180° apart, and the mirror image is moved for the highest correlation. Where the
    scan spans less than a half turn, it is the axis about which the sample's centre of mass goes round, where Vo's sinogram
    metric (algotom), which is pixels off then, does not contradict it.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density.
    angles : (A,), degrees

    Returns
    -------
    float
        Sub-pixel; 0 is the middle of column 0.

    Raises
    ------
    ReconstructionError
        If there are too few views, or no axis stands out; the message asks for the column.

    References
    ----------
    N. T. Vo et al. (2014), Optics Express 22, 19078.
    """
    projections, angles = as_array(projections, "projections"), as_numbers(angles, "angles")
    if projections.ndim != 3 or angles.shape != projections.shape[:1]:
        raise ReconstructionError(
            f"Projections are (angle, row, column) with one angle each; found shape {projections.shape} and "
            f"{angles.size} angles."
        )
    check_views(angles)
    rows = np.unique(np.linspace(0, projections.shape[1] - 1, min(_ROWS, projections.shape[1])).astype(int))
    pairs = opposite_views(projections, angles, rows)
    if pairs is None:
        return _axis_from_sinograms(projections, angles)
    view, mirrored = (ndi.gaussian_filter1d(v, 1.0, axis=1) for v in pairs)
    columns = view.shape[1]
    shift, likeness = _whole_pixel_shift(view, mirrored)
    if likeness < _ALIKE:
        raise ReconstructionError(
            f"Views half a turn apart do not look like mirror images (correlation {likeness:.2f}), so the rotation axis was not "
            "found: give its column, or leave this energy out if the sample moved or nothing is seen."
        )
    margin = abs(shift) + 2
    inner = slice(margin, columns - margin) if columns > 2 * margin + 4 else slice(None)

    def unlikeness(offset: float) -> float:
        moved = ndi.shift(mirrored, (0, offset), order=3, mode="nearest")
        return 1.0 - _correlation(view[:, inner], moved[:, inner])

    best = minimize_scalar(unlikeness, bounds=(shift - 1.5, shift + 1.5), method="bounded", options={"xatol": 1e-3})
    return float((columns - 1 + best.x) / 2)


def settle_centers(estimates: Sequence[float] | FloatArray, tolerance: float = 0.5) -> FloatArray:
    """Give the axis of each energy from estimates that may be missing or wrong.

    Estimates further than `tolerance` from the line through them all (Theil and Sen's median of slopes), or missing, take
    that line's value; the others stay as they are.

    Parameters
    ----------
    estimates : (E,)
        Columns, in order of energy; NaN where none was found.
    tolerance : float
        Pixels.

    Raises
    ------
    ReconstructionError
        If none was found at any energy.
    """
    found = np.atleast_1d(as_numbers(estimates, "rotation axes"))
    if found.ndim != 1:
        raise ReconstructionError(f"Rotation axes are one number an energy; found an array of shape {found.shape}.")
    known = np.isfinite(found)
    if not known.any():
        raise ReconstructionError("The rotation axis was found at no energy: give its column.")
    index = np.arange(len(found), dtype=np.float64)
    line = np.full(len(found), np.median(found[known]))
    if known.sum() >= 5:
        from scipy.stats import theilslopes

        slope, intercept, _, _ = theilslopes(found[known], index[known])
        line = intercept + slope * index
    spread = 1.4826 * np.median(np.abs(found[known] - line[known]))
    if known.sum() < 3:
        return np.where(known, found, line)
    return np.where(known & (np.abs(found - line) <= max(tolerance, 5 * spread)), found, line)


def axis_warnings(
    energies: FloatArray, estimates: Sequence[float] | FloatArray, centers: FloatArray
) -> tuple[str, ...]:
    """Say at which energies `settle_centers` did not take the estimate, and what it took, a sentence each."""
    sentences = []
    for energy, estimate, center in zip(energies, np.asarray(estimates, np.float64), centers, strict=True):
        if np.isnan(estimate):
            sentences.append(
                f"At {energy:g} eV the rotation axis was not found; the other energies' ({center:.2f}) was taken."
            )
        elif estimate != center:
            sentences.append(
                f"At {energy:g} eV the rotation axis found ({estimate:.2f}) is off the others' line; {center:.2f} was taken."
            )
    return tuple(sentences)


def _whole_pixel_shift(view: Float32, mirrored: Float32) -> tuple[int, float]:
    """Shift of `mirrored` that makes it most like `view`, at least half of the columns in common, and the correlation."""
    columns = view.shape[1]
    shifts = range(-(columns // 2), columns // 2 + 1)
    likeness = [
        _correlation(view[:, max(0, s) : columns + min(0, s)], mirrored[:, max(0, -s) : columns + min(0, -s)])
        for s in shifts
    ]
    best = int(np.argmax(likeness))
    return shifts[best], likeness[best]


def _correlation(a: Float32, b: Float32) -> float:
    x, y = a - a.mean(), b - b.mean()
    norm = float(np.sqrt(np.vdot(x, x) * np.vdot(y, y)))
    return float(np.vdot(x, y)) / norm if norm > 0 else 0.0


def _axis_from_sinograms(projections: npt.NDArray[np.floating], angles: FloatArray) -> float:
    """Centre of mass's axis, if near the median of what Vo's metric finds in the five rows in which most is seen; else that."""
    from algotom.prep.calculation import find_center_vo

    columns = projections.shape[2]
    views = np.asarray(projections, np.float32)[np.argsort(angles, kind="stable")]
    rows = np.argsort(views.var(axis=(0, 2)))[-5:]
    found = [
        float(find_center_vo(views[:, r], start=columns // 4, stop=columns - columns // 4, ncore=1))
        for r in sorted(rows)
    ]
    center = float(np.median(found))
    axis = axis_from_mass(projections, angles)
    if abs(axis - center) <= max(_WIDE, 0.05 * columns):
        return axis
    if np.median(np.abs(np.asarray(found) - center)) > 2:
        raise ReconstructionError(
            f"The scan spans {np.ptp(angles):g}°, less than a half turn, and its rows do not agree on a rotation axis "
            f"({', '.join(f'{f:g}' for f in found)}): give its column."
        )
    return center
