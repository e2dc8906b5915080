"""Known motions and known noise, as in the published robustness study (Zhang et al. 2021)."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError
from .phantom import Matrix

CASES = ("translation", "rotation", "scaling", "deformation")
NOISE = (0.0, 0.02, 0.05, 0.10, 0.30)
SHIFT, DEGREES, SCALE, SHEAR = 0.06, 10.0, 0.08, 0.08

Array = TypeVar("Array", bound=npt.NDArray[Any])


def motion(case: str, size: int, rng: np.random.Generator) -> Matrix:
    """Draw a motion of one kind about the middle of a cube.

    Parameters
    ----------
    case : 'translation', 'rotation', 'scaling' or 'deformation'
        Shifts of 3 to 6 % of the edge along every axis; rotations of 5° to 10° about every axis; factors of 1.04 to 1.08, or
        0.92 to 0.96, along every axis; shear of 0.04 to 0.08 in three planes, which is what of a deformation an affine
        transform can follow.
    size : int
        Edge in voxels.
    rng : Generator

    Returns
    -------
    (4, 4) float64
        From fixed to moving voxels (z, y, x, 1).

    Raises
    ------
    ParameterError
        If there is no such case.
    """
    from scipy.spatial.transform import Rotation

    amount = rng.uniform(0.5, 1, 3) * rng.choice([-1, 1], 3)
    linear, shift = np.eye(3), np.zeros(3)
    if case == "translation":
        shift = SHIFT * size * amount
    elif case == "rotation":
        linear = Rotation.from_euler("xyz", DEGREES * amount, degrees=True).as_matrix()
    elif case == "scaling":
        linear = np.diag(1 + SCALE * amount)
    elif case == "deformation":
        linear[np.triu_indices(3, 1)] = SHEAR * amount
    else:
        raise ParameterError(f"There is no motion {case!r}: the cases are {', '.join(CASES)}.")
    middle = np.full(3, (size - 1) / 2)
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = middle - linear @ middle + shift
    return matrix


def salt_and_pepper(values: Array, fraction: float, rng: np.random.Generator) -> Array:
    """Replace a fraction of the voxels by the least or the greatest value there is, at even odds.

    Parameters
    ----------
    values : array, mask or grey
        A mask's values are False and True, whatever it holds.
    fraction : float, 0 to 1
        Chance of a voxel to be hit; half of the hit voxels of a mask stay what they were.
    rng : Generator

    Returns
    -------
    array of the same kind; the one given is left as it is
    """
    noisy = values.copy()
    hit = rng.random(values.shape) < fraction
    low, high = (False, True) if values.dtype == bool else (values.min(), values.max())
    noisy[hit] = np.where(rng.random(int(hit.sum())) < 0.5, high, low)
    return noisy
