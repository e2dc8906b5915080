"""The surfaces that are rendered: volumes at half their attenuation, large differences, and the edge energy on the particles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .data import ReportData
from .rendering import Camera, Floats, Mesh, isosurface
from .views import Views, coarsened

_SPECK = 0.002
_DEPTH = 1.5
_LARGE = 0.4
_NEIGHBOURS = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Where the bodies stand: the box about the sample, seen by one camera, in coarse voxels of `spacing` µm (or voxels).

    Attributes
    ----------
    camera : Camera
    spacing : (3,)
        Size of a coarse voxel.
    low, high : (3,)
        Corners of the box, in units of length.
    """

    camera: Camera
    spacing: Floats
    low: Floats
    high: Floats

    @property
    def middle(self) -> Floats:
        """Middle of the box."""
        return (self.low + self.high) / 2

    @property
    def corners(self) -> Floats:
        """Corners of the box, (2, 2, 2, 3)."""
        return np.stack(np.meshgrid(*zip(self.low, self.high, strict=True), indexing="ij"), axis=-1)

    @property
    def radius(self) -> float:
        """Half the side of a square picture that shows all of the box."""
        return float(np.abs(self.camera.seen(self.corners - self.middle)[..., :2]).max()) * 1.06


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """What is rendered; a mesh is None where there is nothing to show."""

    stage: Stage
    fixed: Mesh | None
    moving: Mesh | None
    registered: Mesh | None
    difference_raw: Mesh | None
    difference_registered: Mesh | None
    edge: Mesh | None
    edge_open: Mesh | None


def bodies_of(data: ReportData, views: Views, limits: tuple[float, float] | None, colours: Any) -> Bodies:
    """Find the surfaces of all volumes.

    Parameters
    ----------
    data : ReportData
    views : Views
    limits : (low, high), eV, or None
        Range of the edge map's colours.
    colours : callable
        Colour map from 0..1 to RGBA.
    """
    spacing = data.spacing * views.block
    sample = coarsened(data.labels > 0, views.block)
    stage = _stage(np.maximum(sample, views.moving_mask) > 0.25, spacing)
    fixed = _half_of(views.fixed.coarse, sample)
    registered = views.registered.coarse * (_smooth(np.maximum(sample, views.moving_mask), 2.0) > 0.02)
    moving = _half_of(views.moving.coarse, views.moving_mask)
    moved = None if moving is None else moving[1]
    edge = _edge_volume(data, views.block)
    return Bodies(
        stage=stage,
        fixed=None if fixed is None else isosurface(*fixed, spacing, (0.93, 0.72, 0.91)),
        moving=None if moving is None else isosurface(*moving, spacing, (0.68, 0.88, 0.68)),
        registered=None
        if moved is None
        else isosurface(_clean(_smooth(registered, 0.6), moved), moved, spacing, (0.70, 0.80, 0.95)),
        difference_raw=_crust(views.difference_raw.coarse, spacing),
        difference_registered=_crust(views.difference_registered.coarse, spacing),
        edge=_painted(sample, edge, spacing, limits, colours),
        edge_open=_painted(_cut(sample), edge, spacing, limits, colours),
    )


def body(sample: npt.NDArray[np.float32], spacing: Floats) -> Mesh | None:
    """Find the surface of the labelled sample, in pale grey."""
    return isosurface(_smooth(sample, 0.7), 0.5, spacing, (0.82, 0.84, 0.87))


def _stage(sample: npt.NDArray[np.bool_], spacing: Floats) -> Stage:
    found = np.argwhere(sample) if sample.any() else np.array([[0, 0, 0], np.array(sample.shape) - 1])
    margin = 2.0
    return Stage(Camera(), spacing, (found.min(axis=0) - margin) * spacing, (found.max(axis=0) + margin) * spacing)


def _half_of(
    volume: npt.NDArray[np.float32], mask: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], float] | None:
    """Give a volume near its mask, smoothed a little, and half of the median attenuation in the mask."""
    inside = volume[mask > 0.5]
    if inside.size == 0 or not np.median(inside) > 0:
        return None
    level = float(np.median(inside)) / 2
    near = _smooth(mask, 1.5) > 0.02
    return _clean(_smooth(volume * near, 0.6), level), level


def _crust(difference: npt.NDArray[np.float32], spacing: Floats) -> Mesh | None:
    """Find where more than about half of a neighbourhood differs: a shift of less than a voxel makes no crust."""
    return isosurface(_clean(_smooth(difference, 0.7), _LARGE), _LARGE, spacing, (0.95, 0.52, 0.15))


def _clean(volume: npt.NDArray[np.float32], level: float) -> npt.NDArray[np.float32]:
    """Take away specks above `level` that are much smaller than the largest body."""
    from scipy.ndimage import binary_dilation, label

    bodies, n = label(volume > level)
    if n < 2:
        return volume
    sizes = np.bincount(bodies.ravel())
    speck = sizes < max(_SPECK * sizes[1:].max(), 6)
    speck[0] = False
    return np.where(
        binary_dilation(speck[bodies]) & ~((bodies > 0) & ~speck[bodies]), np.minimum(volume, 0.0), volume
    ).astype(np.float32)


def _edge_volume(data: ReportData, block: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Give the coarse edge energy averaged over neighbours, those without one left out; NaN where there is none."""
    energy, labels = data.edge_map.energy, data.labels
    known = np.isfinite(energy) & (labels > 0)
    middle = np.float32(np.median(energy[known])) if known.any() else np.float32(0)
    share = coarsened(known.astype(np.float32), block)
    total = coarsened(np.where(known, energy - middle, 0), block)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = _smooth(total, _NEIGHBOURS) / _smooth(share, _NEIGHBOURS)
    return np.where(share > 0, mean + middle, np.nan).astype(np.float32)


def _cut(sample: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Take away the half nearest the viewer."""
    opened = sample.copy()
    where = np.nonzero(sample.any(axis=(0, 2)))[0]
    if where.size:
        opened[:, round(float(where.mean())) + 1 :] = 0
    return opened


def _painted(
    sample: npt.NDArray[np.float32],
    edge: npt.NDArray[np.float32],
    spacing: Floats,
    limits: tuple[float, float] | None,
    colours: Any,
) -> Mesh | None:
    """Paint the sample's surface with the edge energy a voxel and a half below it; grey where there is none within 2 voxels."""
    from scipy.ndimage import distance_transform_edt

    mesh = isosurface(_smooth(sample, 0.7), 0.5, spacing)
    if mesh is None or limits is None:
        return mesh
    distance, nearest = distance_transform_edt(~np.isfinite(edge), return_indices=True)
    below = np.rint(mesh.vertices / spacing - _DEPTH * mesh.normals).astype(int)
    at = tuple(np.clip(below, 0, np.array(edge.shape) - 1).T)
    values = edge[tuple(nearest[(slice(None), *at)])]
    low, high = limits
    painted = np.asarray(colours((values - low) / (high - low)))[:, :3]
    painted[distance[at] > 2] = 0.8
    return replace(mesh, colours=painted)


def _smooth(volume: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(volume, [sigma if n > 1 else 0 for n in volume.shape]), np.float32)
