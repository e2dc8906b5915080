"""Pixels of the detector that fail throughout a tomogram, though its flats may not show it: stuck at one value, or flickering."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ..threads import in_threads

Float32 = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

FEWEST_FRAMES = 16
"""Projections from which on a pixel that never changes is no chance."""
_PAIRS = 16  # pairs of frames whose change is looked at
_PART = (
    0.7  # of them that are calmer than what is taken for a pixel's change: a stray photon now and then is no failure
)
_RESTLESS = 5.0  # times the change of the pixels around, from which on a pixel flickers
_ALIKE = 4  # pixels of 5 x 5 that may fail together
_MOST = 0.01  # part of the pixels beyond which they are strays of all frames rather than pixels that fail
_ROWS = 32


def failing_pixels(frames: npt.NDArray[np.generic]) -> BoolArray:
    """Find pixels, (row, column), that hold one value in all frames or change far more than those around, most of the time.

    Parameters
    ----------
    frames : (A, row, column) array
        Counts or transmissions in order of acquisition. With fewer than `FEWEST_FRAMES` nothing can be told.

    Notes
    -----
    At most four pixels of 5 x 5 may fail together: what is larger belongs to the sample, or to a field without noise.
    """
    count, rows, columns = frames.shape
    if count < FEWEST_FRAMES:
        return np.zeros((rows, columns), bool)
    first = np.unique(np.linspace(0, count - 2, _PAIRS).astype(np.int64))
    blocks = [slice(start, start + _ROWS) for start in range(0, rows, _ROWS)]
    stuck = np.concatenate(in_threads(lambda block: _unchanging(frames[:, block]), blocks))
    change = np.concatenate(in_threads(lambda block: _common_change(frames[:, block], first), blocks))
    _keep_alone(stuck, stuck.astype(np.float32))
    restless = change > _RESTLESS * ndi.minimum_filter(change, 5, mode="nearest")
    _keep_alone(restless, change)
    return stuck | restless if restless.mean() <= _MOST else stuck


def _unchanging(frames: npt.NDArray[np.generic]) -> BoolArray:
    """Pixels, (row, column), that hold one value in all frames."""
    same = np.all(frames[1:FEWEST_FRAMES] == frames[0], axis=0)
    rows, columns = np.nonzero(same)
    same[rows, columns] = np.all(frames[:, rows, columns] == frames[0, rows, columns], axis=0)
    return same


def _common_change(frames: npt.NDArray[np.generic], first: npt.NDArray[np.int64]) -> Float32:
    """Change from a frame to the next, (row, column), that a part of the changes from the `first` does not exceed."""
    from .kernels import ranked

    change = np.abs(frames[first + 1].astype(np.float32) - frames[first].astype(np.float32))
    rank = int(_PART * (len(first) - 1))
    return ranked(change, rank, rank)


def _keep_alone(marked: BoolArray, image: Float32) -> None:
    """Unmark, in place, pixels that do not exceed so many times all but a few of the 5 x 5 around them."""
    rows, columns = np.nonzero(marked)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2, mode="reflect"), (5, 5))[rows, columns]
    around = np.partition(around.reshape(len(rows), 25), 24 - _ALIKE, axis=1)
    marked[rows, columns] = image[rows, columns] > _RESTLESS * around[:, 24 - _ALIKE]
