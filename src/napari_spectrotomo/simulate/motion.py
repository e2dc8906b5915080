"""How the particles move while the energy rises: matrices from the fixed grid (z, y, x, 1) to where each point is at an energy."""

from __future__ import annotations

import numpy as np

from ..data import FloatArray

_TILT_AXIS = (0.25, 0.8, -0.55)
"""Direction (z, y, x) about which a particle rotates: mostly horizontal, so that it tilts."""
_DRIFT = (0.3, 0.6, -0.75)
_SWELLING = (0.004, -0.003, 0.002)


def motion_matrices(centroid: FloatArray, tilt: float, drift: float, swelling: float, n: int) -> FloatArray:
    """Give the motion of one particle, (n, 4, 4), which slows down and ends at the identity.

    Parameters
    ----------
    centroid : (3,), voxel
        About which it rotates and swells.
    tilt : float, degrees
    drift : float, voxel
    swelling : float
        Times a few thousandths along the axes.
    n : int
        Number of energies, in order of acquisition.
    """
    remaining = np.linspace(1.0, 0.0, n) ** 1.3 if n > 1 else np.zeros(1)
    matrices = np.tile(np.eye(4), (n, 1, 1))
    direction = np.asarray(_DRIFT) / np.linalg.norm(_DRIFT)
    for matrix, a in zip(matrices, remaining):
        linear = _rotation(np.deg2rad(tilt) * a) @ np.diag(1 + a * swelling * np.asarray(_SWELLING))
        matrix[:3, :3] = linear
        matrix[:3, 3] = centroid - linear @ centroid + a * drift * direction
    return matrices


def magnified(matrices: FloatArray, magnification: FloatArray, shape: tuple[int, int, int]) -> FloatArray:
    """Give (..., E, 4, 4) into raw volumes, larger by `magnification` (E,) about the middle of the grid."""
    middle = (np.array(shape) - 1) / 2
    larger = np.tile(np.eye(4), (len(magnification), 1, 1))
    larger[:, :3, :3] *= np.asarray(magnification)[:, None, None]
    larger[:, :3, 3] = middle * (1 - np.asarray(magnification)[:, None])
    return larger @ matrices


def _rotation(angle: float) -> FloatArray:
    """Rotation matrix about the tilt axis (Rodrigues' formula)."""
    x, y, z = np.asarray(_TILT_AXIS) / np.linalg.norm(_TILT_AXIS)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
