"""How a late view lies against what it should look like: displaced, turned, and how far its parts moved apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from ..data import FloatArray
from .likeness import displacement
from .view_pairs import ViewPair
from .working_copy import Float32, detail

_ROUNDS = 4
_PARTS = (4, 2)
"""Tiles of a view, down and across."""
_TELLING, _HARDLY = 0.15, 0.5
"""Pixels of standard error over which a tile tells little, and nothing where fewer than three tell more."""
_FEWEST = 3
_SURE = 4.0
"""Standard errors beyond which a tile moved by itself."""
_EDGE = 4


@dataclass(frozen=True, slots=True)
class PairMotion:
    """Motion between two views.

    Attributes
    ----------
    displacement, error : (2,), pixels
        (row, column) at the middle of the view, and its standard error.
    rotation : float
        Degrees, from rows to columns: positive where lower parts moved right.
    parts : float
        Largest displacement of a part beyond that of the whole, pixels; 0 where none is beyond its error.
    """

    displacement: FloatArray
    error: FloatArray
    rotation: float
    parts: float


def pair_motion(pair: ViewPair) -> PairMotion | None:
    """Measure the motion between two views; None where they are not alike."""
    late = detail(pair.late)
    moved, angle = _whole_pixels(late, detail(pair.expected)), 0.0
    for _ in range(_ROUNDS):
        expected = detail(_placed(pair.expected, moved, angle))
        tiles = _tiles(late, expected)
        if tiles is None:
            return None
        places, shifts, errors = tiles
        (row, column, turn), covariance = _rigid(places, shifts, errors)
        moved, angle = moved + np.array([row, column]), angle + turn
    rest = shifts - np.array([row, column]) - turn * np.column_stack([-places[:, 1], places[:, 0]])
    far = np.hypot(*rest.T)
    parts = float(np.max(far, where=far > _SURE * np.hypot(*errors.T), initial=0.0))
    return PairMotion(moved, np.sqrt(np.diag(covariance)[:2]), float(np.rad2deg(angle)), parts)


def _whole_pixels(late: Float32, expected: Float32) -> FloatArray:
    from skimage.registration import phase_cross_correlation

    if not (late.any() and expected.any()):
        return np.zeros(2)
    return np.asarray(phase_cross_correlation(late, expected, normalization=None)[0], np.float64)


def _placed(image: Float32, moved: FloatArray, angle: float) -> Float32:
    """Image turned by `angle` (radians) about its middle and displaced."""
    middle = (np.array(image.shape) - 1) / 2
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return ndi.affine_transform(image, back, middle - back @ (middle + moved), order=3, mode="nearest")


def _tiles(late: Float32, expected: Float32) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Places (T, 2) from the middle, displacements (T, 2) and their errors (T, 2) of the tiles that show something."""
    edges = [
        np.linspace(_EDGE, n - _EDGE, min(k, max(1, n // 8)) + 1).astype(int)
        for n, k in zip(late.shape, _PARTS, strict=True)
    ]
    middle = (np.array(late.shape) - 1) / 2
    places, shifts, errors = [], [], []
    for top, bottom in zip(edges[0][:-1], edges[0][1:], strict=True):
        for left, right in zip(edges[1][:-1], edges[1][1:], strict=True):
            tile = (slice(top, bottom), slice(left, right))
            shift, error = displacement(late, expected, tile)
            if np.all(error < _HARDLY):
                places.append(np.array([(top + bottom - 1) / 2, (left + right - 1) / 2]) - middle)
                shifts.append(shift)
                errors.append(error)
    if len(places) < _FEWEST:
        return None
    least = np.max(errors, axis=1)
    telling = least <= max(_TELLING, np.sort(least)[_FEWEST - 1])
    return np.array(places)[telling], np.array(shifts)[telling], np.array(errors)[telling]


def _rigid(places: FloatArray, shifts: FloatArray, errors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Row and column shift and turn (radians) of tiles, and their covariance, with what the tiles scatter about them."""
    count = len(places)
    rows = np.column_stack([np.ones(count), np.zeros(count), -places[:, 1]])
    columns = np.column_stack([np.zeros(count), np.ones(count), places[:, 0]])
    weight = 1 / np.concatenate([errors[:, 0], errors[:, 1]])
    design = np.concatenate([rows, columns]) * weight[:, None]
    values = np.concatenate([shifts[:, 0], shifts[:, 1]]) * weight
    normal = np.linalg.inv(design.T @ design)
    found = normal @ design.T @ values
    scatter = float(np.mean((values - design @ found) ** 2)) * 2 * count / max(1, 2 * count - 3)
    return found, normal * max(1.0, scatter)
