"""Flats and darks -> one dark, and the open beam as it was when each projection was taken."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Float32 = npt.NDArray[np.float32]


def clean_mean(frames: npt.NDArray[np.generic]) -> Float32:
    """Mean of frames, (frame, row, column) -> (row, column), without what is seen in one frame only.

    From three frames on, a value further from its pixel's median than ten times what the counting noise makes likely is
    taken as a stray photon and replaced by that median.
    """
    values = np.asarray(frames, np.float32)
    if len(values) < 3:
        return values.mean(0, dtype=np.float64).astype(np.float32)
    from .kernels import mean_within, medians

    median = medians(values)
    spread = np.sqrt(np.abs(median) + 1)  # counting noise grows with the root of the level
    limit = 10 * 1.4826 * np.median(np.abs(values - median) / spread) * spread
    if np.issubdtype(frames.dtype, np.integer):
        limit = np.maximum(limit, 3)  # whole counts: the median deviation may be zero
    return mean_within(values, median, limit)


class OpenBeam:
    """The open beam less the dark, interpolated linearly by position in the acquisition between groups of flats.

    Parameters
    ----------
    flats : (F, row, column) array
    dark : (row, column) float32
    positions : (F,) ints, or None
        How many projections were taken before each flat; None means one mean for all.
    current : (F,) float32, or None
        Ring current during each flat, relative to any level; the open beam is then that of current 1.
    """

    def __init__(
        self,
        flats: npt.NDArray[np.generic],
        dark: Float32,
        positions: npt.NDArray[np.int64] | None,
        current: Float32 | None = None,
    ) -> None:
        groups = np.zeros(len(flats), np.int64) if positions is None else positions
        self.positions = np.unique(groups).astype(np.float64)
        levels = []
        for members in (groups == p for p in np.unique(groups)):
            if current is None:
                levels.append(clean_mean(flats[members]) - dark)
            else:
                levels.append(clean_mean((flats[members] - dark) / current[members, None, None]))
        self.levels = np.stack(levels)

    def at(self, projection: int) -> Float32:
        """Open beam, (row, column), when a projection was taken; before the first flats and after the last, theirs."""
        if len(self.levels) == 1:
            return self.levels[0]
        index = np.interp(projection + 0.5, self.positions, np.arange(len(self.positions)))
        before = min(int(index), len(self.levels) - 2)
        weight = np.float32(index - before)
        return (1 - weight) * self.levels[before] + weight * self.levels[before + 1]

    def unlit(self) -> npt.NDArray[np.bool_]:
        """Pixels, (row, column), that tell nothing: dead, out of the beam, or hot.

        The open beam is under 1 % of the field's median there, or under a fifth of the median around them: what light adds
        to a hot pixel drowns in the noise of its dark.
        """
        level = np.nan_to_num(self.levels.mean(0), nan=0.0)
        lit = level > 0.01 * np.median(level)
        rows, columns = np.nonzero(~(level > 0.2 * ndi.maximum_filter(level, 5, mode="nearest")))
        around = np.lib.stride_tricks.sliding_window_view(np.pad(level, 2, mode="edge"), (5, 5))[rows, columns]
        lit[rows, columns] &= level[rows, columns] > 0.2 * np.median(around.reshape(len(rows), 25), axis=1)
        return ~lit
