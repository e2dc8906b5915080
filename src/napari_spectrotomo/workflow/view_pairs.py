"""The trouble-shooting view of a project: one view at two energies, before registration and after."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..align.one_view import align_views
from ..assess.view_pair import ViewPair, view_pair
from ..data import FloatArray
from ..errors import DataError
from ..preprocess import CorrectedTomogram, correct_tomogram
from ..progress import raise_if_aborted
from ..reconstruct import magnifications, project_volume
from .project import Project

How = Literal["measured", "shifted", "projected", "registered"]
Volume = npt.NDArray[np.float32]
_KEPT = 4
"""Volumes or tomograms that are kept to look at other angles."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedViews:
    """One view of the sample at two energies.

    Attributes
    ----------
    pair : ViewPair
        In optical density.
    energies : (float, float), eV
    angles : (float, float), degrees
        Of the two views; NaN in a 2-D scan.
    how : 'measured', 'shifted', 'projected' or 'registered'
        Projections as measured, the second at the size of the first; the second shifted onto the first as well; volumes as
        reconstructed seen at that angle, where there are no projections; registered volumes seen at that angle.
    shift : (2,) float64
        (row, column) in pixels that was taken out; NaN where none was.
    magnification : float
        Size of the second view relative to the first, which was taken out.
    pixel_size : float
        nm; NaN when unknown.
    origin : (float, float)
        Row and column of the corrected projections of the first energy at which the pictures' first pixel lies.
    doubts : tuple of str
    """

    pair: ViewPair
    energies: tuple[float, float]
    angles: tuple[float, float]
    how: How
    shift: FloatArray
    magnification: float
    pixel_size: float
    origin: tuple[float, float]
    doubts: tuple[str, ...]


