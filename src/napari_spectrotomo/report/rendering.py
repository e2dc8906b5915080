"""Surfaces drawn off-screen without OpenGL: shaded triangles in a depth buffer, on plain arrays.

Orthographic, so that a scale bar means the same everywhere in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .raster import Floats, depth_buffer


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A surface of triangles.

    Attributes
    ----------
    vertices : (V, 3) float, (z, y, x)
        In units of length.
    normals : (V, 3) float, (z, y, x)
        Of length 1, pointing out of the body.
    faces : (F, 3) int
        Vertices of each triangle.
    colours : (V, 3) float, 0 to 1
    """

    vertices: Floats
    normals: Floats
    faces: npt.NDArray[np.integer]
    colours: Floats


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the body is seen from: turned about its vertical axis z, then looked at from above.

    Attributes
    ----------
    azimuth, elevation : float, degrees
        At 0 and 0 x runs to the right, z downwards (as detector rows do), and y towards the viewer.
    """

    azimuth: float = 28.0
    elevation: float = 24.0

    def seen(self, points: Floats) -> Floats:
        """Turn points or directions (..., zyx) into (..., (right, down, away))."""
        a, e = np.deg2rad([self.azimuth, self.elevation])
        z, y, x = (points[..., i] for i in range(3))
        right = x * np.cos(a) - y * np.sin(a)
        near = x * np.sin(a) + y * np.cos(a)
        down = z * np.cos(e) + near * np.sin(e)
        return np.stack([right, down, z * np.sin(e) - near * np.cos(e)], axis=-1)


def isosurface(
    volume: npt.NDArray[Any], level: float, spacing: Floats, colour: tuple[float, float, float] = (0.8, 0.8, 0.8)
) -> Mesh | None:
    """Find the surface at which a volume crosses `level`; closed at the border of the volume.

    Parameters
    ----------
    volume : (z, y, x)
    level : float
        Above every value that counts as outside.
    spacing : (3,)
        Size of a voxel (z, y, x).
    colour : (3,) float
        Of all vertices.

    Returns
    -------
    Mesh or None
        In the volume's frame: voxel (0, 0, 0) has its centre at 0. None where no value is above `level`.
    """
    from skimage.measure import marching_cubes

    if volume.size == 0 or not volume.max() > level:
        return None
    low = min(float(volume.min()), 2 * level - float(volume.max()))
    padded = np.pad(volume, 1, constant_values=low)
    vertices, faces, normals, _ = marching_cubes(padded, level, spacing=tuple(spacing), gradient_direction="descent")
    area = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]])
    outward = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(outward, faces[:, corner], area)
    length = np.linalg.norm(outward, axis=1, keepdims=True)
    outward = np.where(length > 0, outward / np.where(length > 0, length, 1), normals)
    if np.mean(np.sum(outward * normals, axis=1)) < 0:
        outward = -outward
    return Mesh(
        vertices - np.asarray(spacing), outward, faces, np.broadcast_to(np.asarray(colour, np.float64), vertices.shape)
    )


def render(
    mesh: Mesh | None,
    camera: Camera,
    middle: Floats,
    radius: float,
    pixels: int,
    smooth: int = 2,
    contrast: float = 1.0,
) -> npt.NDArray[np.float32]:
    """Draw a mesh, shaded.

    Parameters
    ----------
    mesh : Mesh or None
    camera : Camera
    middle : (3,), (z, y, x)
        Point in the middle of the picture.
    radius : float
        Half the side of the picture, in units of length.
    pixels : int
        Side of the picture.
    smooth : int
        Pixels drawn and averaged a pixel's side, against jagged rims.
    contrast : float, 0 to 1
        Strength of the shading; less where colours carry numbers.

    Returns
    -------
    (pixels, pixels, 4) float32
        Red, green, blue and opacity, 0 to 1.
    """
    side = pixels * smooth
    if mesh is None:
        return np.zeros((pixels, pixels, 4), np.float32)
    seen = camera.seen(mesh.vertices - middle)
    scale = side / (2 * radius)
    points = np.column_stack([(seen[:, :2] + radius) * scale, seen[:, 2] * scale])
    away = camera.seen(mesh.normals)[:, 2]
    faces = mesh.faces[away[mesh.faces].mean(axis=1) < 0.4]
    face, weights, depth = depth_buffer(points, faces, side)
    drawn = face >= 0
    corners = faces[face[drawn]]
    blend = lambda values: np.einsum("pc,pck->pk", weights[drawn], values[corners])  # noqa: E731
    picture = np.zeros((side, side, 4), np.float32)
    picture[drawn, :3] = shaded(blend(mesh.colours), camera.seen(blend(mesh.normals)), depth, drawn, contrast)
    picture[drawn, 3] = 1
    small = picture.reshape(pixels, smooth, pixels, smooth, 4)
    small[..., :3] *= small[..., 3:]
    mean = small.mean(axis=(1, 3))
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
    return mean


def shaded(
    colours: Floats, normals: Floats, depth: Floats, drawn: npt.NDArray[np.bool_], contrast: float = 1.0
) -> Floats:
    """Light a surface from the upper left, dim what lies farther away, and darken hollows.

    Parameters
    ----------
    colours : (P, 3)
        Of the drawn pixels.
    normals : (P, 3)
        Theirs, as (right, down, away).
    depth : (row, column)
        Distance, in pixels.
    drawn : bool (row, column)
    contrast : float, 0 to 1

    Returns
    -------
    (P, 3)
        Colours, 0 to 1. Hollows are where the surface lies behind the mean of its surroundings (Luft et al. 2006, unsharp
        masking of the depth buffer).
    """
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    n = normals / np.where(length > 0, length, 1)
    light = np.array([-0.45, -0.65, -0.62])
    light /= np.linalg.norm(light)
    halfway = light + np.array([0, 0, -1])
    halfway /= np.linalg.norm(halfway)
    lit = np.clip(n @ light, 0, 1)
    gloss = np.clip(n @ halfway, 0, 1) ** 24
    near, far = depth[drawn].min(initial=np.inf), depth[drawn].max(initial=-np.inf)
    fade = 1 - 0.28 * (depth[drawn] - near) / max(far - near, 1e-9)
    behind = depth[drawn] - _surroundings(depth, drawn, max(drawn.shape) / 60)[drawn]
    hollow = np.clip(behind / (max(drawn.shape) / 24), 0, 1)
    brightness = 1 + contrast * ((0.42 + 0.66 * lit) * fade * (1 - 0.5 * hollow) - 1)
    return np.clip(colours * brightness[:, None] + 0.14 * contrast * (gloss * fade)[:, None], 0, 1)


def _surroundings(depth: Floats, drawn: npt.NDArray[np.bool_], width: float) -> Floats:
    """Give the mean depth of the drawn pixels about every pixel, on every second one, which is fine enough for a mean."""
    from scipy.ndimage import gaussian_filter

    some = np.where(drawn, depth, 0)[::2, ::2].astype(np.float32), drawn[::2, ::2].astype(np.float32)
    total, share = (gaussian_filter(values, width / 2, truncate=2.5) for values in some)
    fine = np.repeat(np.repeat(total / np.maximum(share, 1e-6), 2, axis=0), 2, axis=1)
    return np.asarray(fine[: depth.shape[0], : depth.shape[1]])
