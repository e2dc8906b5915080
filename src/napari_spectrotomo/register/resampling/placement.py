"""Where a registration puts the volume of each energy: what `Registration.apply` and `Registration.points` share."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ..overlap import Matrix
from .resample import resample
from .territory import NEAREST, REACH, UNITS, Territory

if TYPE_CHECKING:
    from ..result.registration import Registration


class Placement:
    """The transforms of all energies, with the territory of the particles made once, when it is first needed.

    Threads share it; a copy sent to another process makes its own territory.

    Parameters
    ----------
    registration : Registration
    """

    __slots__ = ("_lock", "_registration", "_territory")

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._lock = threading.Lock()
        self._territory: Territory | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave lock and territory behind."""
        return Placement, (self._registration,)

    def __dask_tokenize__(self) -> Any:
        """Name the parts that `move` depends on, so that the same registration of the same stack has the same name."""
        from dask.base import normalize_token

        found = self._registration
        bent = None if found.deformation is None else (found.deformation.coefficients, found.deformation.spacing)
        return normalize_token((found.shape, found.matrices, found.particle_matrices, found.labels, bent))

    def move(
        self, volume: npt.NDArray[Any], index: int, order: int = 3, abort: threading.Event | None = None
    ) -> npt.NDArray[np.float32]:
        """Put the volume or the mask of an energy on the fixed grid, in one interpolation; see `resample`."""
        found, particles = self._registration, self._particles(index)
        bent = self._coefficients(index)
        if particles is None and bent is None:
            return resample(volume, found.matrices[index], found.shape, order, abort=abort)
        return resample(
            volume,
            found.matrices[index],
            found.shape,
            order,
            particles=particles,
            territory=self.territory() if particles else None,
            coefficients=bent,
            spacing=0 if bent is None or found.deformation is None else found.deformation.spacing,
            abort=abort,
        )

    def points(self, index: int, zyx: FloatArray, matrix: Matrix | None = None) -> FloatArray:
        """Say where fixed points (..., 3) lie at an energy; `matrix` serves all of them instead of the placement by particle."""
        flat = zyx.reshape(-1, 3).astype(np.float64)
        particles = self._particles(index)
        if matrix is not None or particles is None:
            placed = _moved(self._registration.matrices[index] if matrix is None else matrix, flat)
        else:
            placed = placed_by_particles(self.territory(), particles, self._registration.matrices[index], flat)
        bent = self._coefficients(index)
        if bent is not None and self._registration.deformation is not None:
            placed += _displacement(bent, self._registration.deformation.spacing, self._registration.shape, flat)
        return placed.reshape(zyx.shape)

    def territory(self) -> Territory:
        """Give the territory of the particles."""
        with self._lock:
            if self._territory is None:
                self._territory = Territory.of(self._registration.labels)
            return self._territory

    def _particles(self, index: int) -> dict[int, Matrix] | None:
        """Give the particles' matrices at an energy; None where all lie as the whole does, as at the fixed energy."""
        found = {number: matrices[index] for number, matrices in (self._registration.particle_matrices or {}).items()}
        whole = self._registration.matrices[index]
        return None if all(np.array_equal(matrix, whole) for matrix in found.values()) else found

    def _coefficients(self, index: int) -> npt.NDArray[np.float32] | None:
        """Give the deformation at an energy; None where nothing is displaced."""
        if self._registration.deformation is None:
            return None
        found = self._registration.deformation.coefficients[index]
        return found if found.any() else None


def absent_particles(labels: npt.NDArray[np.integer], numbers: Collection[int]) -> list[int]:
    """Give the particle numbers that no voxel has."""
    there = np.zeros(max([int(labels.max(initial=0)), *numbers]) + 1, bool)
    for plane in labels:
        there[plane] = True
    return sorted(number for number in numbers if not there[number])


def _moved(matrix: Matrix, points: FloatArray) -> FloatArray:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def placed_by_particles(
    territory: Territory, particles: dict[int, Matrix], whole: Matrix, points: FloatArray
) -> FloatArray:
    """Place points (N, 3) as `Territory` says: by their particle, and by the blend between particles."""
    z, y, x = np.clip(np.rint(points), 0, np.array(territory.shape) - 1).astype(np.int64).T
    owner = territory.labels[z, y, x]
    known, unknown, worst = (np.zeros(len(points)) for _ in range(3))
    places = np.zeros(points.shape)
    for number, weight in zip(territory.numbers.tolist(), _weights(territory, points), strict=True):
        own = np.where(owner == 0, weight, owner == number)
        matrix = particles.get(number, whole)
        if np.isfinite(matrix).all():
            known += own
            places += own[:, None] * _moved(matrix, points)
        else:
            unknown += own
            worst = np.maximum(worst, own)
    known[(known == 0) | (worst > 0.5 * (known + unknown))] = np.nan
    return places / known[:, None]


def owners_of(territory: Territory, points: FloatArray) -> npt.NDArray[np.int64]:
    """Give the index in `territory.numbers` of the particle that points (N, 3) are in, or else nearest to."""
    z, y, x = np.clip(np.rint(points), 0, np.array(territory.shape) - 1).astype(np.int64).T
    slots = territory.slots[z, y, x].astype(np.int64)
    return np.where(slots > 0, slots - 1, np.argmax(_weights(territory, points), axis=0))


def _weights(territory: Territory, points: FloatArray) -> FloatArray:
    """Give the weight (K, N) of every particle outside the labels."""
    from scipy.ndimage import map_coordinates

    nodes = (points / territory.step).T
    away = [map_coordinates(d.astype(np.float32) / UNITS, nodes, order=1, mode="nearest") for d in territory.distances]
    distances = np.maximum(np.array(away).reshape(len(away), len(points)), NEAREST)
    t = np.maximum(0.0, (distances.min(axis=0, initial=np.inf) / distances - REACH) / (1 - REACH))
    return np.asarray(t * t * (3 - 2 * t), np.float64)


def _displacement(
    coefficients: npt.NDArray[np.float32], spacing: int, shape: tuple[int, int, int], points: FloatArray
) -> FloatArray:
    """Give the displacement (N, 3) at points, at the nearest point of the fixed volume for those outside."""
    from scipy.ndimage import map_coordinates

    within = np.clip(points, 0, np.array(shape) - 1).T
    controls = within / spacing + 1
    return np.stack(
        [
            map_coordinates(c.astype(np.float64), controls, order=3, prefilter=False, mode="nearest")
            for c in coefficients
        ],
        axis=-1,
    )
