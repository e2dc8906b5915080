"""Where to begin: the pose, of all that a coarse look allows, in which two masks agree best.

At the coarsest level everything is cheap: centres of mass are laid on each other, some hundred rotations are tried, and the best
few poses are followed downhill.
"""

import threading

import numpy as np
import numpy.typing as npt

from ...threads import in_threads
from ..overlap import Matrix
from .descent import descend
from .motions import motions, nearest
from .pyramid import Level
from .sampling_kernels import correlation
from .surface import Samples

Floats = npt.NDArray[np.float64]

ROTATIONS = 600
KEPT = 4
APART = 20.0
"""Degrees that two rotations must differ by to be followed both."""

LOOKED_AT = 6000
CLEARLY_BETTER = 0.8
"""A far pose is preferred to the near ones only where it leaves less than this share of what they leave."""

NOT_SAMPLE = 0.35
GOOD = 0.95
"""At this correlation of the coarse volumes no other pose is looked for."""


def find_start(
    fixed: Level,
    moving: Level,
    samples: Samples,
    starts: list[Matrix],
    kind: str,
    spacing: Floats,
    *,
    abort: threading.Event | None = None,
) -> tuple[Matrix, float]:
    """Find the pose to begin with at the coarsest level.

    Parameters
    ----------
    fixed, moving : Level
        The coarsest ones.
    samples : Samples
        Of `fixed`.
    starts : list of (4, 4)
        Poses to begin from in any case, the likeliest first.
    kind : str
        Of transform.
    spacing : (3,)
    abort : Event or None

    Returns
    -------
    matrix : (4, 4)
    agreement : float
        Correlation of the two coarse volumes with it.
    """
    look = _Look(fixed, moving)
    shift = np.eye(4)
    shift[:3, 3] = look.moving_center - look.fixed_center
    flat = np.array(fixed.volume.shape) == 1

    def follow(start: Matrix) -> tuple[Matrix, float]:
        pose = nearest(start, kind, spacing, flat, look.fixed_center)
        return _follow(look, samples, pose, kind, spacing, flat, moving, abort)

    near = max((follow(start) for start in [*starts, shift]), key=lambda item: item[1])
    if near[1] > GOOD or kind == "translation":
        return near
    best = max([near, *(follow(start) for start in look.rotations())], key=lambda item: item[1])
    return best if 1 - best[1] < CLEARLY_BETTER * (1 - near[1]) else near


def _follow(
    look: "_Look",
    samples: Samples,
    start: Matrix,
    kind: str,
    spacing: Floats,
    flat: npt.NDArray[np.bool_],
    moving: Level,
    abort: threading.Event | None,
) -> tuple[Matrix, float]:
    """Go downhill from a pose, first keeping its shape; keep what agrees better."""
    best = (start, look.agreement(start))
    stiff = ("similarity", kind) if kind == "affine" else (kind,)
    for allowed in stiff:
        ended = descend(
            samples,
            moving,
            best[0],
            motions(allowed, spacing, flat),
            tolerance=0.05 * float(moving.scale.max()),
            most=10,
            expected_gain=look.gain,
            abort=abort,
        )
        agreement = look.agreement(ended.matrix)
        if agreement > best[1]:
            best = (ended.matrix, agreement)
    return best


class _Look:
    """A coarse look at both volumes."""

    def __init__(self, fixed: Level, moving: Level) -> None:
        from scipy.ndimage import gaussian_filter

        flat = np.array(fixed.volume.shape) == 1
        blur = np.where(flat, 0.0, 1.0)
        self.moving = Level(gaussian_filter(moving.volume.astype(np.float32), blur), moving.scale, moving.offset)
        still = gaussian_filter(fixed.volume.astype(np.float32), blur)
        self.flat = flat
        self.fixed_center, _, high = _center(fixed)
        self.moving_center, self.outside, other = _center(moving)
        self.gain = other / high if high > 0 else 1.0
        self.points, self.values = _spread_points(fixed, still)

    def agreement(self, matrix: Matrix) -> float:
        return float(
            correlation(
                self.points,
                self.values,
                self.moving.volume,
                self.moving.scale,
                self.moving.offset,
                matrix,
                self.outside,
            )
        )

    def rotations(self) -> list[Matrix]:
        """Give the best few rotations about the centres of mass, some way apart."""
        from scipy.spatial.transform import Rotation

        tried = rotations_about(self.flat)
        poses = np.tile(np.eye(4), (len(tried), 1, 1))
        poses[:, :3, :3] = tried
        poses[:, :3, 3] = self.moving_center - tried @ self.fixed_center
        scores = np.array(in_threads(self.agreement, list(poses)))
        kept: list[int] = []
        for index in np.argsort(scores)[::-1]:
            turns = [Rotation.from_matrix(tried[index] @ tried[other].T).magnitude() for other in kept]
            if all(turn > np.radians(APART) for turn in turns):
                kept.append(int(index))
            if len(kept) == KEPT:
                break
        return [poses[index] for index in kept]


def rotations_about(flat: npt.NDArray[np.bool_], count: int = ROTATIONS) -> Floats:
    """Give rotations spread evenly: in 3-D over all of them (Alexa 2022, super-Fibonacci spirals), in 2-D over a full turn."""
    from scipy.spatial.transform import Rotation

    if flat.any():
        axis = np.flatnonzero(flat)[:1]
        vectors = np.zeros((72, 3))
        vectors[:, axis[0]] = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        return np.asarray(Rotation.from_rotvec(vectors).as_matrix())
    s = np.arange(count) + 0.5
    inner, outer = np.sqrt(s / count), np.sqrt(1 - s / count)
    alpha, beta = 2 * np.pi * s / np.sqrt(2), 2 * np.pi * s / 1.533751168755204288118041
    quaternions = np.stack(
        [inner * np.sin(alpha), inner * np.cos(alpha), outer * np.sin(beta), outer * np.cos(beta)], 1
    )
    return np.asarray(Rotation.from_quat(quaternions).as_matrix())


def _center(level: Level) -> tuple[Floats, float, float]:
    """Centre of mass of what is sample, in voxels of the full grid; the background's value; the sample's contrast to it."""
    from skimage.filters import threshold_otsu

    volume = np.asarray(level.volume, np.float64)
    middle = (np.array(volume.shape) - 1) / 2 * level.scale + level.offset
    if np.ptp(volume) == 0:
        return middle, float(volume.flat[0]), 0.0
    sample = volume > threshold_otsu(volume.ravel())
    low, high = float(np.median(volume[~sample])), float(np.median(volume[sample]))
    weight = (volume - low) / (high - low)
    weight[weight < NOT_SAMPLE] = 0.0
    if not weight.any():
        return middle, low, high - low
    index = np.array([np.average(np.arange(n), weights=_along(weight, a)) for a, n in enumerate(weight.shape)])
    return index * level.scale + level.offset, low, high - low


def _along(weight: Floats, axis: int) -> Floats:
    return np.asarray(weight.sum(axis=tuple(a for a in range(weight.ndim) if a != axis)))


def _spread_points(level: Level, values: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Give some of the voxels of a coarse volume, in and about the sample rather than far out, and their values."""
    from scipy.ndimage import maximum_filter

    near = maximum_filter(values, 5) > 0.5 * (values.min() + values.max())
    chosen = np.argwhere(near if near.any() else np.ones(values.shape, bool))
    chosen = chosen[:: max(1, len(chosen) // LOOKED_AT)]
    return chosen * level.scale + level.offset, values[tuple(chosen.T)].astype(np.float64)
