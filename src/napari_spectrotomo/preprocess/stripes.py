"""Stripes: what runs through a sinogram along all angles and makes rings in the slices; algotom's ways to take them out.

The methods are those of Vo, Atwood & Drakopoulos, Opt. Express 26, 28396 (2018) ('sorting', 'filtering', 'fitting', 'large',
'dead', 'all', 'interpolation'), Rivers (normalization) and Münch et al., Opt. Express 17, 8567 (2009) ('wavelet').
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..progress import raise_if_aborted
from ..threads import in_threads
from .parameters import CorrectParameters

Float32 = npt.NDArray[np.float32]

FEWEST_VIEWS = 16
"""Views from which on what all of them share can be told from the sample; 'wavelet' halves them at least once and needs twice as
many."""
FEWEST_COLUMNS = 16
_TAKEN = 0.01
"""Share of the sample's own optical density from which on it is said that a method takes it away with the stripes."""
_OFFSET = np.float32(10)
"""Optical density added before and taken away after: some methods divide by the background, which then changes as if they
subtracted, as a pixel's gain does to an optical density."""


def remove_stripes(
    optical_density: Float32,
    angles: FloatArray,
    parameters: CorrectParameters,
    abort: threading.Event | None = None,
) -> tuple[str, ...]:
    """Take stripes out of the sinograms, in place, as `parameters.stripes` names it.

    Parameters
    ----------
    optical_density : (A, R, C) float32
    angles : (A,), degrees
        In any order, over any range: sinograms are put in the order of their angles, and back.
    parameters : CorrectParameters
        Its `stripes`, `stripe_size` and `stripe_threshold` are looked at.
    abort : threading.Event or None
        Looked at before every sinogram.

    Returns
    -------
    tuple of str
        Why stripes were not removed, or that much of the sample was removed with them; sentences without their beginning.

    Raises
    ------
    Aborted
        Once `abort` is set; sinograms done before are changed.
    """
    views, rows, columns = optical_density.shape
    if parameters.stripes == "none":
        return ()
    fewest = 2 * FEWEST_VIEWS if parameters.stripes == "wavelet" else FEWEST_VIEWS
    if views < fewest or columns < FEWEST_COLUMNS:
        return (
            f"stripes were not removed: there are {views} views of {columns} columns, and {fewest} of {FEWEST_COLUMNS} or more "
            f"are needed for stripes={parameters.stripes!r}",
        )
    order = np.argsort(angles, kind="stable")
    method = _method(parameters, columns)

    def clean(row: int) -> FloatArray | None:
        raise_if_aborted(abort)
        before = optical_density[order, row]
        try:
            cleaned = np.asarray(method(before + _OFFSET), np.float32) - _OFFSET
        except ValueError:  # algotom's way to say that there is too little noise to tell stripes from
            return None
        after = np.where(np.isfinite(cleaned), cleaned, before)
        optical_density[order, row] = after
        return _overlap(before - after, after)

    done = [found for found in in_threads(clean, range(rows)) if found is not None]
    left = rows - len(done)
    said = []
    if left:
        said.append(
            f"stripes were not removed from {left} of {rows} sinograms, which have too little noise to tell them from"
        )
    taken, error = _taken(np.sum(done, axis=0)) if done else (0.0, 0.0)
    if taken - error > _TAKEN:
        said.append(
            f"the method {parameters.stripes!r} took {taken:.1%} of the sample's own optical density with the stripes, and "
            "attenuation is too low by about as much: compare with stripes='sorting' or 'wavelet', or with 'none'"
        )
    return tuple(said)


def _overlap(removed: Float32, left: Float32) -> FloatArray:
    """Sums over a sinogram (A, C) that `_taken` takes together: of what was removed times what is left, of both squared, and of the
    first one's variance if what was removed of each column had either sign by chance, as stripes have.
    """
    each = np.mean(removed, axis=0, dtype=np.float64) * np.mean(left, axis=0, dtype=np.float64) * len(left)
    return np.array([np.vdot(removed, left), np.vdot(left, left), np.vdot(removed, removed), np.vdot(each, each)])


def _taken(sums: FloatArray) -> tuple[float, float]:
    """Share of the sample that was removed, and how far it may be off: by chance, and by what is left of stripes."""
    both, own, removed, variance = sums
    if not own > 0:
        return 0.0, 0.0
    return float(both / own), float((3 * np.sqrt(variance) + 0.1 * removed) / own)


def stripe_sizes(parameters: CorrectParameters, columns: int) -> tuple[int, int]:
    """Give the windows, in columns, for narrow and for wide stripes; taken from the detector's width where not set."""
    if parameters.stripe_size is None:
        return _odd(0.5 * columns**0.5, 5), _odd(1.25 * columns**0.5, 9)
    return _odd(parameters.stripe_size, 3), _odd(2.5 * parameters.stripe_size, 9)


def _odd(size: float, least: int) -> int:
    return max(int(size) // 2 * 2 + 1, least)


def _method(parameters: CorrectParameters, columns: int) -> Callable[[Float32], Float32]:
    """Give algotom's function of this name, with sizes that go with the detector's width."""
    from algotom.prep import removal

    narrow, wide = stripe_sizes(parameters, columns)
    snr = parameters.stripe_threshold
    fourier = max(columns // (2 * narrow), 5)  # cut-off of the fit's Gaussian, in frequencies
    methods: dict[str, Callable[[Float32], Float32]] = {
        "sorting": lambda s: removal.remove_stripe_based_sorting(s, size=narrow),
        "filtering": lambda s: removal.remove_stripe_based_filtering(s, sigma=3, size=narrow),
        "fitting": lambda s: removal.remove_stripe_based_fitting(s, order=2, sigma=fourier),
        "normalization": lambda s: removal.remove_stripe_based_normalization(s, sigma=0.5 * narrow, sort=False),
        "wavelet": lambda s: removal.remove_stripe_based_wavelet_fft(s, level=5, size=3),
        "interpolation": lambda s: removal.remove_stripe_based_interpolation(s, snr=snr, size=wide),
        "large": lambda s: removal.remove_large_stripe(s, snr=snr, size=wide),
        "dead": lambda s: removal.remove_dead_stripe(s, snr=snr, size=wide),
        "all": lambda s: removal.remove_all_stripe(s, snr=snr, la_size=wide, sm_size=narrow),
    }
    return methods[parameters.stripes]
