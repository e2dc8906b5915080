"""Looking at one energy's threshold: its volume smoothed once in a thread, cut at any level from then on."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...segment import (
    BinarizedVolume,
    BinarizeParameters,
    SmoothedVolume,
    mask_above,
    moved,
    own_threshold,
    smoothed_volume,
)
from ..layers.ready import volumes_of
from .histogram import Histogram, histogram_of

MOST_BYTES = 400_000_000
"""Of smoothed volumes that are kept; the last one always is."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """One energy as its threshold sees it.

    Attributes
    ----------
    index : int
        Of the energy.
    energy : float, eV
    unit : str
        Of the grey values.
    smoothed : SmoothedVolume
    histogram : Histogram
    parameters : BinarizeParameters
    """

    index: int
    energy: float
    unit: str
    smoothed: SmoothedVolume
    histogram: Histogram
    parameters: BinarizeParameters

    @property
    def own(self) -> float | None:
        """The threshold that the parameters name for this energy, if any."""
        return own_threshold(self.parameters, self.energy)

    @property
    def level(self) -> float:
        """The grey level that the stage would take."""
        return moved(self.smoothed.found, self.parameters.shift) if self.own is None else self.own


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """The mask of an energy at a grey level, as the stage makes it."""

    cut: Cut
    level: float
    made: BinarizedVolume


class Cutter:
    """Smooths the volumes that are looked at and keeps the last ones; one thread at a time asks."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[SmoothedVolume, Histogram]] = OrderedDict()

    def forget(self) -> None:
        """Let go of everything."""
        self._kept = OrderedDict()

    def look(self, project: Any, index: int, parameters: BinarizeParameters) -> Cut:
        """Give the smoothed volume of an energy and its histogram.

        Raises
        ------
        SpectrotomoError
            If there is no such volume yet, or no threshold can be found in it.
        """
        stack = volumes_of(project)
        key = (id(project), project.store.fingerprint("reconstruction"), index, _smoothing(parameters))
        kept = self._kept
        if key not in kept:
            volume = stack.data[index].compute(scheduler="synchronous")
            smoothed = smoothed_volume(volume, parameters, image=stack.planar)
            kept[key] = smoothed, histogram_of(smoothed)
            while len(kept) > 1 and sum(one.grey.nbytes for one, _ in kept.values()) > MOST_BYTES:
                kept.popitem(last=False)
        kept.move_to_end(key)
        return Cut(index, float(stack.energies[index]), stack.attenuation_unit, *kept[key], parameters)


def whole_mask(cut: Cut, level: float) -> Whole:
    """Make the mask of an energy at a grey level, as the stage does."""
    return Whole(cut, level, mask_above(cut.smoothed, level, cut.parameters))


def share_of(whole: Whole) -> float:
    """Give the share of the volume that is sample."""
    return float(np.mean(whole.made.mask))


def _smoothing(parameters: BinarizeParameters) -> BinarizeParameters:
    """Give what of the parameters the smoothed volume depends on."""
    plain = BinarizeParameters()
    levels_and_bodies = (
        "shift",
        "thresholds",
        "min_size",
        "max_size",
        "clear_border",
        "keep_largest",
        "fill_holes",
        "masks",
    )
    return replace(parameters, **{name: getattr(plain, name) for name in levels_and_bodies})
