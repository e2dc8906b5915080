"""Flats that are none: the beam dropped, the shutter closed, or something stood in view; told from their fellows.

A flat is judged against the others of its group, taken one after another; a group against the other groups and against the
projections taken next to it, which brighten where and when their flats are too dark. A beam that decays from group to group
darkens the projections between as well, and is no fault. What one flat alone shows can only be doubted; of two, the projections
tell which is too dark, and the sign of their difference in which of them something stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .blocks import darkened, patches, ratio_in_blocks

Float32 = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

_OFF = 0.05  # of the typical level, below which there is no beam
_ALIKE = 0.2  # by which part levels of flats of one group may differ
_BRIGHTER = 1.15  # transmission next to a group from which on its flats are too dark
_SHOWN = 1.03  # the same, in a patch of the field
_NEAR = 2  # projections looked at before and after a group


@dataclass(frozen=True, slots=True)
class FlatSeries:
    """The flats of one energy, and the projections beside them, thinned alike.

    Attributes
    ----------
    beams : (F, row, column) float32
        Flats less the dark, per unit of ring current where it is used.
    positions : (F,) ints
        How many projections were taken before each flat; the same for all where unknown.
    projection : callable
        Gives the projection with an index, less the dark, as bright as flats are.
    projections : int
        How many there are.
    """

    beams: Float32
    positions: npt.NDArray[np.int64]
    projection: Callable[[int], Float32]
    projections: int


@dataclass(slots=True)
class FlatJudgement:
    """What is wrong with which flat, by index, and what cannot be told (sentences without their beginning)."""

    faults: dict[int, str]
    doubts: list[str]


def judge_flats(series: FlatSeries) -> FlatJudgement:
    """Find the bad flats of one energy; at least one flat is left."""
    judged = FlatJudgement({}, [])
    levels = _levels(series.beams)
    typical = float(np.median(levels[levels >= np.median(levels)]))
    if not typical > 0:
        return judged
    for f in np.flatnonzero(levels < _OFF * typical):
        judged.faults[int(f)] = f"the beam was off ({max(levels[f], 0) / typical:.0%} of the others' brightness)"
    for position in np.unique(series.positions):
        members = [f for f in np.flatnonzero(series.positions == position).tolist() if f not in judged.faults]
        _judge_levels(series, members, levels, judged)
        _judge_views(series, [f for f in members if f not in judged.faults], levels, judged)
    _judge_groups(series, levels, judged)
    return judged


def _levels(beams: Float32) -> npt.NDArray[np.float64]:
    """Typical brightness of each flat, (F,), where the field is lit."""
    brightest = beams.max(axis=0)
    lit = brightest > 0.1 * np.percentile(brightest, 90)
    return np.array([np.median(beam[lit]) if lit.any() else 0.0 for beam in beams], np.float64)


def _judge_levels(
    series: FlatSeries, members: list[int], levels: npt.NDArray[np.float64], judged: FlatJudgement
) -> None:
    """Find the flats of one group that are much darker or brighter than their fellows."""
    own = levels[members]
    if len(members) < 2 or own.max() <= (1 + _ALIKE) * own.min():
        return
    if len(members) == 2:
        _judge_pair(series, members, levels, judged)
        return
    middle = np.median(own)
    for f, level in zip(members, own, strict=True):
        alike = np.count_nonzero(np.abs(own / level - 1) < _ALIKE / 2) - 1
        if abs(level / middle - 1) > _ALIKE and alike < len(members) / 4:
            judged.faults[f] = f"it is {level / middle:.0%} as bright as its fellows"
    if not any(f in judged.faults for f in members):
        judged.doubts.append(
            f"flats taken together differ by {1 - own.min() / own.max():.0%} in brightness, too many to tell the bad from "
            "the good: all were kept"
        )


def _judge_pair(series: FlatSeries, pair: list[int], levels: npt.NDArray[np.float64], judged: FlatJudgement) -> None:
    """Tell which of two flats of unlike brightness is bad: by other groups, else by the projections beside them."""
    others = [f for f in range(len(levels)) if f not in pair and f not in judged.faults]
    if others:
        off = np.abs(np.log(levels[pair] / np.median(levels[others])))
    else:
        off = np.abs(np.log([_open_transmission(series, series.beams[f], levels[f], f) for f in pair]))
    good, bad = (pair[i] for i in np.argsort(off))
    if off.min() < np.log(1 + _ALIKE / 2) and off.max() > np.log(1 + _ALIKE):
        judged.faults[bad] = f"it is {levels[bad] / levels[good]:.0%} as bright as the other beside it"
    else:
        judged.doubts.append(
            f"flats {pair[0]} and {pair[1]} differ by {1 - min(levels[pair]) / max(levels[pair]):.0%} in brightness, and which "
            "is right cannot be told: both were kept"
        )


def _judge_views(
    series: FlatSeries, members: list[int], levels: npt.NDArray[np.float64], judged: FlatJudgement
) -> None:
    """Find the flats of one group that something stands in, and not in their fellows."""
    if len(members) < 2:
        return
    from .kernels import medians

    beams = series.beams[members]
    common = medians(beams)
    seen = np.stack([ratio_in_blocks(beam, common, float(np.median(levels[members]))) for beam in beams])
    for k, f in enumerate(members):
        others = np.delete(seen, k, axis=0)
        dark, change = darkened(seen[k] / (np.median(others, axis=0)))
        if dark.any():
            judged.faults[f] = _in_view(change, dark) + ", and not in its fellows"


def _judge_groups(series: FlatSeries, levels: npt.NDArray[np.float64], judged: FlatJudgement) -> None:
    """Find the groups that are too dark, in all or in a patch, for the other groups and for the projections beside them."""
    good = [f for f in range(len(levels)) if f not in judged.faults]
    groups = [[f for f in good if series.positions[f] == p] for p in np.unique(series.positions[good])]
    if len(groups) == 1:
        beam = series.beams[good].mean(axis=0)
        brighter = _open_transmission(series, beam, float(levels[good].mean()), good[0])
        if brighter > _BRIGHTER:
            judged.doubts.append(
                f"projections are up to {brighter - 1:.0%} brighter than the flats beside them, and no other flats can tell why: "
                "the beam may have dropped in all of them, or exposures differ that are not known"
            )
        return
    means = [series.beams[group].mean(axis=0) for group in groups]
    level = np.array([levels[group].mean() for group in groups])
    bright = np.array([_open_transmission(series, means[g], level[g], group[0]) for g, group in enumerate(groups)])
    faults: dict[int, str] = {}
    for g, group in enumerate(groups):
        others = [k for k in range(len(groups)) if k != g]
        darker = level[g] / np.median(level[others])
        if darker < 1 - _ALIKE and bright[g] > max(_BRIGHTER, _BRIGHTER * np.median(bright[others])):
            why = (
                f"it is {darker:.0%} as bright as flats taken at other times, though the projections beside it are not"
            )
        else:
            reference = np.median([means[k] * (level[g] / level[k]) for k in others], axis=0).astype(np.float32)
            dark, change = darkened(ratio_in_blocks(means[g], reference, float(level[g])))
            shown = _transmission(series, means[g], float(level[g]), group[0]) / max(np.median(bright[others]), 1e-6)
            dark = patches(dark & (shown > _SHOWN))
            if not dark.any():
                continue
            why = (
                _in_view(change, dark) + ", and neither in flats taken at other times nor in the projections beside it"
            )
        faults |= dict.fromkeys(group, why)
    if len(faults) < len(good):
        judged.faults |= faults


def _open_transmission(series: FlatSeries, beam: Float32, level: float, flat: int) -> float:
    """Transmission where the projections beside a flat are brightest: about 1 where some of the field is open."""
    return max(float(np.percentile(_transmission(series, beam, level, flat), 90)), 1e-6)


def _transmission(series: FlatSeries, beam: Float32, level: float, flat: int) -> Float32:
    """Transmission in blocks of the projections beside a flat, the highest of them, as this open beam gives it."""
    position = int(series.positions[flat])
    near = range(max(position - _NEAR, 0), min(position + _NEAR, series.projections))
    near = near or range(max(series.projections - _NEAR, 0), series.projections)
    return np.max([ratio_in_blocks(series.projection(i), beam, level) for i in near], axis=0)


def _in_view(change: Float32, dark: BoolArray) -> str:
    """Say how much of the field something darkens, and by how much."""
    return f"something in {dark.mean():.1%} of its field takes {1 - np.exp(np.median(change[dark])):.0%} of the light"
