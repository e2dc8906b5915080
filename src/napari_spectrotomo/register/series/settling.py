"""What only the whole series can tell: which energies leave its trend, transforms that vary smoothly, a field on top of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ...progress import raise_if_aborted
from ..pair import PairRegistration
from .found import EnergyRegistration
from .steps import Results, Series
from .trend import Trend, apart, smoothed, trend_of

Floats = npt.NDArray[np.float64]

OUTLIER = 5.0
"""An MSE is an outlier beyond so many times what is usual between neighbours."""

CLEARLY = 1.2
BETTER = 0.98

Said = tuple[int, str]


def settle(series: Series, results: Results) -> Generator[Said, None, dict[int, EnergyRegistration]]:
    """Judge every energy by the trend of the series, try those that leave it again, and smooth where that is asked.

    Parameters
    ----------
    series : Series
    results : mapping of index to EnergyRegistration
        Of all energies.

    Yields
    ------
    (int, str)
        An index and words, for every energy that is tried again.

    Returns
    -------
    dict
        All energies, with their distance from the trend, and a flag where they leave it.

    Raises
    ------
    Aborted
    """
    found = dict(results)
    trends = _trends(series, found)
    suspects = [index for index in sorted(found) if _suspicion(series, found, index, trends)]
    for index in sorted(suspects, key=lambda e: -np.nan_to_num(_farthest(trends, e), nan=np.inf)):
        raise_if_aborted(series.abort)
        why = _suspicion(series, found, index, _trends(series, found))
        if not why:  # it was its neighbour that was wrong
            continue
        found[index], words = _again(series, found, index, why)
        yield index, words
    if series.parameters.smooth == "trend":
        found = _smooth(series, found)
    trends = _trends(series, found)
    return {index: replace(one, trend=_farthest(trends, index)) for index, one in found.items()}


def _bodies(series: Series) -> dict[int, tuple[Floats, float]]:
    """Give centre and radius of the whole (0) and of every particle."""
    out = {}
    voxels = series.reference.prepared.voxels
    if len(voxels):
        out[0] = (np.asarray(voxels.mean(axis=0), np.float64), _radius(voxels))
    for number, body in series.reference.bodies.items():
        out[number] = (body.center, _radius(body.voxels))
    return out


def _radius(voxels: Floats) -> float:
    return float(np.sqrt(3) * voxels.std(axis=0).max()) or 1.0


def _matrices(found: Results, number: int) -> Floats:
    return np.stack([found[e].matrix(number) for e in range(len(found))])


def _trends(series: Series, found: Results) -> dict[int, Trend]:
    """Give the trend of every particle, or of the whole where there are none."""
    bodies = _bodies(series)
    if series.reference.bodies:
        bodies.pop(0, None)
    return {n: trend_of(_matrices(found, n), series.times, *place) for n, place in bodies.items()}


def _farthest(trends: dict[int, Trend], index: int) -> float:
    known = [trend.distance[index] for trend in trends.values() if np.isfinite(trend.distance[index])]
    return float(max(known)) if known else float("nan")


def _suspicion(series: Series, found: Results, index: int, trends: dict[int, Trend]) -> str:
    """Say why an energy is suspect; empty where it is not."""
    if index == series.fixed_index:
        return ""
    one = found[index]
    if one.whole.status == "failed":
        return "it could not be registered"
    lost = [number for number, pair in one.particles.items() if pair.status == "failed"]
    if lost:
        return f"particle {lost[0]} was not found"
    jumped = [number for number, trend in trends.items() if trend.leaves(index)]
    if jumped:
        who = f"particle {jumped[0]}" if jumped[0] else "it"
        return f"{who} lies {trends[jumped[0]].distance[index]:.2f} voxel off the trend of the series"
    if _is_outlier(series, found, index):
        return "its masks agree much less than its neighbours' do"
    return ""


def _is_outlier(series: Series, found: Results, index: int) -> bool:
    """Whether the MSE stands out from those of the energies taken about the same time."""
    known = {e: one.measures.get("mse_registered", np.nan) for e, one in found.items() if e != series.fixed_index}
    values = {e: np.log(value) for e, value in known.items() if np.isfinite(value) and value > 0}
    if index not in values or len(values) < 6:
        return False
    near = sorted((e for e in values if e != index), key=lambda e: abs(series.times[e] - series.times[index]))[:6]
    usual = np.median([values[e] for e in near])
    steps = np.abs(np.diff([values[e] for e in sorted(values, key=lambda e: series.times[e])]))
    spread = max(float(np.median(steps)), 0.05)
    return bool(values[index] - usual > max(OUTLIER * spread, np.log(CLEARLY)))


def _again(
    series: Series, found: dict[int, EnergyRegistration], index: int, why: str
) -> tuple[EnergyRegistration, str]:
    """Register an energy from the trend, from its neighbours and from nowhere; keep what is better, and say so."""
    before = found[index]
    candidates = [before]
    for near, link in _other_starts(series, found, index):
        raise_if_aborted(series.abort)
        candidates.append(series.one(index, near, link))
    best = min(candidates, key=lambda one: _badness(one))
    if best is before or not _badness(best) < BETTER * _badness(before):
        tried = "; from other starts it ends no better." if len(candidates) > 1 else "."
        doubt = before.whole.reason or f"At this energy {why}{tried}"
        return replace(before, flag=doubt), doubt
    distance = _moved_by(series, before, best)
    now = found | {index: best}
    still = _suspicion(series, now, index, _trends(series, now))
    words = f"At this energy {why}; registered again from another start"
    words += f" it lies {distance:.2f} voxel elsewhere" if np.isfinite(distance) else " it was found"
    words += f", and still {still}." if still else "."
    return replace(best, flag=words), words


def _other_starts(
    series: Series, found: dict[int, EnergyRegistration], index: int
) -> list[tuple[EnergyRegistration | None, int | None]]:
    """Give the transforms that the trend predicts, those of the neighbours in time (and, in a chain, who they are), and none."""
    bodies = _bodies(series)
    predicted = {n: trend_of(_matrices(found, n), series.times, *place).predicted[index] for n, place in bodies.items()}
    starts: list[tuple[EnergyRegistration | None, int | None]] = []
    model = next((one for one in found.values() if one.whole.status != "failed"), None)
    if model is not None and 0 in predicted and np.isfinite(predicted[0]).all():
        particles = {n: _at(model.whole, m) for n, m in predicted.items() if n and np.isfinite(m).all()}
        starts.append((EnergyRegistration(_at(model.whole, predicted[0]), particles), None))
    by_time = sorted(found, key=lambda e: series.times[e])
    at = by_time.index(index)
    for other in (*by_time[max(0, at - 1) : at], *by_time[at + 1 : at + 2]):
        if found[other].whole.status != "failed":
            starts.append((found[other], other if series.parameters.reference == "chain" else None))
    starts.append((None, None))
    lost = [n for n, pair in found[index].particles.items() if pair.status == "failed"]
    if lost and found[index].whole.status != "failed":
        # to look again helps only from where what was lost is known
        return [(near, link) for near, link in starts if near is not None and _knows(near, lost)]
    return starts


def _knows(near: EnergyRegistration, lost: list[int]) -> bool:
    """Whether a start says where some of the particles are that were lost."""
    return any(n in near.particles and near.particles[n].status != "failed" for n in lost)


def _at(pair: PairRegistration, matrix: Floats) -> PairRegistration:
    return replace(pair, matrix=matrix, status="converged")


def _badness(one: EnergyRegistration) -> float:
    """What is to be as small as can be: the MSE as moved; infinite where a transform failed."""
    failed = one.whole.status == "failed" or any(pair.status == "failed" for pair in one.particles.values())
    value = one.measures.get("mse_registered", np.nan)
    return float("inf") if failed or not np.isfinite(value) else float(value)


def _moved_by(series: Series, before: EnergyRegistration, after: EnergyRegistration) -> float:
    distances = [
        apart(before.matrix(n), after.matrix(n), *place)
        for n, place in _bodies(series).items()
        if n == 0 or (n in before.particles and n in after.particles)
    ]
    return max(distances, default=float("nan"))


def _smooth(series: Series, found: dict[int, EnergyRegistration]) -> dict[int, EnergyRegistration]:
    """Replace every transform by that of the smooth series; the fixed energy stays as it is."""
    out = dict(found)
    for number, (center, radius) in _bodies(series).items():
        pairs = {e: one.whole if number == 0 else one.particles[number] for e, one in found.items()}
        errors = np.array([pairs[e].uncertainty for e in range(len(found))])
        matrices = smoothed(_matrices(found, number), series.times, center, radius, errors)
        for e in range(len(found)):
            if e == series.fixed_index or pairs[e].status == "failed":
                continue
            pair = replace(pairs[e], matrix=matrices[e])
            out[e] = (
                replace(out[e], whole=pair)
                if number == 0
                else replace(out[e], particles=out[e].particles | {number: pair})
            )
    for e in range(len(found)):
        raise_if_aborted(series.abort)
        out[e] = series.measured(out[e], series.mask(e))
    return out
