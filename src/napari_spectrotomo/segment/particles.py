"""A mask -> numbered particles, parted at their necks and not at their cracks."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_region
from ..errors import DataError
from ..parameters import checked
from .own import load_labels
from .parameters import LabelParameters

_D = LabelParameters()
LARGEST_GRID = {3: 160, 2: 640}
"""Voxels a side, of volumes and of images, beyond which shapes are told from blocks of voxels."""

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


def label_particles(
    mask: Any,
    *,
    separate: bool = _D.separate,
    closing: float | None = _D.closing,
    depth: float = _D.depth,
    min_fraction: float = _D.min_fraction,
    labels: str | None = _D.labels,
) -> Labels:
    """Number the particles of a mask.

    A distance-transform watershed (Beucher and Lantuéjoul 1979) on the mask with its cracks closed. Two summits of the distance
    map are two particles only where the saddle between them is lower than the smaller summit by more than `depth` of it: a
    relative h-maximum, so that rough and cracked particles of any size stay whole.

    Parameters
    ----------
    mask : (z, y, x) bool, NumPy or dask
        Of one slice, an image.
    separate : bool
        Whether touching particles are parted; else every connected body is one.
    closing : float or None, voxel
        Cracks up to twice this wide do not part a particle; None takes a fifth of the radius of the largest
        ball that fits into the sample.
    depth : float, 0..1
    min_fraction : float, 0..1
        A piece smaller than this fraction of the largest particle joins the one it shares the longest border with (through closed
        cracks too); one that touches none becomes background.
    labels : str or None
        TIFF of labels that are taken as they are instead; the mask then only says their shape.

    Returns
    -------
    (z, y, x) int32
        0 background, 1.. by falling volume (of a file, its own numbers). Empty masks give no particle.

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    DataError
        If the mask is not 3-D or holds no numbers.
    ReadError
        If the file of `labels` cannot be read or does not fit the mask.
    """
    values = {
        "separate": separate,
        "closing": closing,
        "depth": depth,
        "min_fraction": min_fraction,
        "labels": labels,
    }
    parameters = checked(LabelParameters, values, where="label")
    sample = as_region(mask)
    if sample.ndim != 3:
        raise DataError(f"A mask has three axes (z, y, x); found {sample.ndim}.")
    if parameters.labels is not None:
        return load_labels(parameters.labels, sample.shape)
    out = np.zeros(sample.shape, np.int32)
    if not sample.any():
        return out
    box = _bounding_box(sample)
    if len(sample) == 1:  # of an image the distances are those within it
        out[box] = _label_box(sample[box][0], parameters)[None]
    else:
        out[box] = _label_box(sample[box], parameters)
    return out


def _label_box(sample: Mask, parameters: LabelParameters) -> Labels:
    step = int(np.ceil(max(sample.shape) / LARGEST_GRID[sample.ndim]))
    coarse = _block_majority(sample, step)
    radius = _crack_radius(np.pad(coarse, 6)) if parameters.closing is None else parameters.closing / step
    pad = int(np.ceil(radius)) + 2
    solid = _closed(np.pad(coarse, pad), radius)
    bodies = _watershed(solid, parameters.depth) if parameters.separate else _connected(solid)
    volumes = np.bincount(bodies[np.pad(coarse, pad)], minlength=int(bodies.max()) + 1)
    bodies = _join_fragments(bodies, volumes, parameters.min_fraction)
    inner = bodies[(slice(pad, -pad),) * sample.ndim]
    return _by_volume(_onto(inner, sample, step, dropped=coarse & (inner == 0)))


def _bounding_box(mask: Mask) -> tuple[slice, ...]:
    from scipy.ndimage import find_objects

    return tuple(find_objects(mask.astype(np.uint8))[0])


def _block_majority(mask: Mask, step: int) -> Mask:
    if step == 1:
        return mask
    from skimage.measure import block_reduce

    return np.asarray(block_reduce(mask, step, func=np.mean) >= 0.5)


def _crack_radius(mask: Mask) -> float:
    """Give a fifth of the radius of the largest ball that fits, once narrower cracks are closed; at most 4 voxels."""
    from scipy.ndimage import distance_transform_edt

    thickness = float(distance_transform_edt(mask).max())
    thickness = float(distance_transform_edt(_closed(mask, thickness / 5)).max())
    return min(thickness / 5, 4.0)


def _closed(mask: Mask, radius: float) -> Mask:
    """Close cracks with a ball, by two distance transforms, and fill what is closed on all sides."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    if radius > 0:
        grown = distance_transform_edt(~mask) <= radius
        mask = (distance_transform_edt(grown) > radius) | mask
    return np.asarray(binary_fill_holes(mask))


