"""The spectra of voxels made ready to be compared with each other, in batches that are the same however they were read."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import as_energies
from ...chance import SEED
from ...data import EnergyStack, FloatArray, require
from ...errors import DataError
from ...progress import Progress, ProgressCallback, raise_if_aborted
from ...threads import thread_count
from ..averaging import averaging_of
from ..normalize.background import Background, background
from ..normalize.e0 import edge_of
from ..normalize.normalization import FEWEST_ENERGIES
from ..normalize.windows import Windows, map_windows
from ..parameters import checked_parameters
from ..slabs import MaskedSpectra, mask_of

BATCH = 1 << 15
"""Voxels of the mask that are taken together, whatever the memory: sums then come out alike to the last bit."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Spectra of some voxels.

    Attributes
    ----------
    voxels : (N,) int64
        Flat indices into a volume.
    spectra : (N, E) float32
    noise : (N,) float64
        Variance of the noise of one value of each spectrum, before normalising, over the square of its edge step; NaN where
        spectra are taken as they are.
    """

    voxels: npt.NDArray[np.int64]
    spectra: npt.NDArray[np.float32]
    noise: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Normalizing:
    """How every voxel's spectrum is flattened and normalised: the windows are shared, so that it is one matrix product."""

    windows: Windows
    lines: Background
    residuals: FloatArray
    pattern: FloatArray
    mean: FloatArray
    least_step: float

    def batch(self, voxels: npt.NDArray[np.int64], raw: npt.NDArray[np.float32]) -> Batch:
        """Normalise `raw` (E, N), without the voxels whose edge step does not stand out of their pre-edge's noise."""
        n, below = len(raw), self.windows.pre_samples
        n_pre = below.stop - below.start
        made = np.vstack([self.lines.flattened, self.lines.step, self.residuals]).astype(np.float32) @ raw
        step = made[n].astype(np.float64)
        left = made[n + 1 :] - np.outer(self.pattern, step)
        free_pre, free_post = self.windows.free
        edge = step > self.least_step * np.sqrt(_variance(left[:n_pre], free_pre))
        noise = _variance(left[:, edge], free_pre + free_post) / step[edge] ** 2
        return Batch(voxels[edge], np.ascontiguousarray((made[:n, edge] / step[edge]).T.astype(np.float32)), noise)

    def noise_covariance(self) -> FloatArray:
        """Covariance (E, E) that noise of unit variance over the squared edge step has once normalised."""
        spread = self.lines.flattened - np.outer(self.mean, self.lines.step)
        return np.asarray(spread @ spread.T)


