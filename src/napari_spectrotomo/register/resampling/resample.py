"""The one interpolation a registered volume sees: a cubic spline, NaN where the moving field does not reach."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_numbers
from ...errors import RegistrationError
from ...progress import raise_if_aborted
from ...threads import in_threads
from ..overlap import Matrix
from .deformation import control_points
from .moving import grey_values, spline_coefficients
from .territory import Territory

if TYPE_CHECKING:
    from .rows import Pull

Float32 = npt.NDArray[np.float32]
PIECE = 1 << 16
"""Voxels of a piece of work, which takes a few milliseconds."""


def resample(
    volume: npt.NDArray[Any],
    matrix: Matrix,
    shape: tuple[int, ...] | None = None,
    order: int = 3,
    *,
    particles: Mapping[int, Matrix] | None = None,
    territory: Territory | None = None,
    coefficients: npt.NDArray[Any] | None = None,
    spacing: int = 0,
    abort: threading.Event | None = None,
) -> Float32:
    """Put a moving volume on the fixed grid.

    Parameters
    ----------
    volume : (z, y, x) or (y, x)
        Grey values; NaN where unknown.
    matrix : (n + 1, n + 1)
        From a voxel of the fixed grid to the moving volume; NaN for a failed registration.
    shape : tuple or None
        Shape of the fixed grid; None for that of the territory, or else of the volume.
    order : 3 or 1
        Cubic B-spline, or linear.
    particles : mapping of particle number to (n + 1, n + 1), or None
        A transform a particle, NaN for one that failed; a particle of the territory that is not named takes `matrix`.
    territory : Territory or None
        Which of them each fixed voxel takes.
    coefficients : (3, cz, cy, cx), or None
        A deformation on top, as in `Deformation`, for a volume of three axes.
    spacing : int
        Voxels between its control points.
    abort : Event or None
        Stops within a few milliseconds.

    Returns
    -------
    array of float32, of `shape`
        NaN outside the moving field, where the nearest moving voxels are unknown, and where the matrix is NaN: for particles',
        in them and where they have more than half the weight; elsewhere they do not take part.

    Raises
    ------
    RegistrationError
        If volume or matrices hold no numbers, or do not fit; or the order is another.
    Aborted
        If `abort` was set.
    """
    volume = np.asarray(as_array(volume, "voxels", RegistrationError))
    if volume.ndim not in (2, 3):
        raise RegistrationError(f"A volume of 2 or 3 axes is moved; this one has {volume.ndim}.")
    if order not in (1, 3):
        raise RegistrationError(f"The order of the spline is 3 (cubic) or 1 (linear), not {order!r}.")
    if shape is None:
        shape = volume.shape if territory is None else territory.shape
    pull = _pull(tuple(shape), volume.ndim, matrix, particles, territory, coefficients, spacing)
    if len(pull.matrices) == 0:
        if not np.all(np.isfinite(pull.matrix)):
            return np.full(shape, np.nan, np.float32)
        if tuple(shape) == volume.shape and pull.spacing == 0 and np.array_equal(pull.matrix, np.eye(4)):
            return np.array(volume, np.float32)

    from .rows import resample_rows

    moving = volume if volume.ndim == 3 else volume[None]
    source, unknown = spline_coefficients(moving, abort) if order == 3 else grey_values(moving)
    out = np.empty(shape, np.float32)
    grid = out if out.ndim == 3 else out[None]
    _by_rows(grid.shape, partial(_call, resample_rows, pull, source, order == 3, unknown, out=grid), abort)
    return out


def positions(
    shape: tuple[int, ...],
    matrix: Matrix,
    *,
    particles: Mapping[int, Matrix] | None = None,
    territory: Territory | None = None,
    coefficients: npt.NDArray[Any] | None = None,
    spacing: int = 0,
) -> npt.NDArray[np.float64]:
    """Give where every fixed voxel lies in the moving volume, as `resample` takes it; for small volumes.

    Returns
    -------
    array of float64, (n, *shape), voxels
        Along (z, y, x) or (y, x); NaN where it is not known.

    Raises
    ------
    RegistrationError
        If matrices hold no numbers, or do not fit.
    """
    from .rows import place_rows

    shape = tuple(shape)
    if len(shape) not in (2, 3):
        raise RegistrationError(f"A volume of 2 or 3 axes is moved; this one has {len(shape)}.")
    pull = _pull(shape, len(shape), matrix, particles, territory, coefficients, spacing)
    out = np.empty((3, *_three(shape)))
    _by_rows(out.shape[1:], partial(_call, place_rows, pull, out=out), None)
    return out if len(shape) == 3 else out[1:, 0]


def _call(kernel: Any, *arguments: Any, first: int, last: int, out: npt.NDArray[Any]) -> None:
    kernel(*arguments, first, last, out)


def _by_rows(shape: tuple[int, ...], work: Callable[..., None], abort: threading.Event | None) -> None:
    """Do work on all rows of a volume, piece by piece."""
    rows = shape[0] * shape[1]
    step = max(1, PIECE // max(shape[2], 1))

    def piece(first: int) -> None:
        raise_if_aborted(abort)
        work(first=first, last=min(first + step, rows))

    in_threads(piece, range(0, rows, step))


def _three(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape if len(shape) == 3 else (1, *shape)


def _matrix(values: Any, ndim: int) -> Matrix:
    """Give a transform as (4, 4), one of an image as that of a slice."""
    matrix = as_numbers(values, "elements of a matrix", RegistrationError)
    if matrix.shape != (ndim + 1, ndim + 1):
        raise RegistrationError(f"A volume of {ndim} axes is not moved by a matrix of shape {matrix.shape}.")
    if not np.all(np.isfinite(matrix)):
        return np.full((4, 4), np.nan)
    whole = np.eye(4)
    whole[3 - ndim :, 3 - ndim :] = matrix
    return whole


def _pull(
    shape: tuple[int, ...],
    ndim: int,
    matrix: Any,
    particles: Mapping[int, Matrix] | None,
    territory: Territory | None,
    coefficients: npt.NDArray[Any] | None,
    spacing: int,
) -> Pull:
    """Bring what says where fixed voxels lie into the form that kernels take, and check that it fits together."""
    from .rows import Pull

    if len(shape) != ndim:
        raise RegistrationError(f"A volume of {ndim} axes does not fit a fixed grid of shape {shape}.")
    whole = _matrix(matrix, ndim)
    slots, distances, step = np.zeros((0, 0, 0), np.uint8), np.zeros((0, 0, 0, 0), np.int16), 1
    own = np.zeros((0, 4, 4))
    if particles is not None:
        if territory is None:
            raise RegistrationError("Transforms of particles need their territory: give Territory.of(labels).")
        if territory.shape != shape:
            raise RegistrationError(
                f"The labels have shape {territory.shape} and the fixed grid {shape}: give those of it."
            )
        slots, distances, step = territory.slots, territory.distances, territory.step
        moves = [_matrix(particles[n], ndim) if n in particles else whole for n in territory.numbers.tolist()]
        own = np.array(moves).reshape(-1, 4, 4)
    padded = np.zeros((3, 0, 0, 0), np.float32)
    if coefficients is not None:
        if ndim != 3 or spacing < 1 or np.shape(coefficients) != (3, *control_points(shape, spacing)):
            raise RegistrationError(
                f"A deformation with coefficients of shape {np.shape(coefficients)}, {spacing} voxels apart, does not fit a "
                f"fixed grid of shape {shape}."
            )
        padded = np.pad(np.asarray(coefficients, np.float32), ((0, 0), (0, 1), (0, 1), (0, 1)))
    return Pull(whole, own, slots, distances, step, padded, spacing if coefficients is not None else 0)
