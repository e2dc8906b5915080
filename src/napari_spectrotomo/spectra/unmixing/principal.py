"""Principal components of the spectra of a stack, and how many of them are more than noise."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...data import EnergyStack, FloatArray
from ...errors import ParameterError
from ...progress import ProgressCallback
from ..normalize.elements import EdgeName
from ..normalize.windows import Pair
from ..parameters import SpectraParameters
from ..slabs import MEMORY
from .axes import Axes, principal_axes
from .prepared import PreparedSpectra

_D = SpectraParameters()


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Components of which the spectra of voxels are mixtures.

    Attributes
    ----------
    spectra : (K, E) float64
        Principal ones are of length 1, their largest value positive. Non-negative ones have an edge step of 1 or, of spectra as
        they are, a largest value of 1.
    scores : (K, z, y, x) float32
        How much of each a voxel holds; NaN outside the mask and where a spectrum was left out.
    explained : (E,) or (K,) float64
        Share of the variance along every principal component, kept or not (the scree), in units of noise where that was adjusted
        for; of non-negative ones, the share of each in the sum of all spectra as fitted.
    residual : float
        Share that the K components leave: of the variance about the mean, or of the sum of squares for non-negative ones.
    above_noise : int
        How many principal components stand above the noise, or how many substances they make.
    mean : (E,) float64
    energies : (E,) float64, eV
    voxels : int
        How many voxels have scores.
    e0 : float, eV, from which windows count; None for spectra taken as they are
    warnings : tuple of str
    voxel_size : (3,) float64, nm, or None
    """

    spectra: FloatArray
    scores: npt.NDArray[np.float32]
    explained: FloatArray
    residual: float
    above_noise: int
    mean: FloatArray
    energies: FloatArray
    voxels: int
    e0: float | None = None
    warnings: tuple[str, ...] = ()
    voxel_size: FloatArray | None = None


def principal_components(
    stack: EnergyStack,
    *,
    mask: npt.ArrayLike | None = None,
    components: int = 0,
    normalized: bool = True,
    noise_adjusted: bool = True,
    element: str | None = _D.element,
    edge: EdgeName = _D.edge,
    e0: float | Literal["table"] | None = _D.e0,
    pre: Pair | None = _D.pre,
    post: Pair | None = _D.post,
    nnorm: int | None = _D.nnorm,
    least_step: float = _D.least_step,
    smooth: float = _D.smooth,
    binning: int = _D.binning,
    energy_shift: float = _D.energy_shift,
    memory: float = MEMORY,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Components:
    """Split the spectra of a stack into principal components about their mean.

    Fitted incrementally (Ross et al. 2008, by scikit-learn) over batches of voxels with all components kept, which is exact: what
    memory is given decides how often the stack is read, and nothing else. Voxels at surfaces, where registration is never perfect,
    often make a component of their own: leave them out of the mask to see the chemistry alone.

    Parameters
    ----------
    stack : EnergyStack
        Read in slabs of z, up to three times.
    mask : (z, y, x)
        Voxels to look at, where true or not zero; None: all. Voxels with a NaN at any energy, those that are 0 throughout and,
        when normalised, those without an edge step above their noise are left out.
    components : int
        How many to keep; 0: as many as stand above the noise, one at least.
    normalized : bool
        Flatten and normalise every spectrum first, by the edge map's windows, so that neither thickness nor density is a component;
        False takes spectra as they are.
    noise_adjusted : bool
        Of the normalised: rank components by what they show in units of the noise that normalising leaves (Lee et al. 1990); False
        ranks them by variance alone, so that noise of the edge step, which scales whole spectra, easily comes first.
    element, edge, e0, pre, post, nnorm, least_step, smooth, binning, energy_shift
        As in `edge_energy`; they matter when normalised.
    memory : float
        Bytes of spectra held at a time.
    progress, abort
        Called after each slab; stops the work between batches.

    Returns
    -------
    Components
        Of the normalised, a component stands above the noise where spectra vary along it by more than twice what noise does, which
        is what background lines leave in every voxel (less the structure all share), carried through the normalisation. Of
        spectra as they are, Malinowski's indicator function says how many do: it takes noise to be alike at all energies.

    Raises
    ------
    DataError
        If the mask does not fit, no voxel has a spectrum that can be used, or the scan has no energies about the edge.
    ParameterError
        If a parameter has a value it cannot have.

    References
    ----------
    D. Ross, J. Lim, R. Lin and M. Yang, Int. J. Comput. Vis. 77, 125 (2008).
    J. B. Lee, A. S. Woodyatt and M. Berman, IEEE Trans. Geosci. Remote Sens. 28, 295 (1990).
    E. R. Malinowski, Anal. Chem. 49, 612 (1977).
    """
    given = {
        "element": element,
        "edge": edge,
        "e0": e0,
        "pre": pre,
        "post": post,
        "nnorm": nnorm,
        "least_step": least_step,
        "smooth": smooth,
        "binning": binning,
        "energy_shift": energy_shift,
    }
    prepared = PreparedSpectra(stack, mask, normalized, given, memory, progress, abort, "principal_components")
    asked = kept_components(components, len(prepared.energies))
    prepared.expect(2)
    found = principal_axes(prepared, noise_adjusted)
    keep = min(asked or max(1, found.above_noise), found.voxels)
    scores = prepared.volume(np.nan, np.float32, (keep,))
    for batch in prepared.batches("scores of principal components"):
        scores[:, batch.voxels] = found.scores(batch.spectra, keep).T
    total = found.variance.sum()
    explained = found.variance / total if total > 0 else np.zeros_like(found.variance)
    return Components(
        spectra=found.spectra[:keep],
        scores=scores.reshape(keep, *stack.shape),
        explained=explained,
        residual=float(explained[keep:].sum()),
        above_noise=found.above_noise,
        mean=found.mean,
        energies=prepared.energies,
        voxels=found.voxels,
        e0=None if prepared.normalizing is None else prepared.normalizing.windows.e0,
        warnings=(*prepared.warnings, *_doubts(found, asked)),
        voxel_size=stack.voxel_size,
    )


def kept_components(components: int, energies: int) -> int:
    """Check how many components are asked for; 0 leaves it to the data."""
    if not isinstance(components, int | np.integer) or isinstance(components, bool) or not 0 <= components <= energies:
        raise ParameterError(
            f"components cannot be {components!r}: give a whole number from 1 to the {energies} energies there are, or 0 for as "
            "many as stand out of the noise."
        )
    return int(components)


def _doubts(found: Axes, asked: int) -> list[str]:
    doubts = []
    if found.above_noise == 0:
        doubts.append(
            "No component stands above the noise: all spectra are the same within their errors, and scores show noise only."
        )
    elif asked > found.above_noise:
        doubts.append(
            f"{asked} components were asked for and {found.above_noise} stand above the noise: the others show noise only."
        )
    if found.voxels <= len(found.mean):
        doubts.append(
            f"{found.voxels} spectra of {len(found.mean)} energies are too few to tell components from noise: widen the mask."
        )
    return doubts