class PreparedSpectra:
    """The spectra of a mask's voxels, normalised or as they are, batch after batch; read anew in every pass.

    Left out are voxels with a NaN or an infinity at any energy, those that are 0 throughout and, where spectra are normalised,
    those whose edge step does not stand out of the noise of their pre-edge.

    Attributes
    ----------
    energies : (E,) float64, eV, with the shift
    normalizing : Normalizing, or None where spectra are taken as they are
    warnings : list of str
    """

    def __init__(
        self,
        stack: EnergyStack,
        mask: npt.ArrayLike | None,
        normalized: bool,
        given: dict[str, Any],
        memory: float,
        progress: ProgressCallback | None,
        abort: threading.Event | None,
        where: str,
    ) -> None:
        parameters = checked_parameters(given, where)
        require(stack, EnergyStack, where)
        if len(stack) < FEWEST_ENERGIES:
            raise DataError(
                f"Spectra of {len(stack)} energies cannot be taken apart: at least {FEWEST_ENERGIES} are needed."
            )
        self.shape, self.voxel_size = stack.shape, stack.voxel_size
        self.energies = as_energies(stack.energies + parameters.energy_shift)
        where_used = mask_of(mask, stack.shape)
        self._slabs = MaskedSpectra(stack, where_used, memory, averaging_of(parameters, mask))
        self._progress, self._abort, self._done, self._passes = progress, abort, 0, 1
        self.warnings: list[str] = []
        self.normalizing: Normalizing | None = None
        if normalized:
            mean, _ = self._slabs.mean_spectrum(abort)
            e0, doubts = edge_of(self.energies, mean, parameters)
            windows = map_windows(self.energies, e0, parameters.pre, parameters.post, parameters.nnorm)
            self.warnings += [*doubts, *windows.warnings]
            self.normalizing = _normalizing(self.energies, windows, mean, parameters.least_step)

    def expect(self, passes: int) -> None:
        """Say how many passes over the spectra there will be, for the progress."""
        self._passes = passes

    def batches(self, message: str) -> Iterator[Batch]:
        """Read all spectra once.

        Raises
        ------
        Aborted
        """
        for voxels, raw in self._equal_batches(message):
            raise_if_aborted(self._abort)
            whole = np.isfinite(raw).all(axis=0) & (raw != 0).any(axis=0)
            voxels, raw = voxels[whole], raw[:, whole]
            if not len(voxels):
                continue
            if self.normalizing is None:
                yield Batch(voxels, np.ascontiguousarray(raw.T), np.full(len(voxels), np.nan))
            elif len((batch := self.normalizing.batch(voxels, raw)).voxels):
                yield batch

    def sample(self, count: int, size: int, message: str) -> Batch:
        """Give `size` of the `count` usable spectra, chosen at random and always alike; all of them where there are fewer."""
        chosen = np.arange(count)
        if count > size:
            chosen = np.sort(np.random.default_rng(SEED).choice(count, size, replace=False, shuffle=False))
        found, first = [], 0
        for batch in self.batches(message):
            start, stop = np.searchsorted(chosen, (first, first + len(batch.voxels)))
            some = chosen[start:stop] - first
            found.append(Batch(batch.voxels[some], batch.spectra[some], batch.noise[some]))
            first += len(batch.voxels)
        return joined(found)

    def volume(self, fill: float, dtype: npt.DTypeLike, leading: tuple[int, ...] = ()) -> npt.NDArray[Any]:
        """Give flat volumes (*leading, voxels) full of `fill`."""
        return np.full((*leading, int(np.prod(self.shape))), fill, dtype)

    def _equal_batches(self, message: str) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        """Cut the slabs' spectra (E, N) into batches of `BATCH` voxels, across slabs."""
        plane = self.shape[1] * self.shape[2]
        held: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]] = []
        room = BATCH
        for part, inside, spectra in self._slabs.each(self._abort):
            voxels, start = np.flatnonzero(inside) + part.start * plane, 0
            while start < len(voxels):
                stop = min(len(voxels), start + room)
                held.append((voxels[start:stop], spectra[:, start:stop]))
                room -= stop - start
                start = stop
                if room == 0:
                    yield _together(held)
                    held, room = [], BATCH
            held = [(v, s.copy()) for v, s in held]  # so that the slab itself can go
            self._done += 1
            if self._progress is not None:
                total = max(self._done, self._passes * len(self._slabs.parts))
                said = f"{message}: slices {part.start} to {part.stop - 1}"
                self._progress(Progress("composition", self._done, total, said))
        if held:
            yield _together(held)


def joined(batches: list[Batch]) -> Batch:
    """Give one batch of several.

    Raises
    ------
    DataError
        If there is none.
    """
    if not batches:
        raise DataError(
            "No voxel of the mask has a spectrum that can be used: values at every energy, not all of them 0, and, where spectra "
            "are normalised, an edge step above the noise. Check the mask and the energies, or take normalized=False."
        )
    return Batch(
        np.concatenate([b.voxels for b in batches]),
        np.concatenate([b.spectra for b in batches]),
        np.concatenate([b.noise for b in batches]),
    )


@contextmanager
def library_call() -> Iterator[None]:
    """Keep scikit-learn's threads to as many as `thread_count` says; what it warns of, the caller says in its own words."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    quietly = np.errstate(divide="ignore", invalid="ignore")  # shares of no variance, where all spectra are one
    with threadpool_limits(thread_count()), quietly, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _together(
    held: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    return np.concatenate([v for v, _ in held]), np.concatenate([s for _, s in held], axis=1)


def _normalizing(energies: FloatArray, windows: Windows, mean: FloatArray, least_step: float) -> Normalizing:
    lines, identity = background(energies, windows), np.eye(len(energies))
    below, above = windows.pre_samples, windows.post_samples
    residuals = np.vstack([(identity - lines.pre)[below], (identity - lines.post)[above]])
    step = float(lines.step @ mean)
    scale = 1 / step if step > 0 else 0.0
    return Normalizing(windows, lines, residuals, scale * residuals @ mean, scale * lines.flattened @ mean, least_step)


def _variance(residuals: FloatArray, free: int) -> FloatArray:
    if free <= 0:
        return np.zeros(residuals.shape[1])
    return np.asarray((residuals**2).sum(axis=0, dtype=np.float64) / free)
