"""The axis and its tilt from views half a turn apart: each is the other's mirror image, turned by twice the tilt."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from ...data import FloatArray
from ...progress import raise_if_aborted
from .bands import to_coarser, to_finer
from .estimate import NOTHING, Found

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
ALIKE = 0.5
"""Correlation under which two opposite views do not show the same thing."""
_ROWS_FOR_TILT = 16
_COARSE = 128
"""Columns the search for a first match works on."""
_PIXELS = 5e5
"""Pixels of all pairs together that are looked at, at most: larger images are binned."""
_FLOOR = 0.01
"""Pixels: no match of two images is surer."""
_FEWEST = 16
"""Pixels that two images have in common, at least."""
_ITERATIONS, _CLOSE, _SMOOTH = 8, 2e-3, 2.0


@dataclass(frozen=True, slots=True)
class _Pose:
    """How the sample stands: axis (column in the middle row), tilt in radians, rows it rose in half a turn."""

    axis: float
    tilt: float = 0.0
    rise: float = 0.0


def axis_from_mirror(views: Float32, opposite: Float32, abort: threading.Event | None = None) -> tuple[Found, float]:
    """Find the axis about which views are mirror images of those half a turn on.

    A point at distance u from the axis and height z is imaged at row z cos t - u sin t and column u cos t + z sin t from the
    axis' middle, t the tilt; half a turn on u has the other sign. The mirror image is so the view turned by 2t about the axis,
    and shifted by twice its distance from the detector's middle. Turn, shift, a rise of the stage, gain and offset are fitted
    together to least squares, coarse to fine, with Huber's weights. (Shifts of bands of rows would not do: the surface of a
    round body slides along itself.)

    Parameters
    ----------
    views, opposite : (P, R, C) float32
        As `opposite_views` gives them.
    abort : threading.Event

    Returns
    -------
    Found
        Its errors by the jackknife over blocks of the images; nothing where the two do not look alike.
    likeness : float
        Correlation at the best whole-pixel match.
    """
    rows, columns = views.shape[1:]
    factor = max(1, columns // _COARSE)
    shift, likeness = _match(views, opposite, factor)
    if likeness < ALIKE:
        return NOTHING, likeness
    finest = max(1, int(np.ceil(np.sqrt(views.size / _PIXELS))))
    coarsest = max(finest, min(factor, rows // _ROWS_FOR_TILT))
    levels = sorted({max(finest, coarsest // k) for k in (1, 2, 4, 8)}, reverse=True)
    for tilts in (True, False) if rows >= _ROWS_FOR_TILT else (False,):
        pose, covariance = _Pose((columns - 1 + shift) / 2), np.full((3, 3), np.nan)
        for level in levels if tilts else [finest]:
            pose, covariance = _fit(views, opposite, pose, level, tilts, abort)
        error = np.sqrt(np.diag(covariance))
        if not error[0] < factor + 2 or abs(pose.axis - (columns - 1 + shift) / 2) > factor + 2:
            continue  # the tilt of little that is seen may be beyond finding, and its axis yet not
        found = Found(float(pose.axis), float(np.hypot(error[0], _FLOOR)))
        if not tilts:
            return found, likeness
        turn = np.hypot(error[1], 2 * _FLOOR / np.hypot(rows, columns))
        return replace(found, tilt=float(np.rad2deg(pose.tilt)), tilt_uncertainty=float(np.rad2deg(turn))), likeness
    return NOTHING, likeness


def _fit(
    views: Float32, opposite: Float32, pose: _Pose, level: int, tilts: bool, abort: threading.Event | None
) -> tuple[_Pose, FloatArray]:
    """Improve the pose on images binned by `level`; all in pixels of the whole image, as is the covariance (3, 3)."""
    down = level if tilts else 1
    a, b = (_smooth(v) for v in _binned(views, opposite, down, level))
    lower = (views.shape[1] - a.shape[1] * down) / 2  # how far the whole image's middle row is below the binned one's
    moved = np.tan(pose.tilt) * lower
    pose = _Pose(to_coarser(pose.axis - moved, level), pose.tilt, pose.rise / down)
    covariance = np.full((3, 3), np.nan)
    for _ in range(_ITERATIONS):
        raise_if_aborted(abort)
        step, covariance = _step(a, b, pose, tilts)
        pose = _Pose(pose.axis + step[0], pose.tilt + step[1], pose.rise + step[2])
        if abs(step[0]) < _CLOSE and abs(step[1]) * a.shape[2] < 2 * _CLOSE:
            break
    scale = np.array([level, 1.0, down])
    axis = to_finer(pose.axis, level) + np.tan(pose.tilt) * lower
    return _Pose(axis, pose.tilt, pose.rise * down), covariance * scale * scale[:, None]


def _step(a: Float32, b: Float32, pose: _Pose, tilts: bool) -> tuple[FloatArray, FloatArray]:
    """Give the Gauss-Newton step of (axis, tilt, rise) and its covariance (3, 3).

    Both images are brought upright, each half of the way, so that interpolation smooths them alike; the products of gradients
    are of one image with the other, whose noise is not the same: noise so neither moves the match nor makes it look sure.
    """
    rows, columns = a.shape[1:]
    z = np.arange(rows)[:, None] - (rows - 1) / 2
    reach = min(pose.axis, columns - 1 - pose.axis) + columns // 4
    u = np.arange(-int(reach), int(reach) + 1)[None] + 0.0
    cos, sin = np.cos(pose.tilt), np.sin(pose.tilt)
    normals: list[Float64] = []
    sides: list[Float64] = []
    for view, mirrored in zip(a, b, strict=True):
        designs, images, seen = [], [], np.ones((rows, u.size), bool)
        for image, way, axis in ((view, 1.0, pose.axis), (mirrored, -1.0, columns - 1 - pose.axis)):
            down, across = z * cos - way * u * sin + way * pose.rise / 2, u * cos + way * z * sin
            shown, gy, gx, inside = _sample(image, down + (rows - 1) / 2, across + axis, tilts)
            seen &= inside
            designs.append(
                way * np.stack([gx, gx * z * cos - gx * u * sin * way - gy * (u * cos + way * z * sin), gy / 2])
            )
            images.append(shown)
        if seen.sum() < _FEWEST:
            continue
        first, second = (image - image[seen].mean() for image in images)
        gain = float(np.std(first[seen]) / max(np.std(second[seen]), 1e-12))
        parts = _blocks(designs[0], -gain * designs[1], first - gain * second, seen, 3 if tilts else 1)
        normals += parts[0]
        sides += parts[1]
    if not normals:
        return np.zeros(3), np.full((3, 3), np.nan)
    return _solve(np.array(normals), np.array(sides))


def _sample(
    image: Float32, down: FloatArray, across: FloatArray, tilts: bool
) -> tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """The image at rows and columns (R, U), its gradient there, and where there is one."""
    inside = (across >= 1) & (across <= image.shape[1] - 2)
    if not tilts:
        shown = ndi.map_coordinates(
            image, np.broadcast_arrays(np.arange(len(image))[:, None], across), order=3, mode="nearest"
        )
        return shown, np.zeros_like(shown), np.gradient(shown, axis=1), np.broadcast_to(inside, shown.shape)
    inside = inside & (down >= 1) & (down <= image.shape[0] - 2)
    shown = ndi.map_coordinates(image, [down, across], order=3, mode="nearest")
    return shown, *np.gradient(shown), inside


def _blocks(
    one: FloatArray, other: FloatArray, rest: FloatArray, seen: npt.NDArray[np.bool_], count: int
) -> tuple[list[Float64], list[Float64]]:
    """Normal equations in each of up to 4 x 4 blocks of one pair, from its images' own gradients (3, R, U) and what is left."""
    spread = 1.4826 * float(np.median(np.abs(rest[seen]))) + 1e-12
    weight = seen * np.minimum(1.0, 2 * spread / np.maximum(np.abs(rest), 1e-30))
    normals: list[Float64] = []
    sides: list[Float64] = []
    for part in np.array_split(np.arange(rest.shape[0]), min(4, rest.shape[0])):
        for across in np.array_split(np.arange(rest.shape[1]), 4):
            box = (slice(part[0], part[-1] + 1), slice(across[0], across[-1] + 1))
            d, e = (v[(slice(0, count), *box)].reshape(count, -1).astype(np.float64) for v in (one, other))
            w = weight[box].ravel()
            product = (d * w) @ e.T
            normals.append(2 * (product + product.T))
            sides.append(-((d + e) * w) @ rest[box].ravel())
    return normals, sides


