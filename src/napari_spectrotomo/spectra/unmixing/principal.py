"""Principal components of the spectra of a stack, and how many of them are more than noise."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...data import EnergyStack, FloatArray
from ...errors import ParameterError
from ...progress import ProgressCallback
from ..normalize.elements import EdgeName
from ..normalize.windows import Pair
from ..parameters import SpectraParameters
from ..slabs import MEMORY
from .prepared import Batch, PreparedSpectra, joined, library_call

_D = SpectraParameters()
ABOVE_NOISE = 2.0
"""A component counts where spectra vary along it by as many times what noise alone does."""


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
        Share of the variance along every principal component, kept or not (the scree); of non-negative ones, the share of each in
        the sum of all spectra as fitted.
    residual : float
        Share that the K components leave: of the variance about the mean, or of the sum of squares for non-negative ones.
    above_noise : int
        How many principal components stand above the noise (of non-negative ones: one more, as they hold the mean too).
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


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """The principal axes of all spectra: `axes` (E, E), `variance` (E,), `mean` (E,), how many count, and of how many voxels."""

    axes: FloatArray
    variance: FloatArray
    mean: FloatArray
    above_noise: int
    voxels: int

    def scores(self, spectra: FloatArray, keep: int) -> FloatArray:
        """Scores (N, keep) of `spectra` (N, E)."""
        return np.asarray((spectra.astype(np.float64) - self.mean) @ self.axes[:keep].T)


def principal_components(
    stack: EnergyStack,
    *,
    mask: npt.ArrayLike | None = None,
    components: int = 0,
    normalized: bool = True,
    element: str | None = _D.element,
    edge: EdgeName = _D.edge,
    e0: float | Literal["table"] | None = _D.e0,
    pre: Pair | None = _D.pre,
    post: Pair | None = _D.post,
    nnorm: int | None = _D.nnorm,
    least_step: float = _D.least_step,
    energy_shift: float = _D.energy_shift,
    memory: float = MEMORY,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Components:
    """Split the spectra of a stack into principal components about their mean.

    Fitted incrementally (Ross et al. 2008, by scikit-learn) over batches of voxels with all components kept, which is exact: what
    memory is given decides how often the stack is read, and nothing else.

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
    element, edge, e0, pre, post, nnorm, least_step, energy_shift
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
        "energy_shift": energy_shift,
    }
    prepared = PreparedSpectra(stack, mask, normalized, given, memory, progress, abort, "principal_components")
    asked = kept_components(components, len(prepared.energies))
    prepared.expect(2)
    found = principal_axes(prepared)
    keep = min(asked or max(1, found.above_noise), found.voxels)
    scores = prepared.volume(np.nan, np.float32, (keep,))
    for batch in prepared.batches("scores of principal components"):
        scores[:, batch.voxels] = found.scores(batch.spectra, keep).T
    total = found.variance.sum()
    explained = found.variance / total if total > 0 else np.zeros_like(found.variance)
    return Components(
        spectra=found.axes[:keep],
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


def principal_axes(prepared: PreparedSpectra) -> Axes:
    """Fit the principal axes of all spectra, in one pass.

    Raises
    ------
    DataError
        If no spectrum can be used.
    """
    n = len(prepared.energies)
    waiting: list[Batch] = []
    model, noise, voxels = None, 0.0, 0
    for batch in prepared.batches("principal components"):
        noise += float(batch.noise.sum())
        voxels += len(batch.voxels)
        waiting.append(batch)
        if sum(len(b.voxels) for b in waiting) > n:  # the first part must hold as many spectra as components
            model = _learnt(model, joined(waiting), n)
            waiting = []
    if waiting or model is None:
        model = _learnt(model, joined(waiting), n)
    axes, variance = np.zeros((n, n)), np.zeros(n)
    known = len(model.components_)
    largest = np.abs(model.components_).argmax(axis=1)
    axes[:known] = model.components_ * np.sign(model.components_[np.arange(known), largest])[:, None]
    variance[:known] = model.explained_variance_ if voxels > 1 else 0.0
    if prepared.normalizing is None:
        above = indicated_components(variance, voxels)
    else:
        floor = np.finfo(np.float32).eps ** 2 * n
        along = noise / voxels * np.einsum("ke,ef,kf->k", axes, prepared.normalizing.noise_covariance(), axes) + floor
        edge = (1 + np.sqrt(n / voxels)) ** 2  # so far noise spreads the variances of few spectra
        above = _leading(variance[:known] > ABOVE_NOISE * edge * along[:known])
    return Axes(axes, variance, np.asarray(model.mean_, np.float64), above, voxels)


def _learnt(model: Any, batch: Batch, energies: int) -> Any:
    """Let the model, a new one where there is none, see more spectra."""
    from sklearn.decomposition import IncrementalPCA

    with library_call():
        model = model or IncrementalPCA(min(energies, len(batch.spectra)))
        return model.partial_fit(batch.spectra.astype(np.float64))


def indicated_components(variance: FloatArray, voxels: int) -> int:
    """How many components are more than noise by Malinowski's indicator function.

    Parameters
    ----------
    variance : (E,)
        Along each principal component, falling.
    voxels : int
        Number of spectra.

    Returns
    -------
    int
        The k for which ``sqrt(sum of variance[k:] / (c - k)) / (c - k)**2`` is least, c the smaller of voxels less one (the mean
        was taken away) and energies.

    References
    ----------
    E. R. Malinowski, Anal. Chem. 49, 612 (1977).
    """
    c = min(len(variance), voxels - 1)
    if c < 2:
        return max(0, c)
    kept = np.arange(c)
    left = np.cumsum(variance[:c][::-1])[::-1]
    if not left[0] > 0:
        return 0
    if np.any(exact := left <= len(variance) * np.finfo(np.float32).eps ** 2 * left[0]):
        return int(np.flatnonzero(exact)[0])
    return int(np.argmin(np.sqrt(left / (c - kept)) / (c - kept) ** 2))


def _leading(above: npt.NDArray[np.bool_]) -> int:
    return len(above) if above.all() else int(np.argmin(above))


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
