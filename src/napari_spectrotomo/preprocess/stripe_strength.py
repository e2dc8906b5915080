"""How strong the stripes are that run through the sinograms, and whether their rings will be seen."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from .stripes import FEWEST_COLUMNS, FEWEST_VIEWS

Float32 = npt.NDArray[np.float32]

VISIBLE = 4.4
"""Visibility from which on rings are seen by eye: in slices of a tooth (7.7) and of a cylinder with one flat (5.0), and hardly
in those of scans with several good flats (up to 3.8)."""
_PARTS = 8  # groups of neighbouring views
_BAND, _BANDS = 16, 4  # neighbouring rows looked at together, and how many times
_WIDE = 5  # rows and columns between which the sample is taken to be smooth


@dataclass(frozen=True, slots=True)
class StripeStrength:
    """What of the sinograms' columns is the same in all views.

    Attributes
    ----------
    amplitude : float
        Root mean square of the stripes, optical density; NaN where there are too few views or columns to tell.
    noise : float
        Standard deviation of the noise of a pixel in one view, optical density.
    visibility : float
        How far rings stand out of a slice's noise: amplitude over the noise of a pixel averaged over all views.
    """

    amplitude: float
    noise: float
    visibility: float


def stripe_strength(optical_density: Float32) -> StripeStrength:
    """Measure the stripes in sinograms, (angle, row, column), whose views are in the order they were taken.

    What stands out of neighbouring columns, and of neighbouring rows where there are enough, is averaged over parts of the
    views; noise and the turning sample differ from part to part, stripes do not: their mean square is that of
    products between medians over every other part.
    """
    views, rows, columns = optical_density.shape
    if views < FEWEST_VIEWS or columns < FEWEST_COLUMNS:
        return StripeStrength(np.nan, np.nan, np.nan)
    starts = np.unique(np.linspace(0, max(rows - _BAND, 0), _BANDS).astype(int))
    squares = [_mean_square(optical_density[:, first : first + _BAND]) for first in starts]
    amplitude = float(np.sqrt(max(float(np.mean(squares)), 0.0)))
    some = np.arange(0, views - 1, max(views // 16, 1))
    steps = np.diff(
        optical_density[some + 1] - optical_density[some], axis=2
    )  # of four pixels, without stripes and slopes
    noise = float(np.median(np.abs(steps))) / 0.6745 / 2
    return StripeStrength(amplitude, noise, amplitude * float(np.sqrt(views)) / max(noise, 1e-6))


def stripe_warning(optical_density: Float32) -> str | None:
    """Give a sentence, without its beginning, where rings will be seen."""
    found = stripe_strength(optical_density)
    if not found.visibility > VISIBLE:
        return None
    return (
        f"stripes of {found.amplitude:.4f} optical density (root mean square) run through the sinograms and make rings in the "
        "slices: try correct.stripes='sorting', or 'all'"
    )


def _mean_square(rows: Float32) -> float:
    """Mean square of the stripes in some neighbouring rows, (angle, row, column); it may be below 0 where there are none."""
    edges = np.linspace(0, len(rows), _PARTS + 1).astype(int)
    each = np.stack([rows[first:last].mean(axis=0, dtype=np.float32) for first, last in pairwise(edges)])
    each -= ndi.median_filter(each, (1, 1, _WIDE))
    if each.shape[1] >= _WIDE:
        each -= ndi.median_filter(each, (1, _WIDE, 1))
    return float(np.mean(np.median(each[::2], axis=0) * np.median(each[1::2], axis=0)))