def _connected(mask: Mask) -> Labels:
    from scipy.ndimage import generate_binary_structure, label

    return np.asarray(label(mask, generate_binary_structure(mask.ndim, mask.ndim))[0], np.int32)


def _watershed(solid: Mask, depth: float) -> Labels:
    from scipy.ndimage import distance_transform_edt, gaussian_filter
    from skimage.morphology import reconstruction
    from skimage.segmentation import watershed

    distance = gaussian_filter(distance_transform_edt(solid).astype(np.float32), 1.0)
    distance[~solid] = 0
    height = np.log1p(distance)
    # log(1 + d) turns "lower by a fraction" into "lower by h"; the 1 keeps one-voxel ripples of thin pieces from counting
    if depth >= 1:
        return _connected(solid)
    lowered = height + np.log(1 - depth)
    domes = height - reconstruction(lowered, height) >= -np.log(1 - depth) - 1e-5
    markers = _connected(domes & solid)
    return np.asarray(watershed(-distance, markers, mask=solid), np.int32)


def _join_fragments(bodies: Labels, volumes: npt.NDArray[np.int64], min_fraction: float) -> Labels:
    """Give small pieces, the smallest first, to the neighbour of the longest common border; drop those without one."""
    touching = _borders(bodies, len(volumes))
    sizes = volumes.astype(float)
    sizes[0] = 0
    home = np.arange(len(sizes))
    limit = min_fraction * sizes.max()
    for piece in np.argsort(sizes, kind="stable"):
        if piece == 0 or sizes[piece] >= limit:
            continue
        border = touching[piece]
        neighbour = int(border.argmax()) if border.any() else 0
        home[home == piece] = neighbour
        if neighbour:
            sizes[neighbour] += sizes[piece]
            touching[neighbour] += border
            touching[:, neighbour] += border
            touching[neighbour, neighbour] = 0
        touching[piece] = 0
        touching[:, piece] = 0
    return np.asarray(home[bodies], np.int32)


def _borders(bodies: Labels, count: int) -> npt.NDArray[np.float64]:
    """How many voxel faces every two bodies share."""
    faces = np.zeros((count, count))
    for axis in range(bodies.ndim):
        a = np.moveaxis(bodies, axis, 0)[:-1].ravel()
        b = np.moveaxis(bodies, axis, 0)[1:].ravel()
        pair = (a != b) & (a > 0) & (b > 0)
        np.add.at(faces, (a[pair], b[pair]), 1)
    return faces + faces.T


def _onto(bodies: Labels, sample: Mask, step: int, dropped: Mask) -> Labels:
    """Carry labels of the coarse grid to the sample's voxels; thin voxels the coarse grid lost take the nearest label."""
    if step == 1:
        return np.where(sample, bodies, 0).astype(np.int32)
    from scipy.ndimage import distance_transform_edt

    # a dropped body keeps a label of its own (-1), or its voxels would go to the nearest particle
    seeds = np.where(dropped, -1, bodies)
    nearest = distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    full = seeds[tuple(nearest)]
    for axis in range(sample.ndim):
        full = np.repeat(full, step, axis=axis)
    full = full[tuple(slice(n) for n in sample.shape)]
    return np.where(sample & (full > 0), full, 0).astype(np.int32)


def _by_volume(labels: Labels) -> Labels:
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    rank = np.zeros(len(sizes), np.int32)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    rank[order] = np.arange(1, len(order) + 1)
    return rank[labels]
