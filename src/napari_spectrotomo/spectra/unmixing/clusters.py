"""Voxels gathered by their spectra: k-means or a Gaussian mixture among the leading principal components."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...chance import SEED
from ...data import EnergyStack, FloatArray
from ...errors import ParameterError
from ...progress import ProgressCallback
from ..normalize.elements import EdgeName
from ..normalize.windows import Pair
from ..parameters import SpectraParameters
from ..slabs import MEMORY
from .axes import Axes, principal_axes
from .prepared import PreparedSpectra, library_call
from .principal import kept_components

_D = SpectraParameters()
METHODS = ("k-means", "gaussian-mixture")
SAMPLE = 1 << 16
"""Spectra the clusters are fitted to, at most; all voxels get a label."""
_STARTS = 4
_ROUNDS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Voxels with similar spectra.

    Attributes
    ----------
    labels : (z, y, x) int32
        1.. by falling size; 0 outside the mask and where a spectrum was left out.
    spectra : (K, E) float64
        Mean spectrum of each cluster.
    errors : (K, E) float64
        Its standard error, voxels taken as independent; NaN for a single voxel.
    sizes : (K,) int64
        Voxels of each.
    components : int
        In how many principal components they were told apart.
    energies : (E,) float64, eV
    method : 'k-means' or 'gaussian-mixture'
    e0 : float, eV, from which windows count; None for spectra taken as they are
    warnings : tuple of str
    voxel_size : (3,) float64, nm, or None
    """

    labels: npt.NDArray[np.int32]
    spectra: FloatArray
    errors: FloatArray
    sizes: npt.NDArray[np.int64]
    components: int
    energies: FloatArray
    method: str
    e0: float | None = None
    warnings: tuple[str, ...] = ()
    voxel_size: FloatArray | None = None


def cluster_spectra(
    stack: EnergyStack,
    clusters: int,
    *,
    method: Literal["k-means", "gaussian-mixture"] = "k-means",
    components: int = 0,
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
) -> Clusters:
    """Gather voxels with similar spectra into clusters.

    Clusters are looked for among the scores of the leading principal components, of normalised spectra in units of noise. The
    scores are not whitened: a component along which spectra differ more weighs more. Clusters are fitted (scikit-learn) to a
    random sample of 65536 voxels, always the same, or to all where there are fewer; then every voxel joins the nearest centre,
    or the Gaussian it most likely comes from.

    Parameters
    ----------
    stack : EnergyStack
        Read in slabs of z, up to four times.
    clusters : int
        How many, from 1.
    method : 'k-means' or 'gaussian-mixture'
        By distance alone, which makes clusters of like spread, or with a spread (a full covariance) and a share of their own.
    components : int
        Number of principal components; 0: those that stand above the noise, one at least.
    mask, normalized, element, edge, e0, pre, post, nnorm, least_step, smooth, binning, energy_shift, memory, progress, abort
        As in `principal_components`.

    Raises
    ------
    DataError
        If the mask does not fit, no voxel has a spectrum that can be used, or the scan has no energies about the edge.
    ParameterError
        If a parameter has a value it cannot have, or more clusters are asked for than there are different spectra.
    """
    if method not in METHODS:
        raise ParameterError(f"Clusters are found by {' or '.join(METHODS)}, not {method!r}.")
    if not isinstance(clusters, int | np.integer) or isinstance(clusters, bool) or clusters < 1:
        raise ParameterError(f"clusters cannot be {clusters!r}: give a whole number from 1.")
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
    prepared = PreparedSpectra(stack, mask, normalized, given, memory, progress, abort, "cluster_spectra")
    asked = kept_components(components, len(prepared.energies))
    prepared.expect(3)
    found = principal_axes(prepared)
    keep = min(asked or max(1, found.above_noise), found.voxels)
    sample = prepared.sample(found.voxels, SAMPLE, "spectra for clusters").spectra
    points = found.scores(sample, keep) / found.lengths[:keep]
    different = len(np.unique(points, axis=0))
    if clusters > different:
        raise ParameterError(
            f"{clusters} clusters cannot be made of {different} different spectra: ask for fewer, or widen the mask."
        )
    scale = float(points[:, 0].std()) or 1.0
    model, doubts = _model(points / scale, int(clusters), method)
    scales = scale * found.lengths[:keep]
    if found.above_noise == 0 and clusters > 1:
        doubts.append("All spectra are the same within their errors: clusters show noise only.")
    return _labelled(prepared, found, model, scales, int(clusters), method, doubts)


def _model(points: FloatArray, clusters: int, method: str) -> tuple[Any, list[str]]:
    """Fit the clusters to scores (N, K), and say what is doubtful."""
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture

    with library_call():
        if method == "k-means":
            return KMeans(clusters, n_init=_STARTS, max_iter=_ROUNDS, random_state=SEED).fit(points), []
        mixture = GaussianMixture(clusters, n_init=_STARTS, max_iter=_ROUNDS, random_state=SEED).fit(points)
    settled = mixture.converged_
    said = f"The Gaussian mixture had not settled after {_ROUNDS} rounds: ask for fewer clusters."
    return mixture, [] if settled else [said]


def _labelled(
    prepared: PreparedSpectra,
    found: Axes,
    model: Any,
    scales: FloatArray,
    clusters: int,
    method: str,
    doubts: list[str],
) -> Clusters:
    """Label every voxel and sum up the clusters' spectra, about the mean of all so that squares keep their digits."""
    labels = prepared.volume(0, np.int32)
    sizes = np.zeros(clusters, np.int64)
    sums, squares = (np.zeros((clusters, len(prepared.energies))) for _ in range(2))
    for batch in prepared.batches("clusters"):
        with library_call():
            label = np.asarray(model.predict(found.scores(batch.spectra, len(scales)) / scales))
        labels[batch.voxels] = label + 1
        beside = batch.spectra.astype(np.float64) - found.mean
        for k in np.unique(label):
            own = beside[label == k]
            sizes[k] += len(own)
            sums[k] += own.sum(axis=0)
            squares[k] += (own**2).sum(axis=0)
    order = np.argsort(-sizes, kind="stable")[: int((sizes > 0).sum())]
    rank = np.zeros(clusters + 1, np.int32)
    rank[order + 1] = np.arange(1, len(order) + 1)
    if len(order) < clusters:
        doubts.append(f"Only {len(order)} of the {clusters} clusters hold any voxel: ask for fewer.")
    count = sizes[order, None].astype(np.float64)
    mean = sums[order] / count
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.maximum(squares[order] / count - mean**2, 0.0) / np.where(count > 1, count - 1, np.nan)
    return Clusters(
        labels=rank[labels].reshape(prepared.shape),
        spectra=found.mean + mean,
        errors=np.sqrt(variance),
        sizes=sizes[order],
        components=len(scales),
        energies=prepared.energies,
        method=method,
        e0=None if prepared.normalizing is None else prepared.normalizing.windows.e0,
        warnings=(*prepared.warnings, *doubts),
        voxel_size=prepared.voxel_size,
    )
