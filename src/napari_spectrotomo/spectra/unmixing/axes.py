"""The principal axes of all spectra, in units of their noise where that is known, and how many of them are more than noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import FloatArray
from .prepared import Batch, PreparedSpectra, joined, library_call

ABOVE_NOISE = 2.0
"""A component counts where spectra vary along it by as many times what noise alone does."""
_EVEN = 0.01
"""Noise that is alike at all energies, as a share of the mean one, is put on top of what is known: it keeps whitening stable."""


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """The principal axes of all spectra.

    Attributes
    ----------
    spectra : (E, E) float64
        A component a row, of length 1.
    readers : (E, E) float64
        Give the scores: what is left of a spectrum without the mean, times these. The components themselves where noise is not
        adjusted for.
    lengths : (E,) float64
        What a score is divided by to be in units of noise; 1 where noise is not adjusted for.
    variance : (E,) float64
        Of such scores, falling.
    mean : (E,) float64
    above_noise, voxels : int
    """

    spectra: FloatArray
    readers: FloatArray
    lengths: FloatArray
    variance: FloatArray
    mean: FloatArray
    above_noise: int
    voxels: int

    def scores(self, spectra: FloatArray, keep: int) -> FloatArray:
        """Scores (N, keep) of `spectra` (N, E)."""
        return np.asarray((spectra.astype(np.float64) - self.mean) @ self.readers[:keep].T)

    def projected(self, spectra: FloatArray, keep: int) -> FloatArray:
        """Give `spectra` (N, E) as the mean and the first `keep` components show them."""
        return np.asarray(self.mean + self.scores(spectra, keep) @ self.spectra[:keep])


def principal_axes(prepared: PreparedSpectra, noise_adjusted: bool = True) -> Axes:
    """Fit the principal axes of all spectra, in one pass.

    Adjusted for noise, spectra are whitened by the noise that normalising leaves, so that variances are in its units: normalising
    by a noisy edge step makes noise look like a change of all heights alike, which would else be the first component.

    Raises
    ------
    DataError
        If no spectrum can be used.

    References
    ----------
    J. B. Lee, A. S. Woodyatt and M. Berman, IEEE Trans. Geosci. Remote Sens. 28, 295 (1990).
    """
    n = len(prepared.energies)
    noise = None if prepared.normalizing is None else prepared.normalizing.noise_covariance()
    whiten, unwhiten = _whitening(noise) if noise is not None and noise_adjusted else (np.eye(n), np.eye(n))
    waiting: list[Batch] = []
    model, level, voxels = None, 0.0, 0
    for batch in prepared.batches("principal components"):
        level += float(batch.noise.sum())
        voxels += len(batch.voxels)
        waiting.append(batch)
        if sum(len(b.voxels) for b in waiting) > n:  # the first part must hold as many spectra as components
            model = _learnt(model, joined(waiting), whiten)
            waiting = []
    if waiting or model is None:
        model = _learnt(model, joined(waiting), whiten)
    known = len(model.components_)
    axes, variance = np.zeros((n, n)), np.zeros(n)
    axes[:known] = model.components_
    variance[:known] = model.explained_variance_ if voxels > 1 else 0.0
    spectra, readers = axes @ unwhiten, axes @ whiten
    lengths = np.linalg.norm(spectra, axis=1)
    lengths[known:] = 1.0
    signs = np.sign(spectra[np.arange(n), np.abs(spectra).argmax(axis=1)])
    if noise is None:
        above = indicated_components(variance, voxels)
    else:
        floor = n * np.finfo(np.float32).eps ** 2 * np.eye(n)
        along = np.einsum("ke,ef,kf->k", readers, level / voxels * noise + floor, readers)
        spread = (1 + np.sqrt(n / voxels)) ** 2  # so far noise spreads the variances of few spectra
        above = int((variance[:known] > ABOVE_NOISE * spread * along[:known]).sum())
    return Axes(
        spectra=spectra * (signs / lengths)[:, None],
        readers=readers * (signs * lengths)[:, None],
        lengths=lengths,
        variance=variance,
        mean=np.asarray(model.mean_ @ unwhiten, np.float64),
        above_noise=above,
        voxels=voxels,
    )


def _whitening(noise: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Symmetric matrices (E, E) that make noise of this covariance alike in all directions, and that undo it."""
    size = float(np.trace(noise)) / len(noise)
    variance, directions = np.linalg.eigh(noise / size)
    deviation = np.sqrt(np.maximum(variance, 0.0) + _EVEN)
    return (directions / deviation) @ directions.T, (directions * deviation) @ directions.T


def _learnt(model: Any, batch: Batch, whiten: FloatArray) -> Any:
    """Let the model, a new one where there is none, see more spectra."""
    from sklearn.decomposition import IncrementalPCA

    with library_call():
        model = model or IncrementalPCA(min(len(whiten), len(batch.spectra)))
        return model.partial_fit(batch.spectra.astype(np.float64) @ whiten)


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
