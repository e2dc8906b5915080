"""How views lie against images they should be like: sub-pixel shifts by least squares, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..threads import in_threads
from .working_copy import Float32, detail

EDGE = 3
_TILES = 4
_UNLIKE = 0.3
"""A gain under it, or over its inverse: the view does not show what it should, where it lies."""
_LIKE = 0.6
"""Correlation at which it does, elsewhere."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How views lie against images they should be like.

    Attributes
    ----------
    shifts : (A, 2), pixels
        By which each view (row, column) is displaced against its image; whole pixels where it lies far off, 0 where it is not
        like it at all.
    errors : (A, 2), pixels
        Standard errors of the shifts.
    alike : (A,) bool
        Whether the view shows its image where it lies.
    left : float
        Root mean square of what is left between views and images as they lie, over that of the views' own detail.
    left_after : float
        The same if the views were displaced.
    """

    shifts: FloatArray
    errors: FloatArray
    alike: npt.NDArray[np.bool_]
    left: float
    left_after: float


def compare(views: Float32, images: Float32, margin: int = 0, vertical: bool = True) -> Likeness:
    """Compare views (A, r, c), as `detail` gives them, with images (A, r, c), whose detail is taken here.

    Each view is fitted by a gain and the image's gradient: one step of Gauss and Newton, good for shifts up to about
    two pixels. The standard errors come from how differently parts of the image (a grid of tiles) pull at the shift,
    so that noise that is alike in neighbouring pixels, and parts that move by themselves, count as what they are.

    Parameters
    ----------
    margin : int
        Pixels at the edges that are left out, besides three.
    vertical : bool
        Whether rows are shifted, too.
    """
    margin += EDGE
    rows = slice(margin, -margin) if vertical else slice(None)
    columns = slice(margin, -margin)

    def one(item: int) -> tuple[FloatArray, FloatArray, float, float, float]:
        image = detail(images[item]).astype(np.float64)
        terms = [image, -np.gradient(image, axis=1)]
        if vertical:
            terms.append(-np.gradient(image, axis=0))
        design = np.stack([t[rows, columns] for t in terms])
        view = views[item][rows, columns]
        shift, error, before, after, own = _fit(view, design)
        if np.isnan(error).any():
            shift = _whole_pixels(view, design[0]) * np.array([vertical, True])
        return shift, error, before, after, own

    shifts, errors, before, after, own = (np.array(v) for v in zip(*in_threads(one, range(len(views))), strict=True))
    alike = np.isfinite(errors).all(1)
    signal = max(float(own.sum()), np.finfo(float).tiny)
    return Likeness(shifts, errors, alike, float(np.sqrt(before.sum() / signal)), float(np.sqrt(after.sum() / signal)))


def _whole_pixels(view: Float32, image: FloatArray) -> FloatArray:
    """Shift of whole pixels at which a view that lies far off is like the image; 0 where it is like it nowhere."""
    from skimage.registration import phase_cross_correlation

    if not (view.any() and image.any()):
        return np.zeros(2)
    found = np.asarray(phase_cross_correlation(view, image, normalization=None)[0], np.float64)
    moved = np.roll(image, found.astype(int), axis=(0, 1))
    size = float(np.sqrt(np.vdot(view, view) * np.vdot(moved, moved)))
    return found if size > 0 and np.vdot(view, moved) > _LIKE * size else np.zeros(2)


def displacement(view: Float32, image: Float32, part: tuple[slice, slice]) -> tuple[FloatArray, FloatArray]:
    """Give the shift (row, column) of one part of a view against an image (r, c), both as `detail` gives them, and its errors.

    Pixels; the errors are NaN where the view is not like the image.
    """
    values = image.astype(np.float64)
    slopes = np.gradient(values)
    design = np.stack([t[part] for t in (values, -slopes[1], -slopes[0])])
    shift, error, *_ = _fit(view[part], design)
    return shift, error


def _fit(view: Float32, design: FloatArray) -> tuple[FloatArray, FloatArray, float, float, float]:
    """Fit a view (r, c) by terms (k, r, c): gain, shift of columns, of rows; and squares left before and after."""
    terms = len(design)
    normal, right = np.zeros((terms, terms)), np.zeros(terms)
    parts = []
    for tile in _tiles(view.shape):
        x, y = design[:, tile[0], tile[1]].reshape(terms, -1), view[tile].reshape(-1).astype(np.float64)
        parts.append((x @ x.T, x @ y))
        normal += parts[-1][0]
        right += parts[-1][1]
    squares = float(np.vdot(view, view))
    shift, error = np.zeros(2), np.full(2, np.nan)
    if np.linalg.cond(normal) > 1e12:
        return shift, error, squares, squares, squares
    inverse = np.linalg.inv(normal)
    found = inverse @ right
    before = squares - float(right[0] ** 2 / normal[0, 0])
    after = squares - float(right @ found)
    if not _UNLIKE < found[0] < 1 / _UNLIKE:
        return shift, error, before, before, squares
    pulls = np.array([b - a @ found for a, b in parts])
    covariance = inverse @ (pulls.T @ pulls) @ inverse
    order = [2, 1] if terms == 3 else [1]
    shift[2 - len(order) :] = found[order] / found[0]
    error[:] = 0.0
    error[2 - len(order) :] = np.sqrt(np.diag(covariance)[order]) / found[0]
    return shift, error, before, after, squares


def _tiles(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    down, across = min(_TILES, max(1, shape[0] // 4)), _TILES
    across *= max(1, _TILES // down)
    edges = [np.linspace(0, n, k + 1).astype(int) for n, k in zip(shape, (down, across), strict=True)]
    return [
        (slice(a, b), slice(c, d))
        for a, b in zip(edges[0][:-1], edges[0][1:], strict=True)
        for c, d in zip(edges[1][:-1], edges[1][1:], strict=True)
    ]
