"""The edge energy of every voxel of a registered stack, slab by slab."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_region
from ..data import EnergyStack, FloatArray, require
from ..errors import DataError
from ..progress import Progress, ProgressCallback, raise_if_aborted
from .absorption_edge import find_e0
from .edge_search import EdgeSearch, edge_search
from .elements import element_windows
from .normalization import FEWEST_ENERGIES
from .parameters import SpectraParameters, checked_parameters
from .windows import Pair

_D = SpectraParameters()
_TINY_STEP = 0.02
_MANY_UNDEFINED = 0.2
Slab = tuple[slice, npt.NDArray[np.bool_], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class EdgeMap:
    """Edge energy of every voxel, and how far to trust it.

    Attributes
    ----------
    energy : (z, y, x) float32, eV
        NaN outside the mask, where a value is missing, and where there is no edge.
    step : (z, y, x) float32
        Edge step in the unit of the stack; NaN outside the mask and where a value is missing.
    error : (z, y, x) float32, eV
        One standard deviation: what the background lines leave before and after the edge, less the structure all spectra share,
        propagated through normalisation and interpolation. It knows nothing of errors that all energies share.
    e0 : float, eV
    method : str
    windows : dict
        First and last energy used of ``'pre'`` and ``'post'`` (eV), ``'pre_points'``, ``'post_points'``, ``'nnorm'``, ``'e0'`` and
        ``'search'``, the limits within which the edge energy was looked for (eV).
    warnings : tuple of str
    voxel_size : (3,) float64, nm, or None
    attenuation_unit : str
    """

    energy: npt.NDArray[np.float32]
    step: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    e0: float
    method: str
    windows: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    voxel_size: FloatArray | None = None
    attenuation_unit: str = "1/voxel"


def edge_energy(
    stack: EnergyStack,
    method: str = _D.method,
    element: str | None = _D.element,
    mask: npt.ArrayLike | None = None,
    e0: float | None = _D.e0,
    pre: Pair | None = _D.pre,
    post: Pair | None = _D.post,
    nnorm: int | None = _D.nnorm,
    *,
    least_step: float = _D.least_step,
    memory: float = 1e9,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> EdgeMap:
    """Find the edge energy of every voxel of a registered stack.

    Parameters
    ----------
    stack : EnergyStack
        Read in slabs of z, one energy at a time.
    method : 'half-height', 'derivative' or 'white-line'
        As in `edge_energy_of`.
    element : 'Mn', 'Fe', 'Co' or 'Ni'
        Look only where the table for this element says.
    mask : (z, y, x)
        Voxels to look at, where true or not zero; None: all.
    e0 : float, eV
        From which windows count; None: the element's, else the steepest rise of the mean spectrum of the mask's voxels.
    pre, post : (start, end), eV from e0
        None: from the first energy to e0 - 20, and from e0 + 55 to the last.
    nnorm : int
        Order of the post-edge polynomial; None: 1.
    least_step : float
        A voxel has an edge where its step is more than so many times the noise of its own pre-edge.
    memory : float
        Bytes of spectra held at a time.
    progress, abort
        Called after each slab; stops the work between slabs.

    Raises
    ------
    DataError
        If there are fewer than 4 energies, the mask does not fit or is empty, or the scan has no energies about the edge.
    ParameterError
        If a parameter has a value it cannot have.
    """
    given = {
        "method": method,
        "element": element,
        "e0": e0,
        "pre": pre,
        "post": post,
        "nnorm": nnorm,
        "least_step": least_step,
    }
    parameters = checked_parameters(given, "spectra")
    require(stack, EnergyStack, "edge_energy")
    if len(stack) < FEWEST_ENERGIES:
        raise DataError(
            f"A stack of {len(stack)} energies has no edge: at least {FEWEST_ENERGIES}, on both sides of the edge, are needed."
        )
    where = _mask(mask, stack.shape)
    slabs = _Slabs(stack, where, memory)
    mean, count = slabs.mean_spectrum(abort)
    table = element_windows(parameters.element)
    edge = parameters.e0 or (table.edge if table else find_e0(stack.energies, mean))
    search = edge_search(stack.energies, edge, parameters).sharing(mean, count)

    energy, step, error = (np.full(stack.shape, np.nan, np.float32) for _ in range(3))
    for done, (z, inside, spectra) in enumerate(slabs.each(abort), 1):
        found = search.run(spectra, with_error=True)
        for volume, values in ((energy, found.energy), (step, found.step), (error, found.error)):
            volume[z][inside] = values
        if progress is not None:
            progress(Progress("spectra", done, len(slabs.parts), f"edge energies of slices {z.start} to {z.stop - 1}"))
    return EdgeMap(
        energy=energy,
        step=step,
        error=error,
        e0=edge,
        method=parameters.method,
        windows=search.windows.as_plain(stack.energies) | {"search": search.limits},
        warnings=(*search.windows.warnings, *_doubts(search, mean, energy, where)),
        voxel_size=stack.voxel_size,
        attenuation_unit=stack.attenuation_unit,
    )


def _mask(mask: npt.ArrayLike | None, shape: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    where = np.ones(shape, bool) if mask is None else as_region(mask)
    if where.shape != shape:
        raise DataError(
            f"A mask of shape {where.shape} does not fit volumes of shape {shape}: give one made on the same grid."
        )
    if not where.any():
        raise DataError(
            "The mask is empty: there is no voxel whose edge energy could be found. Check the threshold it was made with."
        )
    return where


class _Slabs:
    """The mask's spectra in slabs of z, each small enough for memory; kept where all of them fit."""

    def __init__(self, stack: EnergyStack, where: npt.NDArray[np.bool_], memory: float) -> None:
        self.stack, self.where = stack, where
        cost = where.sum(axis=(1, 2)) * len(stack) * 4.0
        used = np.flatnonzero(cost)
        self.parts: list[slice] = []
        start, held = int(used[0]), 0.0
        for z in range(start, int(used[-1]) + 1):
            if held and held + cost[z] > memory:
                self.parts.append(slice(start, z))
                start, held = z, 0.0
            held += cost[z]
        self.parts.append(slice(start, int(used[-1]) + 1))
        self._kept: Slab | None = None

    def each(self, abort: threading.Event | None) -> Iterator[Slab]:
        """Read slab after slab: its z, its mask, and the spectra (E, N) inside."""
        for part in self.parts:
            if self._kept is not None:
                yield self._kept
                continue
            inside = self.where[part]
            spectra = np.empty((len(self.stack), int(inside.sum())), np.float32)
            for e in range(len(spectra)):
                raise_if_aborted(abort)
                spectra[e] = np.asarray(self.stack.data[e, part])[inside]
            if len(self.parts) == 1:
                self._kept = (part, inside, spectra)
            yield part, inside, spectra

    def mean_spectrum(self, abort: threading.Event | None) -> tuple[FloatArray, int]:
        """Give the mean over the voxels with values at all energies, and how many they are."""
        total, count = np.zeros(len(self.stack)), 0
        for _, _, spectra in self.each(abort):
            whole = np.isfinite(spectra).all(axis=0)
            total += spectra.sum(axis=1, dtype=np.float64, where=whole)
            count += int(whole.sum())
        if count == 0:
            raise DataError(
                "No voxel of the mask has a value at every energy: check the mask, and energies whose registration failed."
            )
        return total / count, count


def _doubts(search: EdgeSearch, mean: FloatArray, energy: FloatArray, where: npt.NDArray[np.bool_]) -> list[str]:
    doubts = []
    step = float(search.step @ mean)
    level = float(np.abs(mean[search.windows.pre_samples]).mean())
    if step < _TINY_STEP * level:
        doubts.append(
            f"The mean edge step is {step / level:.1%} of the attenuation before the edge: edge energies rest on very little. "
            "Check that the energies go across the edge of an element that is in the sample."
        )
    undefined = float(np.isnan(energy[where]).mean())
    if undefined > _MANY_UNDEFINED:
        doubts.append(
            f"{undefined:.0%} of the voxels looked at have no edge energy: their edge step does not stand out of the noise "
            "of their pre-edge, or a value is missing at some energy."
        )
    return doubts
