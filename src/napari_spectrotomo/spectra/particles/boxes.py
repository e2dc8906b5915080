"""Where each particle lies, so that work on it reads no more than the box about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_labels
from ...data import FloatArray
from ...errors import DataError

Box = tuple[slice, ...]
_MOST_DIRECT = 1 << 20
"""Labels above it are numbered anew, lest a list as long as the highest label be made."""


def particle_boxes(labels: npt.NDArray[Any]) -> dict[int, Box]:
    """Give the box about every particle of `labels` (0 is background), by label, ascending."""
    from scipy.ndimage import find_objects

    highest = int(labels.max()) if labels.size else 0
    if highest <= _MOST_DIRECT:
        found = find_objects(labels.astype(np.int32, copy=False))
        return {k: box for k, box in enumerate(found, 1) if box is not None}
    names, places = np.unique(labels, return_inverse=True)
    first = 1 if names[0] != 0 else 0
    found = find_objects((places.reshape(labels.shape) + first).astype(np.int32))
    return {int(k): box for k, box in zip(names[1 - first :], found, strict=True) if box is not None}


def numbers_of(labels: npt.NDArray[Any]) -> list[int]:
    """Give the labels there are, ascending, without the background's 0; sorted slice by slice."""
    found = [np.unique(plane) for plane in labels]
    return [int(k) for k in np.unique(np.concatenate(found)) if k > 0] if found else []


def widened(box: Box, shape: tuple[int, ...], by: int = 1) -> Box:
    """Give the box with so many voxels more on every side, as far as the volume goes."""
    return tuple(slice(max(0, s.start - by), min(n, s.stop + by)) for s, n in zip(box, shape, strict=True))


def energies_of(emap: Any, where: str) -> npt.NDArray[np.float32]:
    """Give the edge energies (z, y, x) of an edge map; `DataError` where it is none."""
    if not hasattr(emap, "energy"):
        raise DataError(f"{where} takes the EdgeMap that edge_energy gives, not {type(emap).__name__}.")
    return np.asarray(emap.energy)


def fitting_labels(labels: npt.ArrayLike, values: FloatArray) -> npt.NDArray[Any]:
    """Give labels as an array; `DataError` where they do not fit the map `values`."""
    label = as_labels(labels)
    if label.shape != values.shape:
        raise DataError(
            f"Labels of shape {label.shape} do not fit a map of shape {values.shape}: give those of the fixed volume."
        )
    return label


def particle_box(labels: npt.NDArray[Any], k: int) -> Box:
    """Give the box about particle `k`.

    Raises
    ------
    DataError
        If there is no such particle.
    """
    inside = labels == k if isinstance(k, int | float | np.number) and k > 0 else np.zeros((1,), bool)
    if not inside.any():
        present = np.unique(labels[labels > 0])
        known = ", ".join(map(str, present[:8])) + (", …" if len(present) > 8 else "")
        raise DataError(f"There is no particle {k!r}: labels are {known or '0 everywhere'}.")
    return around(inside)


def around(inside: npt.NDArray[np.bool_]) -> Box:
    """Give the box about all that is inside."""
    axes = range(inside.ndim)
    lines = [np.flatnonzero(inside.any(axis=tuple(a for a in axes if a != axis))) for axis in axes]
    return tuple(slice(int(i[0]), int(i[-1]) + 1) for i in lines)
