"""What flows through the chain: a `Scan` of projections becomes an `EnergyStack` of volumes.

Both are frozen records over lazy dask arrays with one energy a chunk, so that one energy at a time need be in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import dask.array as da
import numpy as np
import numpy.typing as npt

from .arrays import (
    FloatArray,
    angles_by_energy,
    as_energies,
    as_frames,
    as_metadata,
    as_numbers,
    as_projections,
    as_stack,
    as_voxel_size,
    check_tomogram,
    currents_by_energy,
    positions_by_energy,
    sets_by_energy,
    values_by_energy,
)
from .errors import DataError

Kind = Literal["counts", "transmission", "optical_density"]
OPTICAL_DENSITY = "optical density"
"""The unit of a stack that holds images instead of volumes."""
SAME_VIEW = 1e-3
"""Degrees between frames of one view, at most."""
KINDS: tuple[Kind, ...] = ("counts", "transmission", "optical_density")


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Projections of all energies, lazily, with what is known of how they were taken.

    Attributes
    ----------
    energies : (E,) float64, eV, ascending
    angles : tuple of (A_e,) float64, degrees, in order of acquisition
    projections : tuple of dask arrays, (angle, row, column)
    flats, darks : tuple of dask arrays, (frame, row, column); of length 0 where there are none
    pixel_size : (E,) float64, nm, at the sample; None when unknown
    exposure, flat_exposure : (E,) float64, s; None when unknown
    time : (E,) float64, s; start of each energy's tomogram on any clock, which keeps the order of acquisition; None when unknown
    flat_positions : tuple of (F_e,) int arrays, or None when unknown
        How many projections were taken before each flat: 0 before the tomogram, A_e after it.
    current, flat_current : tuple of (A_e,) and of (F_e,) float64, mA, or None when unknown
        Ring current during each projection and each flat; NaN where unknown.
    kind : 'counts', 'transmission' or 'optical_density'
    metadata : dict
        ``'format'``, ``'files'`` (paths), ``'skipped'`` (list of (file, reason)), ``'doubts'`` (sentences), and more.
    """

    energies: FloatArray
    angles: tuple[FloatArray, ...]
    projections: tuple[da.Array, ...]
    flats: tuple[da.Array, ...]
    darks: tuple[da.Array, ...]
    pixel_size: FloatArray | None = None
    exposure: FloatArray | None = None
    flat_exposure: FloatArray | None = None
    time: FloatArray | None = None
    flat_positions: tuple[npt.NDArray[np.int64], ...] | None = None
    current: tuple[FloatArray, ...] | None = None
    flat_current: tuple[FloatArray, ...] | None = None
    kind: Kind = "counts"
    metadata: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Give the number of energies."""
        return len(self.energies)

    @property
    def planar(self) -> bool:
        """Whether there is one view an energy, however many frames of it: a 2-D XANES scan."""
        return all(bool(np.all(np.diff(np.sort(theta)) <= SAME_VIEW)) for theta in self.angles)

    @classmethod
    def from_arrays(
        cls,
        projections: Sequence[Any],
        energies: Sequence[float] | FloatArray,
        angles: Any,
        flats: Sequence[Any] | None = None,
        darks: Sequence[Any] | None = None,
        pixel_size: float | Sequence[float] | FloatArray | None = None,
        kind: Kind = "counts",
        *,
        exposure: float | Sequence[float] | FloatArray | None = None,
        flat_exposure: float | Sequence[float] | FloatArray | None = None,
        time: Sequence[float] | FloatArray | None = None,
        flat_positions: Sequence[Any] | None = None,
        current: float | Sequence[Any] | FloatArray | None = None,
        flat_current: float | Sequence[Any] | FloatArray | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Scan:
        """Build a scan from arrays, sorted by energy.

        Parameters
        ----------
        projections : sequence of (A_e, row, column) arrays, one an energy
            NumPy, dask, h5py or zarr arrays; lazy ones stay lazy.
        energies : (E,), eV
            In any order; every one different.
        angles : (A,) for all energies, or a sequence of (A_e,), degrees
        flats, darks : sequence of (frame, row, column) arrays, one an energy; None where there are none
        pixel_size : float or (E,), nm
            One number is the pixel size at the highest energy: others are proportional to their energy, as with a zone plate.
        kind : 'counts', 'transmission' or 'optical_density'
        exposure, flat_exposure : float or (E,), s
        time : (E,), s
        flat_positions : sequence of (F_e,) ints
            How many projections were taken before each flat.
        current, flat_current : float, (E,), or sequence of (A_e,) or (F_e,), mA
            Ring current during each projection and each flat; one number an energy stands for all its frames, NaN for unknown.
        metadata : mapping

        Raises
        ------
        DataError
            If numbers or shapes do not fit together, a value is no finite number, two energies are the same, or all of them
            look like keV.
        """
        energy = as_energies(energies)
        n = len(energy)
        if n == 0:
            raise DataError("A scan has one energy or more; none was given.")
        views = [as_projections(p) for p in sets_by_energy(projections, n, "projections")]
        order = np.argsort(energy, kind="stable")
        twice = energy[order][1:][np.diff(energy[order]) == 0]
        if len(twice):
            raise DataError(f"The energy {twice[0]:g} eV occurs twice: leave one of the two out.")
        if not isinstance(kind, str) or kind not in KINDS:
            raise DataError(f"A scan's kind is one of {', '.join(KINDS)}, not {kind!r}.")

        theta = angles_by_energy(angles, n)
        white = [as_frames(f, v, "flats") for f, v in zip(sets_by_energy(flats, n, "flats"), views, strict=True)]
        dark = [as_frames(d, v, "darks") for d, v in zip(sets_by_energy(darks, n, "darks"), views, strict=True)]
        for e in range(n):
            check_tomogram(energy[e], views[e], theta[e], white[e], dark[e])
        if len({v.shape[1:] for v in views}) > 1:
            shapes = ", ".join(sorted({f"{v.shape[1]} x {v.shape[2]}" for v in views}))
            raise DataError(
                f"Projections of different energies have different sizes ({shapes} pixels): bin or crop them alike."
            )
        positions = positions_by_energy(flat_positions, white)
        currents = currents_by_energy(current, views, "ring currents of projections")
        flat_currents = currents_by_energy(flat_current, white, "ring currents of flats")
        size = None if pixel_size is None else as_numbers(pixel_size, "pixel sizes")
        if size is not None and size.ndim == 0:
            size = size * energy / energy.max()

        return cls(
            energies=energy[order],
            angles=tuple(theta[e] for e in order),
            projections=tuple(views[e] for e in order),
            flats=tuple(white[e] for e in order),
            darks=tuple(dark[e] for e in order),
            pixel_size=values_by_energy(size, "pixel sizes", order),
            exposure=values_by_energy(exposure, "exposures", order),
            flat_exposure=values_by_energy(flat_exposure, "exposures of flats", order),
            time=values_by_energy(time, "times", order, positive=False),
            flat_positions=None if positions is None else tuple(positions[e] for e in order),
            current=None if currents is None else tuple(currents[e] for e in order),
            flat_current=None if flat_currents is None else tuple(flat_currents[e] for e in order),
            kind=kind,
            metadata={"skipped": [], "doubts": []} | as_metadata(metadata),
        )

    def select(self, indices: Sequence[int]) -> Scan:
        """Give the scan of some of its energies, by index, ascending.

        Raises
        ------
        DataError
            If there is no energy of such an index.
        """
        wanted = np.atleast_1d(as_numbers(indices, "indices of energies"))
        missing = wanted[~((wanted % 1 == 0) & (wanted >= -len(self)) & (wanted < len(self)))]
        if len(missing):
            raise DataError(f"There is no energy {missing[0]:g}: the scan has {len(self)}, numbered from 0.")
        keep = sorted({int(i) % len(self) for i in wanted})

        changes: dict[str, Any] = {}
        for name in (f.name for f in fields(self)):  # all that is an array or a tuple holds one item an energy
            values = getattr(self, name)
            if isinstance(values, tuple):
                changes[name] = tuple(values[i] for i in keep)
            elif isinstance(values, np.ndarray):
                changes[name] = values[keep]
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, eq=False)
class EnergyStack:
    """One volume an energy, all on one grid.

    Attributes
    ----------
    data : dask array, float32, (energy, z, y, x)
        Linear attenuation coefficient, one energy a chunk; NaN where unknown.
    energies : (E,) float64, eV, ascending
    voxel_size : (3,) float64, nm, (z, y, x); None when unknown
    attenuation_unit : '1/µm', or '1/voxel' when the voxel size is unknown; 'optical density' of images (2-D XANES)
    metadata : dict
    """

    data: da.Array
    energies: FloatArray
    voxel_size: FloatArray | None = None
    attenuation_unit: str = "1/voxel"
    metadata: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Give the number of energies."""
        return len(self.energies)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (z, y, x) of one volume."""
        return tuple(self.data.shape[1:])

    @property
    def planar(self) -> bool:
        """Whether it holds images of optical density, (1, row, column), instead of volumes: a 2-D XANES scan's."""
        return self.attenuation_unit == OPTICAL_DENSITY

    @classmethod
    def from_arrays(
        cls,
        volumes: Any,
        energies: Sequence[float] | FloatArray,
        voxel_size: float | Sequence[float] | FloatArray | None = None,
        *,
        attenuation_unit: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> EnergyStack:
        """Build a stack from volumes, sorted by energy.

        Parameters
        ----------
        volumes : (E, z, y, x) array, or a sequence of E (z, y, x) arrays
            NumPy, dask, h5py or zarr; lazy ones stay lazy.
        energies : (E,), eV, in any order
        voxel_size : float or (3,), nm, (z, y, x)
        attenuation_unit : str
            By default '1/µm' when the voxel size is known, else '1/voxel'.
        metadata : mapping

        Raises
        ------
        DataError
            If the numbers of volumes and energies differ, a volume is not 3-D, a value is no number, two energies are the
            same, or all of them look like keV.
        """
        data = as_stack(volumes)
        energy = as_energies(energies)
        if data.ndim != 4:
            raise DataError(f"A stack has four axes (energy, z, y, x); found {data.ndim}.")
        if len(energy) != len(data):
            raise DataError(f"{len(data)} volumes do not fit {len(energy)} energies: give one energy a volume.")
        order = np.argsort(energy, kind="stable")
        if np.any(np.diff(energy[order]) == 0):
            raise DataError("An energy occurs twice in the stack: leave one of the two volumes out.")
        if np.any(order != np.arange(len(order))):
            data = da.stack([data[i] for i in order])
        size = as_voxel_size(voxel_size)
        return cls(
            data=data.rechunk((1, -1, -1, -1)).astype(np.float32),
            energies=energy[order],
            voxel_size=size,
            attenuation_unit=attenuation_unit or ("1/voxel" if size is None else "1/µm"),
            metadata=as_metadata(metadata),
        )


def require(value: Any, kind: type, where: str) -> None:
    """Raise `DataError` where a function is not given the record it takes."""
    if not isinstance(value, kind):
        how = {
            "Scan": "read_scan or Scan.from_arrays",
            "EnergyStack": "read_stack, reconstruct or EnergyStack.from_arrays",
        }
        raise DataError(
            f"{where} takes {kind.__name__}, not {type(value).__name__}: get one from {how[kind.__name__]}."
        )