def _solve(normals: FloatArray, sides: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the step from all blocks (B, K, K), (B, K), and its covariance by leaving out each in turn."""
    total, side = normals.sum(0), sides.sum(0)
    step, covariance = np.zeros(3), np.full((3, 3), np.nan)
    if np.linalg.eigvalsh(total)[0] <= 0:
        return step, covariance
    count = len(side)
    left_out = np.array(
        [np.linalg.lstsq(total - n, side - s, rcond=None)[0] for n, s in zip(normals, sides, strict=True)]
    )
    off = left_out - left_out.mean(0)
    step[:count] = np.linalg.solve(total, side)
    covariance[:count, :count] = (len(off) - 1) / len(off) * off.T @ off
    return step, covariance


def _match(views: Float32, opposite: Float32, factor: int) -> tuple[int, float]:
    """Whole-pixel shift of the mirror images that makes them most like the views, and the correlation.

    Half of the columns stay in common. Images binned by `factor` are searched through, then columns are looked at one by one.
    """
    a, b = (_smooth(v) for v in _binned(views, opposite, factor, factor))
    reach = a.shape[2] // 2
    coarse, likeness = _best_shift(a, b, range(-reach, reach + 1))
    if factor == 1:
        return coarse, likeness
    a, b = (_smooth(v) for v in _binned(views, opposite, factor, 1))
    reach = views.shape[2] // 2
    around = range(max(-reach, (coarse - 1) * factor), min(reach, (coarse + 1) * factor) + 1)
    return _best_shift(a, b, around)[0], likeness


def _best_shift(views: Float32, opposite: Float32, shifts: range) -> tuple[int, float]:
    columns = views.shape[2]
    likeness = [
        _correlation(views[..., max(0, s) : columns + min(0, s)], opposite[..., max(0, -s) : columns + min(0, -s)])
        for s in shifts
    ]
    best = int(np.argmax(likeness))
    return shifts[best], likeness[best]


def _correlation(a: Float32, b: Float32) -> float:
    x, y = a - a.mean(), b - b.mean()
    norm = float(np.sqrt(np.vdot(x, x) * np.vdot(y, y)))
    return float(np.vdot(x, y)) / norm if norm > 0 else 0.0


def _binned(views: Float32, opposite: Float32, down: int, across: int) -> tuple[Float32, Float32]:
    """Average blocks of `down` rows and `across` columns of both; what is beyond the last whole block is left out.

    It is left out of the same columns of the detector, which in the mirror images are at the other end.
    """
    count, rows, columns = views.shape
    down = min(down, rows)
    high, wide = rows // down, columns // across
    blocks = (count, high, down, wide, across)
    return (
        views[:, : high * down, : wide * across].reshape(blocks).mean((2, 4)),
        opposite[:, : high * down, columns - wide * across :].reshape(blocks).mean((2, 4)),
    )


def _smooth(views: Float32) -> Float32:
    return ndi.gaussian_filter(views, (0, _SMOOTH if views.shape[1] >= _ROWS_FOR_TILT else 0, _SMOOTH))