class ViewComparison:
    """Compares views of a project at two energies; what was corrected or read last is kept for the next angle.

    Parameters
    ----------
    project : Project
    corrected : callable(index, abort) -> CorrectedTomogram, optional
        Where corrected projections come from; by default they are corrected here.
    """

    def __init__(
        self, project: Project, corrected: Callable[[int, threading.Event | None], CorrectedTomogram] | None = None
    ) -> None:
        self._project = project
        self._corrected = corrected or self._correct_once
        self._kept: dict[tuple[Any, ...], Any] = {}

    def compare(
        self,
        first: int,
        second: int,
        angle: float = 0.0,
        *,
        after: bool = False,
        sigma: float = 2.0,
        abort: threading.Event | None = None,
    ) -> ComparedViews:
        """Compare a view at two energies.

        Parameters
        ----------
        first, second : int
            Indices of energies; the second is laid over the first.
        angle : float
            Degrees; the nearest view of each energy is taken.
        after : bool
            After registration: the two registered volumes seen at that angle, or, where they are not registered yet, the
            second projection shifted onto the first (`align_views`).
        sigma : float, pixel
            Smoothing before outlines are looked for.
        abort : Event or None

        Returns
        -------
        ComparedViews

        Raises
        ------
        DataError
            If there is no such energy, or nothing to look at before the volumes are there.
        Aborted
            If `abort` was set.
        """
        count = len(self._project.energies)
        for index in (first, second):
            if not 0 <= index < count:
                raise DataError(f"There is no energy {index} to compare: there are {count}, numbered from 0.")
        if after and self._registered(first, second):
            return self._of_volumes(first, second, angle, "registered", sigma, abort)
        if self._project.kind == "stack":
            return self._of_volumes(first, second, angle, "projected", sigma, abort)
        return self._of_projections(first, second, angle, after, sigma, abort)

    def _registered(self, *indices: int) -> bool:
        done = self._project.done("register")
        return bool(all(done[index] for index in indices))

    def _of_projections(
        self, first: int, second: int, angle: float, after: bool, sigma: float, abort: threading.Event | None
    ) -> ComparedViews:
        project, views, angles = self._project, [], []
        for index in (first, second):
            tomogram = self._corrected(index, abort)
            raise_if_aborted(abort)
            if project.planar:
                views.append(tomogram.optical_density.mean(axis=0))
                angles.append(float("nan"))
            else:
                nearest = int(np.argmin(np.abs(tomogram.angles - angle)))
                views.append(tomogram.optical_density[nearest])
                angles.append(float(tomogram.angles[nearest]))
        scan = replace(project.scan(), pixel_size=project.layout()[2])
        ratio, sizes, _ = magnifications(scan, project.recipe.reconstruct.magnification, first)
        larger, center = float(ratio[second]), self._center(first)
        middle = np.array([(views[0].shape[0] - 1) / 2, (views[0].shape[1] - 1) / 2 if center is None else center])
        matrix = np.diag([larger, larger, 1.0])
        matrix[:2, 2] = middle * (1 - larger)
        shift, doubts = np.full(2, np.nan), list(_turned(angles))
        if after:
            found = align_views(views[0], views[1], magnification=larger, center=center, abort=abort)
            matrix, shift = found.matrix, found.shift
            doubts += found.doubts
        return ComparedViews(
            view_pair(views[0], views[1], matrix, sigma),
            self._energies(first, second),
            (angles[0], angles[1]),
            "shifted" if after else "measured",
            shift,
            larger,
            float("nan") if sizes is None else float(sizes[first]),
            (0.0, 0.0),
            tuple(doubts),
        )

    def _of_volumes(
        self,
        first: int,
        second: int,
        angle: float,
        how: Literal["projected", "registered"],
        sigma: float,
        abort: threading.Event | None,
    ) -> ComparedViews:
        stack = self._stack(how)
        volumes = []
        for index in (first, second):
            read = self._once((how, index), partial(np.asarray, stack.data[index], np.float32))
            raise_if_aborted(abort)
            volumes.append(read)
        unknown = ~(np.isfinite(volumes[0]) & np.isfinite(volumes[1]))
        if unknown.all():
            raise DataError("The two volumes have no voxel in common: look at the registration of these energies.")
        size = None if stack.voxel_size is None else float(stack.voxel_size[2])
        known = [np.where(unknown, np.float32(0), volume) for volume in volumes]
        if stack.planar:
            views = [np.where(unknown[0], np.nan, volume[0]) for volume in known]
        else:
            a_voxel = 1.0 if size is None or stack.attenuation_unit == "1/voxel" else size / 1000
            views = [seen_at(volume, angle, abort) * np.float32(a_voxel) for volume in known]
        seen = float("nan") if stack.planar else float(angle)
        return ComparedViews(
            view_pair(views[0], views[1], None, sigma),
            self._energies(first, second),
            (seen, seen),
            how,
            np.full(2, np.nan),
            1.0,
            float("nan") if size is None else size,
            self._origin(first, views[0].shape[1]),
            (),
        )

    def _stack(self, how: str) -> Any:
        if how == "registered":
            return self._project.stack("registered")
        return self._project.input()

    def _center(self, index: int) -> float | None:
        """Give the column of the axis where it was settled."""
        return float(self._project.alignment().centers[index]) if self._project.state("align") == "done" else None

    def _origin(self, index: int, columns: int) -> tuple[float, float]:
        """Give where the first pixel of a view of the volume lies in the projections, the axis' column in the middle of both."""
        region, center = self._project.recipe.reconstruct.region, self._center(index)
        if self._project.planar or self._project.kind == "stack":
            return 0.0, 0.0
        across = 0.0 if center is None or region is not None else center - (columns - 1) / 2
        return 0.0 if region is None else float(region[0]), across

    def _energies(self, first: int, second: int) -> tuple[float, float]:
        energies = self._project.energies
        return float(energies[first]), float(energies[second])

    def _correct_once(self, index: int, abort: threading.Event | None) -> CorrectedTomogram:
        scan, parameters = self._project.scan(), self._project.recipe.correct
        return self._once(("views", index), partial(correct_tomogram, scan, index, parameters, abort))

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Give what was made before, or make it; the one used longest ago goes."""
        found = self._kept.pop(key) if key in self._kept else make()
        self._kept[key] = found
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return found


def seen_at(volume: Volume, angle: float, abort: threading.Event | None = None) -> Volume:
    """Project a volume (z, y, x) at one angle in degrees: (z, column), the sum of its voxels along rays, 0 where unknown.

    Slices that are no squares, of a region of the volume, are continued by nothing.
    """
    _, rows, columns = volume.shape
    size = max(rows, columns)
    square = np.zeros((len(volume), size, size), np.float32)
    top, left = (size - rows) // 2, (size - columns) // 2
    square[:, top : top + rows, left : left + columns] = volume
    views = project_volume(square, np.array([angle]), (size - 1) / 2, abort=abort)
    return np.asarray(views[0], np.float32)


def _turned(angles: list[float]) -> tuple[str, ...]:
    apart = abs(angles[1] - angles[0])
    if not apart > 0.05:
        return ()
    return (f"The nearest views are {apart:.2f}° apart: some of the difference is the turn of the sample.",)
