"""Which grey level parts sample from background at an energy: as found, moved like all others, or one of the user's own."""

from collections.abc import Iterable

from .parameters import BinarizeParameters
from .threshold import Threshold

SAME_ENERGY = 0.05
"""How near in eV an energy named in a recipe must be."""


def own_threshold(parameters: BinarizeParameters, energy: float) -> float | None:
    """Give the threshold that the parameters name for an energy in eV; None where they name none."""
    named = (level for at, level in parameters.thresholds or () if abs(at - energy) <= SAME_ENERGY)
    return next(named, None)


def with_threshold(
    parameters: BinarizeParameters, energy: float, level: float | None
) -> tuple[tuple[float, float], ...] | None:
    """Give the own thresholds with another one at an energy in eV, or with none there.

    Examples
    --------
    >>> with_threshold(BinarizeParameters(), 6545.0, 0.03)
    ((6545.0, 0.03),)
    """
    others = [one for one in parameters.thresholds or () if abs(one[0] - energy) > SAME_ENERGY]
    named = others if level is None else [*others, (float(energy), float(level))]
    return tuple(sorted(named)) or None


def unknown_energies(parameters: BinarizeParameters, energies: Iterable[float]) -> list[float]:
    """Give the energies with a threshold of the user's own that a stack lacks, eV."""
    there = list(energies)
    return [at for at, _ in parameters.thresholds or () if all(abs(at - one) > SAME_ENERGY for one in there)]


def moved(found: Threshold, shift: float) -> float:
    """Give a threshold moved by a share of the step from background to sample.

    Examples
    --------
    >>> moved(Threshold(value=0.5, contrast_to_noise=9.0, background=0.0, sample=1.0), 0.1)
    0.6
    """
    return found.value + shift * (found.sample - found.background)


def shift_of(found: Threshold, level: float) -> float:
    """Give the shift that moves a threshold to a level; 0 where the histogram has no step.

    Examples
    --------
    >>> shift_of(Threshold(value=0.5, contrast_to_noise=9.0, background=0.0, sample=1.0), 0.25)
    -0.25
    """
    step = found.sample - found.background
    return (level - found.value) / step if step > 0 else 0.0
