"""Which voxels are picked to show their spectra, and those spectra."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..errors import DataError, ParameterError
from ..progress import raise_if_aborted
from .data import ReportData
from .views import Plane, voxels_of

Voxel = tuple[int, int, int]
_MOST = 6
_NEAR_SURFACE = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Picked voxels with their spectra.

    Attributes
    ----------
    voxels : tuple of (z, y, x)
    particles : tuple of int
        Label of the particle each is in, 0 outside.
    raw, registered : (E, V) float64
    normalized : bool
        Whether the spectra are normalised (0 before, 1 after the edge) or attenuation, because they cannot be.
    """

    voxels: tuple[Voxel, ...]
    particles: tuple[int, ...]
    raw: npt.NDArray[np.float64]
    registered: npt.NDArray[np.float64]
    normalized: bool


def pick(data: ReportData, planes: tuple[Plane, ...], abort: threading.Event | None = None) -> Marks:
    """Pick voxels, as asked for or automatically, and read their spectra.

    Raises
    ------
    ParameterError
        If a voxel asked for lies outside the volume.
    """
    shape = data.labels.shape
    voxels = data.options.voxels if data.options.voxels is not None else chosen(data, planes)
    for voxel in voxels:
        if not all(0 <= v < n for v, n in zip(voxel, shape, strict=True)):
            raise ParameterError(
                f"report.voxels names {voxel}, outside the volume of {shape[0]} x {shape[1]} x {shape[2]} "
                "voxels: give (z, y, x) within it."
            )
    raw, registered = (spectra_at(array, voxels, abort) for array in (data.raw.data, data.registered.data))
    normalized = bool(voxels)
    try:
        raw, registered = (_normalized(data, spectra) for spectra in (raw, registered))
    except DataError:
        normalized = False
    return Marks(tuple(voxels), tuple(int(data.labels[v]) for v in voxels), raw, registered, normalized)


def chosen(data: ReportData, planes: tuple[Plane, ...]) -> tuple[Voxel, ...]:
    """Choose up to six voxels on the planes, all with an edge energy: of each particle one deep inside, one near its surface."""
    sizes = voxels_of(data.labels)[1:]
    particles = [int(k) + 1 for k in np.argsort(-sizes, kind="stable")[: _MOST // 2] if sizes[k]]
    return tuple(voxel for particle in particles for voxel in _of_particle(data, planes, particle))


def _of_particle(data: ReportData, planes: tuple[Plane, ...], particle: int) -> list[Voxel]:
    slices = [plane.of(data.labels) == particle for plane in planes]
    if data.has_edges:
        slices = [s & np.isfinite(plane.of(data.edge_map.energy)) for s, plane in zip(slices, planes, strict=True)]
    best = int(np.argmax([s.sum() for s in slices]))
    inside = slices[best]
    if not inside.any():
        return []
    whole = plane_of_particle(data, planes[best], particle)
    depth = _depth(whole, "constant") * inside
    deep = np.unravel_index(int(np.argmax(depth)), depth.shape)
    picks = [deep]
    depth = _depth(whole, "edge")  # the field's edge is no surface
    rows, columns = np.nonzero(inside & (depth >= _NEAR_SURFACE) & (depth < _NEAR_SURFACE + 1))
    if rows.size:
        farthest = int(np.argmax((rows - deep[0]) ** 2 + (columns - deep[1]) ** 2))
        picks.append((rows[farthest], columns[farthest]))
    plane = planes[best]
    return [tuple(np.insert([int(r), int(c)], plane.axis, plane.index).tolist()) for r, c in picks]


def _depth(whole: npt.NDArray[np.bool_], beyond: Literal["constant", "edge"]) -> npt.NDArray[np.float64]:
    """Give how far each pixel of a particle lies from its surface; beyond the field it ends, or goes on."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(np.pad(whole, 1, mode=beyond))[1:-1, 1:-1])


def plane_of_particle(data: ReportData, plane: Plane, particle: int) -> npt.NDArray[np.bool_]:
    """Give where a particle is on a plane."""
    return np.asarray(plane.of(data.labels) == particle)


def spectra_at(
    array: da.Array, voxels: tuple[Voxel, ...], abort: threading.Event | None = None
) -> npt.NDArray[np.float64]:
    """Read the spectra (E, V) of some voxels, one energy at a time."""
    spectra = np.full((len(array), len(voxels)), np.nan)
    for i in range(len(array) if voxels else 0):
        raise_if_aborted(abort)
        spectra[i] = da.stack([array[(i, *voxel)] for voxel in voxels]).compute()
    return spectra


def _normalized(data: ReportData, spectra: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Normalise spectra (E, V) with the windows of the edge map; energies at which a spectrum is NaN are left out of it."""
    from ..spectra import normalize_spectra

    e0, windows = data.edge_map.e0, data.edge_map.windows
    if not np.isfinite(e0) or not {"pre", "post", "nnorm"} <= windows.keys():
        raise DataError("Without an edge no spectrum can be normalised.")
    pre, post = (_from_edge(data.true_energies, e0, *windows[name]) for name in ("pre", "post"))
    found = np.full(spectra.shape, np.nan)
    for k in range(spectra.shape[1]):
        known = np.isfinite(spectra[:, k])
        if known.any():
            normal = normalize_spectra(
                data.true_energies[known], spectra[known, k], e0=e0, pre=pre, post=post, nnorm=int(windows["nnorm"])
            )
            found[known, k] = normal.normalized
    return found


def _from_edge(energies: FloatArray, e0: float, first: float, last: float) -> tuple[float, float]:
    """Give the window, in eV from e0, whose samples go from energy `first` to and with `last`: its end is the next one."""
    end = min(int(np.argmin(np.abs(energies - last))) + 1, len(energies) - 1)
    return first - e0, float(energies[end]) - e0
