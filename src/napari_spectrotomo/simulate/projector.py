"""Parallel-beam projections of a volume: line integrals by Joseph's method.

A ray is followed in steps of one voxel along the axis it is closest to, with straight lines between voxels across it (P. M. Joseph,
IEEE Trans. Med. Imaging 1, 192, 1982).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ..data import FloatArray

RAYS = 3
"""Rays a pixel, averaged."""


def project(volume: FloatArray, angles: FloatArray, center: float) -> npt.NDArray[np.float32]:
    """Project a volume (z, y, x) at angles in degrees.

    Parameters
    ----------
    volume : (z, y, x), per voxel edge
    angles : (A,), degrees
        In the sense of `skimage.transform.radon`.
    center : float
        Detector column on which the middle of the slice, the rotation axis, falls.

    Returns
    -------
    (A, z, x) float32
        Line integrals; as many columns as the volume.
    """
    slices_last = np.ascontiguousarray(np.moveaxis(np.asarray(volume, np.float32), 0, -1))
    views = np.zeros((len(angles), volume.shape[2], volume.shape[0]), np.float32)
    _project(slices_last, np.deg2rad(np.asarray(angles, np.float64)), float(center), RAYS, views)
    return np.ascontiguousarray(np.moveaxis(views, 2, 1))


@njit(nogil=True, cache=True, fastmath=True)
def _project(volume: FloatArray, angles: FloatArray, center: float, rays: int, views: FloatArray) -> None:
    ny, nx, nz = volume.shape
    yc, xc = (ny - 1) / 2, (nx - 1) / 2
    for a in range(len(angles)):
        cos, sin = np.cos(angles[a]), np.sin(angles[a])
        along_y = abs(cos) >= abs(sin)
        weight = 1.0 / (max(abs(cos), abs(sin)) * rays)
        for column in range(views.shape[1]):
            view = views[a, column]
            for ray in range(rays):
                u = column + (ray + 0.5) / rays - 0.5 - center
                for step in range(ny if along_y else nx):
                    across = xc + (u + (step - yc) * sin) / cos if along_y else yc + ((step - xc) * cos - u) / sin
                    i = int(np.floor(across))
                    if i < 0 or i >= (nx if along_y else ny) - 1:
                        continue
                    t = across - i
                    near = volume[step, i] if along_y else volume[i, step]
                    far = volume[step, i + 1] if along_y else volume[i + 1, step]
                    for z in range(nz):
                        view[z] += weight * ((1 - t) * near[z] + t * far[z])
