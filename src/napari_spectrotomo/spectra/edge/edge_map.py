"""The edge energy of every voxel of a registered stack, slab by slab."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...data import EnergyStack, FloatArray, require
from ...errors import DataError
from ...progress import Progress, ProgressCallback
from ..averaging import averaging_of
from ..energy_axis.coarse import grid_warnings
from ..normalize.e0 import edge_of
from ..normalize.elements import EdgeName
from ..normalize.normalization import FEWEST_ENERGIES
from ..normalize.windows import Pair
from ..parameters import SpectraParameters, checked_parameters
from ..slabs import MEMORY, MaskedSpectra, mask_of
from .edge_search import EdgeSearch, edge_search
from .repeats import TypicalNoise, repeats_doubts

_D = SpectraParameters()
_TINY_STEP = 0.02
_MANY_UNDEFINED = 0.2
_TOGETHER = 1 << 20
"""Voxels whose edges are looked for at once: a search takes a hundred bytes of each."""
_ASTRAY = 0.3
"""Oscillations behind an edge stay below so much of its step."""


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
        Within it lie 68 % of what repeats of the scan would give: the noise that each voxel's own background lines leave before
        and after the edge, less the structure all spectra share, propagated through normalisation and the method, and widened by
        Student's t where few energies tell the noise. It knows nothing of errors that all voxels share (windows, energies), and
        where noise makes the method jump between features of the edge (below a signal-to-noise ratio of about 10, of a broad
        white line below 50) gross errors are more frequent than it says, and `warnings` say so.
    e0 : float, eV
    method : str
    windows : dict
        First and last energy used of ``'pre'`` and ``'post'`` (eV), ``'pre_points'``, ``'post_points'``, ``'nnorm'``, ``'e0'`` and
        ``'search'``, the limits within which the edge energy was looked for (eV); of centroids ``'level'``, where areas begin.
    warnings : tuple of str
    voxel_size : (3,) float64, nm, or None
    attenuation_unit : str
    averaged : str
        Over what spectra were averaged before edges were looked for, and what resolution that leaves; empty where they were not.
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
    averaged: str = ""


def edge_energy(
    stack: EnergyStack,
    method: str = _D.method,
    element: str | None = _D.element,
    mask: npt.ArrayLike | None = None,
    e0: float | Literal["table"] | None = _D.e0,
    pre: Pair | None = _D.pre,
    post: Pair | None = _D.post,
    nnorm: int | None = _D.nnorm,
    *,
    edge: EdgeName = _D.edge,
    between: Literal["lines", "fit"] = _D.between,
    white_line: Literal["polynomial", "gaussian"] = _D.white_line,
    level: float | None = _D.level,
    levels: Pair = _D.levels,
    least_step: float = _D.least_step,
    step_above: float = _D.step_above,
    smooth: float = _D.smooth,
    binning: int = _D.binning,
    energy_shift: float = _D.energy_shift,
    memory: float = MEMORY,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> EdgeMap:
    """Find the edge energy of every voxel of a registered stack.

    Parameters
    ----------
    stack : EnergyStack
        Read in slabs of z, one energy at a time.
    method, element, e0, pre, post, nnorm, edge, between, white_line, level, levels
        As in `edge_energy_of`; the mean spectrum is that of the mask's voxels.
    mask : (z, y, x)
        Voxels to look at, where true or not zero; None: all. Where it is of labels, averaging stays inside each of them.
    least_step : float
        A voxel has an edge where its step is more than so many times the noise of its own pre-edge.
    step_above : float
        And where its step is at least this, in the unit of the stack.
    smooth : float, voxel
        Standard deviation of a Gaussian with which each energy's volume is smoothed first, inside the particle only.
    binning : int
        So many voxels along each axis, inside the particle, share their mean spectrum and so their edge energy.
    energy_shift : float, eV
        Added to the energies of the stack.
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
        "edge": edge,
        "between": between,
        "white_line": white_line,
        "level": level,
        "levels": levels,
        "least_step": least_step,
        "step_above": step_above,
        "smooth": smooth,
        "binning": binning,
        "energy_shift": energy_shift,
    }
    parameters = checked_parameters(given, "spectra")
    require(stack, EnergyStack, "edge_energy")
    if len(stack) < FEWEST_ENERGIES:
        raise DataError(
            f"A stack of {len(stack)} energies has no edge: at least {FEWEST_ENERGIES}, on both sides of the edge, are needed."
        )
    where = mask_of(mask, stack.shape)
    averaging = averaging_of(parameters, mask)
    slabs = MaskedSpectra(stack, where, memory, averaging)
    energies = stack.energies + parameters.energy_shift
    mean, count = slabs.mean_spectrum(abort)
    e0_used, doubts = edge_of(energies, mean, parameters)
    search = edge_search(energies, e0_used, parameters, mean).sharing(mean, count)

    noise = TypicalNoise()
    energy, step, error = (np.full(stack.shape, np.nan, np.float32) for _ in range(3))
    for done, (z, inside, spectra) in enumerate(slabs.each(abort), 1):
        read = np.empty((3, spectra.shape[1]), np.float32)
        for first in range(0, spectra.shape[1], _TOGETHER):
            some = slice(first, first + _TOGETHER)
            found = search.run(spectra[:, some], with_error=True)
            noise.add(found)
            read[0, some], read[1, some], read[2, some] = found.energy, found.step, found.error
        for volume, values in zip((energy, step, error), read, strict=True):
            volume[z][inside] = values
        if progress is not None:
            progress(Progress("spectra", done, len(slabs.parts), f"edge energies of slices {z.start} to {z.stop - 1}"))
    read_at = {"level": search.level} if parameters.method == "centroid" else {}
    return EdgeMap(
        energy=energy,
        step=step,
        error=error,
        e0=e0_used,
        method=parameters.method,
        windows=search.windows.as_plain(energies) | {"search": search.limits} | read_at,
        warnings=(
            *doubts,
            *search.windows.warnings,
            *grid_warnings(energies, mean, e0_used, parameters.method, search.windows),
            *_doubts(search, mean, energy, where),
            *repeats_doubts(search, mean, noise.median),
        ),
        voxel_size=stack.voxel_size,
        attenuation_unit=stack.attenuation_unit,
        averaged=averaging.sentence(stack.voxel_size),
    )


