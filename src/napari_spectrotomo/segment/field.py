"""Particles that the field of view cuts off: their volume and their edge energies are those of a part."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_labels
from ..errors import DataError
from .bodies import inscribed_circle

RIM = 2  # voxels by which smoothing may carry a mask over the rim


def field_warnings(labels: Any, *, image: bool = False) -> tuple[str, ...]:
    """Say which particles leave the field.

    Parameters
    ----------
    labels : (z, y, x) int
        0 is background.
    image : bool
        Whether they are of an image, (1, row, column), which has no rim of a reconstructed circle.

    Returns
    -------
    tuple of str
        A sentence that names the particles which touch a face of the volume, and one for those that touch the rim of the
        reconstructed circle, where slices are square and nothing lies beyond it; empty where there are none.

    Raises
    ------
    DataError
        If the labels are not 3-D, or no whole numbers from 0.
    """
    found = as_labels(labels)
    if found.ndim != 3:
        raise DataError(f"Labels have three axes (z, y, x); found {found.ndim}.")
    faces = _numbers(found.take(face, axis) for axis in range(3) if found.shape[axis] > 1 for face in (0, -1))
    rim = set() if image else _at_the_rim(found) - faces
    where = (
        (faces, "an edge of the image" if image else "a face of the volume"),
        (rim, "the rim of the reconstructed circle"),
    )
    return tuple(_sentence(touching, what) for touching, what in where if touching)


def _numbers(parts: Iterable[npt.NDArray[Any]]) -> set[int]:
    return {int(n) for part in parts for n in np.unique(part) if n > 0}


def _at_the_rim(labels: npt.NDArray[Any]) -> set[int]:
    from scipy.ndimage import binary_dilation, binary_erosion

    circle = inscribed_circle(labels.shape)
    if circle is None or labels[:, ~binary_dilation(circle, iterations=RIM)].any():
        return set()
    return _numbers([labels[:, ~binary_erosion(circle, border_value=1)]])


def _sentence(touching: set[int], what: str) -> str:
    one = len(touching) == 1
    who = f"{'Particle' if one else 'Particles'} {', '.join(map(str, sorted(touching)))}"
    return (
        f"{who} {'touches' if one else 'touch'} {what} and may leave the field: only the part inside is seen, "
        "and values at the rim are not to be trusted."
    )
