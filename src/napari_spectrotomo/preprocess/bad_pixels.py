"""Finding pixels that hold no transmission, and filling them from their neighbours in the same projection."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Float32 = npt.NDArray[np.float32]

_ALIKE = ((1e-3, 0.25, 1.0), (0.04, 0.375, 4.0))
"""From which share of strays on some must be expected to touch; the part of a stray's neighbours that may then be like it, and how
many thresholds it must differ from the others, so that steep faces of the sample are not eaten."""
_NOISE = 5.0
"""Standard deviations of a frame's own noise by which a stray pixel stands out at least."""
_FEWEST = 6
"""Valid neighbours from which on a surface of second order is fitted."""
_AROUND = np.mgrid[-2:3, -2:3].reshape(2, -1).T
_Y, _X = _AROUND.T.astype(np.float64)
_SURFACE = np.stack([np.ones_like(_X), _Y, _X, _Y * _Y, _X * _Y, _X * _X], axis=1)
_NEARNESS = np.exp(-0.5 * (_Y**2 + _X**2))


def mark_strays(transmission: Float32, threshold: float) -> int:
    """Set to NaN, in place, the pixels that stand out of their neighbours as nothing seen by the optics can; give how many.

    Stray photons, flickering and saturated pixels, and pixels without charge (salt-and-pepper noise). Where they are rare, only a
    pixel that differs from all its neighbours in one sense is taken for one, so that the finest structure stays. Where they
    are frequent they touch, and a quarter of the neighbours may be alike, or three of eight.

    Parameters
    ----------
    transmission : (row, column) float32
        One projection; NaN where it is bad already.
    threshold : float
        By how much a pixel's optical density must differ; five times the frame's noise where that is more.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        density = -np.log(transmission)
    least = max(threshold, _NOISE * _noise(density))
    found = _mark(density, least, alike=0.0)
    for share, alike, times in _ALIKE:
        while found > share * density.size and (more := _mark(density, times * least, alike)):
            found += more
    transmission[np.isnan(density)] = np.nan
    return found


def _noise(density: Float32) -> float:
    """Standard deviation of the noise from differences of pixels side by side, most of which show the same."""
    from .kernels import median_step

    return median_step(density) / 0.6745 / np.sqrt(2)


def _mark(density: Float32, least: float, alike: float) -> int:
    """Set strays to NaN, of whose valid neighbours a part, `alike`, may be like them; give how many."""
    from .kernels import standing_alone, standing_out

    limit = np.float32(least)
    stray = standing_out(density, limit, alike) if alike else standing_alone(density, limit)
    density[tuple(stray.T)] = np.nan
    return len(stray)


def repair(frame: Float32) -> int:
    """Fill the NaN of a projection in place; give how many there were.

    Each takes the value of a surface of second order through the valid of the 5 x 5 pixels around it, the nearer the more (a
    Gaussian of one pixel), within what they span; inside larger holes that of the nearest valid pixel. Repaired pixels repair no
    others.

    Parameters
    ----------
    frame : (row, column) float32
        With at least one valid pixel.
    """
    bad = np.stack(np.divmod(np.flatnonzero(np.isnan(frame)), frame.shape[1]), axis=1)
    if len(bad) == 0:
        return 0
    from .kernels import fitted

    filled = fitted(frame, bad, _SURFACE, _NEARNESS, _FEWEST)
    deep = np.isnan(filled)
    if deep.any():
        nearest = ndi.distance_transform_edt(np.isnan(frame), return_distances=False, return_indices=True)
        filled[deep] = frame[tuple(nearest[(slice(None), *bad[deep].T)])]
    frame[tuple(bad.T)] = filled
    return len(bad)