def _doubts(search: EdgeSearch, mean: FloatArray, energy: FloatArray, where: npt.NDArray[np.bool_]) -> list[str]:
    doubts = []
    step = float(search.lines.step @ mean)
    level = float(np.abs(mean[search.windows.pre_samples]).mean())
    if step < _TINY_STEP * level:
        doubts.append(
            f"The mean edge step is {step / level:.1%} of the attenuation before the edge: edge energies rest on very little. "
            "Check that the energies go across the edge of an element that is in the sample."
        )
    for name, line, used in (
        ("pre-edge", search.lines.pre, search.windows.pre_samples),
        ("post-edge", search.lines.post, search.windows.post_samples),
    ):
        astray = float(np.abs((mean - line @ mean)[used]).max()) / abs(step) if step else 0.0
        if astray > _ASTRAY:
            ends = search.energies[used]
            doubts.append(
                f"The mean spectrum departs from its {name} line, {ends[0]:.1f} to {ends[-1]:.1f} eV, by {astray:.0%} of the edge "
                "step: another edge or the white line lies in that window. Give a window without it."
            )
    undefined = float(np.isnan(energy[where]).mean())
    if undefined > _MANY_UNDEFINED:
        least = search.parameters.step_above
        asked = f" or is below {least:g}, as was asked for" if least else ""
        doubts.append(
            f"{undefined:.0%} of the voxels looked at have no edge energy: their edge step does not stand out of the noise "
            f"of their pre-edge{asked}, a value is missing at some energy, or their edge lies outside "
            f"{search.limits[0]:.1f} to {search.limits[1]:.1f} eV, where it was looked for."
        )
    return doubts
