"""A frame seen coarsely: what stands in view in it and not in another, whatever the noise and the dead pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Float32 = npt.NDArray[np.float32]

ACROSS = 32
"""Blocks along each side of the field, if it has pixels enough."""
_SMALLEST = 3  # pixels along a side of a block
_LIT = 0.2  # of the typical level, from which on a pixel of the open beam tells something
_DARKER = 0.04  # part of the light that something in view takes at least
_NOISES = 5.0
_FEWEST = 3  # blocks of one patch
_STEEP = 0.7  # part of a patch's depth that is gone two or three blocks beside it
_TOUCHING = np.ones((3, 3), bool)


def thinned(frames: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Every so manieth row and column of frames, (…, row, column), so that a block of the field still has some 8 x 8 pixels."""
    down, across = (max(n // ACROSS // 8, 1) for n in frames.shape[-2:])
    return frames[..., ::down, ::across]


def ratio_in_blocks(frame: Float32, reference: Float32, level: float) -> Float32:
    """Median in each block of frame / reference, (row, column) -> (up to `ACROSS`, `ACROSS`), as far as the reference is lit.

    Parameters
    ----------
    frame, reference : (row, column) float32
    level : float
        Typical level of the reference; where it is much darker, the ratio is taken to be that of the whole frame.
    """
    lit = reference > _LIT * level
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = frame / reference
    ratio[~lit] = np.median(ratio[lit]) if lit.any() else 1.0
    rows, columns = (min(n, max(_SMALLEST, n // ACROSS)) for n in frame.shape)
    down, across = frame.shape[0] // rows, frame.shape[1] // columns
    blocks = ratio[: down * rows, : across * columns].reshape(down, rows, across, columns)
    return np.median(blocks.swapaxes(1, 2).reshape(down, across, rows * columns), axis=2)


def darkened(ratio: Float32) -> tuple[npt.NDArray[np.bool_], Float32]:
    """Find the blocks that something darkens: patches well below the rest of the field, with no such patches above it.

    Parameters
    ----------
    ratio : (row, column) float32
        Of two open beams, as `ratio_in_blocks` gives it. Its level and what varies slowly across the field do not matter: a beam
        that wanders changes smoothly by as much as a sample takes.

    Returns
    -------
    marked : (row, column) bool
        Nowhere True where light was as much gained as lost, or fades slowly.
    change : (row, column) float32
        Natural logarithm of the ratio without its smooth part.
    """
    change = np.log(np.maximum(ratio, 1e-3))
    change -= np.median(change)
    if np.abs(change).max() < _DARKER:
        return np.zeros(ratio.shape, bool), change
    change = _without_smooth_part(change)
    limit = max(_DARKER, _NOISES * 1.4826 * float(np.median(np.abs(change))))
    darker = patches(change < -limit)
    for patch in _each(darker):
        beside = ndi.binary_dilation(patch, _TOUCHING, 3) & ~ndi.binary_dilation(patch, _TOUCHING) & ~darker
        depth = -float(np.median(change[patch]))
        if not beside.any() or float(np.median(change[beside])) + depth < max(limit, _STEEP * depth):
            darker &= ~patch  # a slope of the beam, no edge of something in it
    if 3 * np.count_nonzero(change > limit) > np.count_nonzero(darker):
        darker = np.zeros_like(darker)
    return darker, change


def _without_smooth_part(image: Float32) -> Float32:
    """Take a surface of third order away, fitted to what most blocks show (bisquare weights; Beaton & Tukey, 1974)."""
    y, x = (axis.ravel() for axis in np.meshgrid(*(np.linspace(-1, 1, n) for n in image.shape), indexing="ij"))
    terms = np.stack([y**i * x**j for i in range(4) for j in range(4 - i)], axis=1)
    rest = values = image.ravel().astype(np.float64)
    for _ in range(8):
        scale = 4.685 * 1.4826 * np.median(np.abs(rest)) + 1e-9
        weight = np.clip(1 - (rest / scale) ** 2, 0, None) ** 2
        normal = np.einsum("n,ni,nj->ij", weight, terms, terms) + 1e-9 * np.eye(terms.shape[1])
        rest = values - terms @ np.linalg.solve(normal, np.einsum("n,ni,n->i", weight, terms, values))
    return (rest - np.median(rest)).reshape(image.shape).astype(np.float32)


def patches(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Marked blocks of which three or more touch, at sides or corners."""
    labels, _ = ndi.label(marked, _TOUCHING)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return sizes[labels] >= _FEWEST


def _each(marked: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.bool_]]:
    labels, count = ndi.label(marked, _TOUCHING)
    return [labels == n for n in range(1, count + 1)]
