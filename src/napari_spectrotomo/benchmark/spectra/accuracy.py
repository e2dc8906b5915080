"""How right each definition of the edge energy is on noisy mixtures: bias, spread, and what its stated error is worth."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import EnergyStack, FloatArray
from ...progress import Progress, ProgressCallback, raise_if_aborted
from ...spectra import edge_energy, edge_energy_of
from .definitions import Definition
from .mixtures import ENERGIES, FINE_STEP, PAIR, VALENCES, attenuation, with_noise
from .study import Study

ASTRAY = 10.0
FEWEST = 10
"""Fewer repeats with an edge energy say nothing of their spread."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One definition at one noise, over all fractions and positions of the grid.

    Attributes
    ----------
    definition : str
        Its label.
    snr : float
        Edge steps over the noise of a single value.
    bias, ripple : float, eV
        How far the median of the repeats lies from the same definition on a noise-free fine grid: mean over fractions and
        positions, and standard deviation from one to another.
    spread : float, eV
        Half of what the middle 68 % of the repeats span: the standard deviation, were it not for strays.
    undefined : float
        Share of spectra without an edge energy.
    astray : float
        Share of the others that lie more than 10 eV from the fine grid's: something else was taken for the edge.
    stated : float, eV
        Median of the errors stated.
    covered, covered_true : float
        Share of results no farther than their stated error from the noise-free result on the same grid, and from the fine grid's.
    sensitivity, least_sensitivity : float, eV a valence
        By how much the edge energy of the fine grid changes from one oxide to the other, and where it changes least.
    bend : float, eV
        How far the edge energy of a mixture lies at most from the straight line between the two oxides, fine grid.
    resolution : float, valence
        Spread and ripple together (the root of their squares' sum) over sensitivity: what a calibration on the same grid leaves.
    """

    definition: str
    snr: float
    bias: float
    ripple: float
    spread: float
    undefined: float
    astray: float
    stated: float
    covered: float
    covered_true: float
    sensitivity: float
    least_sensitivity: float
    bend: float
    resolution: float

    @property
    def lost(self) -> float:
        """Share of spectra without an edge energy or with one that is astray."""
        return self.undefined + (1 - self.undefined) * (self.astray if np.isfinite(self.astray) else 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What a definition gave of R noisy spectra of each of F fractions, at one position of the grid, eV.

    Attributes
    ----------
    energy, error : (F, R)
        Edge energies and the errors stated; NaN where there is none.
    noiseless, true : (F,)
        Edge energies without noise, on the same grid and on a fine one.
    """

    energy: FloatArray
    error: FloatArray
    noiseless: FloatArray
    true: FloatArray


def accuracies(
    study: Study, *, progress: ProgressCallback | None = None, abort: threading.Event | None = None
) -> Iterator[Accuracy]:
    """Judge every definition at every noise.

    Parameters
    ----------
    study : Study
    progress : function or None
        Called after each, a stage a noise.
    abort : Event or None

    Raises
    ------
    Aborted
        Once `abort` is set; what was given before is whole.
    """
    truths: dict[tuple[Any, ...], FloatArray] = {}
    for k, snr in enumerate(study.snr):
        grids = [ENERGIES + shift for shift in study.shifts()]
        stacks = [_noisy(grid, study, snr, (study.seed, k, j)) for j, grid in enumerate(grids)]
        for done, definition in enumerate(study.definitions, 1):
            raise_if_aborted(abort)
            reads = [_read(stack, definition, study, truths) for stack in stacks]
            yield judged(definition.label, snr, study.fractions, reads)
            if progress is not None:
                progress(Progress(f"SNR {snr:g}", done, len(study.definitions), definition.label))


def _mixed(energies: FloatArray, study: Study) -> FloatArray:
    high = np.array(study.fractions)
    return attenuation(energies, PAIR, np.stack([1 - high, high]))


def _noisy(energies: FloatArray, study: Study, snr: float, seed: tuple[int, ...]) -> EnergyStack:
    """Give spectra as a stack of volumes (fraction, 1, repeat)."""
    clean = np.repeat(_mixed(energies, study)[:, :, None, None], study.repeats, axis=3)
    return EnergyStack.from_arrays(with_noise(clean, snr, np.random.default_rng(seed)), energies)


def _read(stack: EnergyStack, definition: Definition, study: Study, truths: dict[tuple[Any, ...], FloatArray]) -> Read:
    """Read noisy spectra, and the noise-free ones just so; `truths` keeps what the fine grid gave, alike for most noises."""
    energies = stack.energies
    found = edge_energy(stack, **definition.keywords)
    same: dict[str, Any] = {"e0": found.e0, **definition.keywords}
    if "level" in found.windows:
        same["level"] = found.windows["level"]
    pre, post = (tuple(end - found.e0 for end in found.windows[name]) for name in ("pre", "post"))
    noiseless = edge_energy_of(energies, _mixed(energies, study), **same)
    key = (energies[0], pre, post, *same.values())
    if key not in truths:
        fine = np.arange(energies[0], energies[-1] + FINE_STEP / 2, FINE_STEP)
        truths[key] = edge_energy_of(fine, _mixed(fine, study), pre=pre, post=post, **same)
    return Read(found.energy[:, 0].astype(float), found.error[:, 0].astype(float), noiseless, truths[key])


def judged(definition: str, snr: float, fractions: Sequence[float], reads: Sequence[Read]) -> Accuracy:
    """Judge what a definition gave at all positions of the grid.

    Parameters
    ----------
    definition : str
        Its label.
    snr : float
    fractions : (F,)
        Of the oxide of higher valence.
    reads : sequence of Read
    """
    energy, error = (np.stack([getattr(read, name) for read in reads]) for name in ("energy", "error"))
    noiseless, true = (np.stack([getattr(read, name) for read in reads]) for name in ("noiseless", "true"))
    middle, half = np.apply_along_axis(_middle_and_half, 2, energy).transpose(2, 0, 1)
    known = _known(error)
    off = _known(middle - true)
    ripple, spread = float(off.std()) if off.size else np.nan, float(np.sqrt(_mean(half**2)))
    edges = true.mean(axis=0)
    valences = VALENCES[PAIR[0]] + np.array(fractions) * (VALENCES[PAIR[1]] - VALENCES[PAIR[0]])
    slope = float((edges[-1] - edges[0]) / (valences[-1] - valences[0]))
    slopes = np.diff(edges) / np.diff(valences)
    return Accuracy(
        definition=definition,
        snr=snr,
        bias=_mean(off),
        ripple=ripple,
        spread=spread,
        undefined=float(np.isnan(energy).mean()),
        astray=_share(np.abs(energy - true[..., None]), ASTRAY, np.greater),
        stated=float(np.median(known)) if known.size else np.nan,
        covered=_share(np.abs(energy - noiseless[..., None]) / error, 1.0, np.less_equal),
        covered_true=_share(np.abs(energy - true[..., None]) / error, 1.0, np.less_equal),
        sensitivity=slope,
        least_sensitivity=float(slopes[np.argmin(slopes * np.sign(slope))]),
        bend=float(np.abs(edges - edges[0] - slope * (valences - valences[0])).max()),
        resolution=float(np.hypot(spread, ripple)) / abs(slope),
    )


def _middle_and_half(values: FloatArray) -> FloatArray:
    """Median, and half of what the middle 68 % span: a standard deviation that a few strays do not move."""
    known = _known(values)
    if len(known) < FEWEST:
        return np.array([np.nan, np.nan])
    low, middle, high = np.percentile(known, (15.87, 50.0, 84.13))
    return np.array([middle, (high - low) / 2])


def _known(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)]


def _mean(values: FloatArray) -> float:
    known = _known(values)
    return float(known.mean()) if known.size else np.nan


def _share(values: FloatArray, limit: float, meets: Callable[[FloatArray, float], FloatArray]) -> float:
    """Share of the known values that meet a limit; NaN where none is known."""
    return _mean(meets(_known(values), limit))
