"""Non-negative components of the spectra of a stack: spectra and amounts that can be read as substances."""

from __future__ import annotations

import threading
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...chance import SEED
from ...data import EnergyStack, FloatArray
from ...errors import DataError
from ...progress import ProgressCallback
from ..normalize.elements import EdgeName
from ..normalize.windows import Pair
from ..parameters import SpectraParameters
from ..slabs import MEMORY
from .axes import Axes, principal_axes
from .prepared import PreparedSpectra, library_call
from .principal import Components, kept_components

_D = SpectraParameters()
SAMPLE = 1 << 14
"""Spectra the components are fitted to, at most; all voxels get scores."""
_ROUNDS, _TURNS = 50, 8
_SETTLED, _EXACT = 0.01, 1e-4
"""A fit has settled where the last rounds took so small a share of what was left, or where so small a share of all is left."""
_NOISE_BELOW = 0.001
"""Negative values matter from this share of the mean value on."""


def nonnegative_components(
    stack: EnergyStack,
    components: int = 0,
    *,
    mask: npt.ArrayLike | None = None,
    normalized: bool = True,
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
    """Split the spectra of a stack into non-negative components (NMF), none of which is held in a negative amount.

    Spectra are first rid of noise: their mean and as many principal components as K substances need (K - 1 of the normalised,
    where noise is adjusted for, else K) are all that is kept. Values still below zero are taken as 0; a warning counts them. The
    components are fitted by coordinate descent (scikit-learn) to a random sample of 16384 spectra, always the same, or to all
    where there are fewer, from the purest ones found by the successive projection algorithm, each averaged with its neighbours.
    Then every voxel gets its amounts by least squares.

    Without pure voxels the answer is one of many: whatever non-negative spectra enclose the data fit them as well
    (Donoho and Stodden 2004). Compare with references before calling a component a substance.

    Parameters
    ----------
    stack : EnergyStack
        Read in slabs of z, up to four times.
    components : int
        How many; 0: as many as stand above the noise, of the normalised one more, as the mean of two substances shows one
        component.
    mask, normalized, element, edge, e0, pre, post, nnorm, least_step, smooth, binning, energy_shift, memory, progress, abort
        As in `principal_components`.

    Returns
    -------
    Components
        By falling share. Of normalised spectra every component has an edge step of 1, so that a voxel's scores are fractions and
        sum to about 1.

    Raises
    ------
    DataError
        If the mask does not fit, no voxel has a spectrum that can be used, or the scan has no energies about the edge.
    ParameterError
        If a parameter has a value it cannot have.

    References
    ----------
    D. D. Lee and H. S. Seung, Nature 401, 788 (1999).
    M. C. U. Araújo et al., Chemom. Intell. Lab. Syst. 57, 65 (2001), successive projection.
    D. Donoho and V. Stodden, Advances in Neural Information Processing Systems 16, 1141 (2004).
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
    prepared = PreparedSpectra(stack, mask, normalized, given, memory, progress, abort, "nonnegative_components")
    asked = kept_components(components, len(prepared.energies))
    prepared.expect(3)
    found = principal_axes(prepared)
    more = 0 if prepared.normalizing is None else 1
    keep = min(asked or max(1, found.above_noise + more), found.voxels, len(prepared.energies))
    sample = prepared.sample(found.voxels, SAMPLE, "spectra for non-negative components").spectra
    spectra, converged = _fitted(found.projected(sample, keep - more), keep)
    spectra /= _scales(spectra, prepared)[:, None]
    return _scored(prepared, found, spectra, keep - more, [] if converged else [_UNSETTLED])


_UNSETTLED = (
    f"Non-negative components had not settled after {_ROUNDS * _TURNS} rounds: fewer components, or a mask without voxels at "
    "surfaces, may help."
)


def _fitted(spectra: FloatArray, keep: int) -> tuple[FloatArray, bool]:
    """Fit `keep` components (K, E) to `spectra` (N, E), and say whether they settled."""
    from sklearn.decomposition import NMF

    from .amounts import nonnegative_amounts

    values = np.maximum(spectra, 0.0)
    if not values.any():
        raise DataError(
            "No spectrum has a value above zero, so that there is no non-negative component: give attenuation, not its negative, "
            "or take normalized=True."
        )
    start = np.maximum(_purest(spectra, keep), 1e-9 * values.max())
    fitted, amounts = start, np.maximum(nonnegative_amounts(values, start), 1e-9)
    last, settled = np.inf, False
    for _ in range(_TURNS):
        with library_call():
            model = NMF(keep, init="custom", solver="cd", max_iter=_ROUNDS, random_state=SEED)
            amounts = model.fit_transform(values, W=amounts, H=fitted)
        fitted, left = np.asarray(model.components_), float(model.reconstruction_err_)
        settled = last - left <= _SETTLED * last or left <= _EXACT * float(np.linalg.norm(values))
        if settled:
            break
        last = left
    empty = ~fitted.any(axis=1)
    return np.where(empty[:, None], start, fitted), settled


def _purest(spectra: FloatArray, keep: int) -> FloatArray:
    """Find the spectra (K, E) farthest apart, each the mean of a corner's neighbours."""
    near = max(1, min(50, len(spectra) // 200))
    total = np.abs(spectra).sum(axis=1, keepdims=True)
    left = spectra / np.where(total > 0, total, 1.0)
    corners = []
    for _ in range(keep):
        corner = left[int(np.argmax((left**2).sum(axis=1)))]
        beside = np.argsort(((left - corner) ** 2).sum(axis=1), kind="stable")[:near]
        corners.append(spectra[beside].mean(axis=0))
        length = np.linalg.norm(corner)
        if length > 0:
            left = left - np.outer(left @ corner / length, corner / length)
    return np.stack(corners)


def _scales(spectra: FloatArray, prepared: PreparedSpectra) -> FloatArray:
    """Edge steps (K,) of normalised components; the largest value of others, and of those without a step."""
    highest = spectra.max(axis=1)
    if prepared.normalizing is None:
        return highest
    step = spectra @ prepared.normalizing.lines.step
    return np.where(step > 0.05 * highest, step, highest)


def _scored(prepared: PreparedSpectra, found: Axes, spectra: FloatArray, axes: int, doubts: list[str]) -> Components:
    """Give every voxel its amounts, put the components into order, and count what was clipped."""
    from .amounts import nonnegative_amounts

    keep = len(spectra)
    scores = prepared.volume(np.nan, np.float32, (keep,))
    share, left, squares = np.zeros(keep), 0.0, 0.0
    clipped, depth, height, total = 0, 0.0, 0.0, 0
    for batch in prepared.batches("amounts of non-negative components"):
        shown = found.projected(batch.spectra, axes)
        values = np.maximum(shown, 0.0)
        amounts = nonnegative_amounts(values, spectra)
        scores[:, batch.voxels] = amounts.T
        share += amounts.sum(axis=0) * spectra.sum(axis=1)
        left += float(((batch.spectra - amounts @ spectra) ** 2).sum())
        squares += float((batch.spectra.astype(np.float64) ** 2).sum())
        below = shown < 0
        clipped, total = clipped + int(below.sum()), total + shown.size
        depth, height = depth - float(shown[below].sum()), height + float(values.sum())
    if depth > _NOISE_BELOW * height:
        doubts.append(
            f"{clipped / total:.1%} of all values were below zero, by {depth / clipped:.2g} on average, and were taken as 0: where "
            "spectra are near zero, components are too high by about as much. Smooth or bin the volumes first, or leave energies "
            "before the edge out."
        )
    order = np.argsort(-share, kind="stable")
    return Components(
        spectra=spectra[order],
        scores=scores[order].reshape(keep, *prepared.shape),
        explained=share[order] / share.sum() if share.sum() > 0 else share,
        residual=left / squares if squares > 0 else 0.0,
        above_noise=found.above_noise + (0 if prepared.normalizing is None else 1),
        mean=found.mean,
        energies=prepared.energies,
        voxels=found.voxels,
        e0=None if prepared.normalizing is None else prepared.normalizing.windows.e0,
        warnings=(*prepared.warnings, *doubts),
        voxel_size=prepared.voxel_size,
    )
