"""A scan in words: what was taken at which angles, when, how long, with how much beam; what is missing shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import Scan

_Numbers = npt.NDArray[np.floating]
_RUN = ("TOMO", "ENERGY", "MOSAIC", "MULTIEXPOSURE", "NEXPOSURES", "REFNEXPOSURES", "REFEVERYEXPOSURES")
EPOCH = 1e8
"""Seconds; times above it are those of a clock, counted from 1970, below it places in the order of acquisition."""


def scan_in_words(scan: Scan) -> dict[str, str]:
    """Give the facts about a scan by name, with units."""
    rows, columns = scan.projections[0].shape[1:]
    views = spread_of([len(p) for p in scan.projections])
    frames = [*scan.projections, *scan.flats, *scan.darks]
    facts = {
        "kind": scan.kind.replace("_", " "),
        "projections": f"{views} an energy, {rows} x {columns} pixels (row, column), {scan.projections[0].dtype}",
        "size": size_of(sum(f.nbytes for f in frames), max(p.nbytes for p in scan.projections)),
        "angles": _angles(scan.angles),
        "flats": f"{spread_of([len(f) for f in scan.flats])} an energy{_positions(scan)}",
        "darks": f"{spread_of([len(d) for d in scan.darks])} an energy",
        "pixel size": _pixel_size(scan),
        "exposure": _exposure(scan),
        "ring current": _current(scan),
    }
    if len(scan) > 1:
        facts["time"] = _time(scan)
    run = scan.metadata.get("run")
    if run:
        numbers = ", ".join(f"{name} {run[name]:g}" for name in _RUN if name in run)
        facts["run"] = f"{', '.join(run.get('files', []))}{': ' if numbers else ''}{numbers}"
    return facts


def span_of(values: Any, unit: str) -> str:
    """Give the least and the greatest of some numbers, NaN left out, or the one that they all are."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return "unknown"
    low, high = float(known.min()), float(known.max())
    return f"{low:.4g} {unit}" if np.isclose(low, high, rtol=1e-6) else f"{low:.5g} to {high:.5g} {unit}"


def size_of(whole: int, energy: int) -> str:
    """Give the bytes of all images or volumes, and of those of one energy, in a unit that suits them."""
    unit, factor = next((u, f) for u, f in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)) if whole >= f or u == "kB")
    return f"{whole / factor:.3g} {unit} in all, {energy / factor:.3g} {unit} an energy"


def spread_of(counts: Sequence[int]) -> str:
    """Give the least and the greatest of some counts."""
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _angles(angles: Sequence[_Numbers]) -> str:
    """Angles of the energy with most views, what they leave out, and how many energies have others."""
    theta = max(angles, key=len)
    others = sum(len(a) != len(theta) or not np.allclose(a, theta, atol=0.01) for a in angles)
    span = f"{theta[0]:.2f}°" if np.ptp(theta) < 0.005 else f"{theta.min():.2f} to {theta.max():.2f}°"
    words = span if len(theta) == 1 else f"{span}{_steps(theta)}"
    if others:
        words += f"; other angles at {others} of {len(angles)} energies"
    return words


def _steps(theta: _Numbers) -> str:
    once = np.unique(np.round(theta, 3))
    if len(once) < 2:
        return f", {len(theta)} times"
    steps = np.diff(once)
    step = float(np.median(steps))
    words = f", every {step:.4g}°"
    if len(once) < len(theta):
        words += f", {len(theta) - len(once)} of them again"
    gaps = np.flatnonzero(steps > 1.5 * step)
    if len(gaps):
        widest = int(np.argmax(steps))
        words += f", {len(gaps)} gap{'s' if len(gaps) > 1 else ''}, the widest of {steps[widest]:.4g}° after {once[widest]:.2f}°"
    half_turn = np.unique(np.round(once % 180.0, 3))  # views half a turn apart show the same
    wedge = float(np.max(np.diff(np.append(half_turn, half_turn[0] + 180.0)))) - step
    return words + (f", a wedge of {wedge:.4g}° is missing" if wedge > max(1.5 * step, 1.0) else "")


def _positions(scan: Scan) -> str:
    """Where the flats stand among the projections."""
    if not any(len(f) for f in scan.flats):
        return ""
    if scan.flat_positions is None:
        return ", when they were taken is unknown"
    ways = Counter(_places(at, len(p)) for at, p in zip(scan.flat_positions, scan.projections, strict=True) if len(at))
    (most, count), *rest = ways.most_common()
    return f": {most}" + (f" (at {count} energies; otherwise at {sum(n for _, n in rest)})" if rest else "")


def _places(at: npt.NDArray[np.int64], views: int) -> str:
    names = {0: "before the first projection", views: "after the last"}
    counts = Counter(at.tolist())
    return ", ".join(f"{n} {names.get(place, f'after {place} projections')}" for place, n in sorted(counts.items()))


def _pixel_size(scan: Scan) -> str:
    size = scan.pixel_size
    if size is None:
        return "unknown"
    words = span_of(size, "nm")
    if len(scan) == 1:
        return words
    if np.ptp(size) <= 1e-6 * size[0]:
        return f"{words} at all energies, so nominal unless the detector was moved"
    rule = size[-1] * scan.energies / scan.energies[-1]
    apart = float(np.max(np.abs(size / rule - 1)))
    return f"{words}, {'proportional' if apart < 1e-3 else f'up to {apart:.2%} from proportional'} to the energy"


def _exposure(scan: Scan) -> str:
    if scan.exposure is None and scan.flat_exposure is None:
        return "unknown"
    of_views = "unknown" if scan.exposure is None else span_of(scan.exposure, "s")
    of_flats = "unknown" if scan.flat_exposure is None else span_of(scan.flat_exposure, "s")
    return f"of projections {of_views}, of flats {of_flats}"


def _current(scan: Scan) -> str:
    if scan.current is None and scan.flat_current is None:
        return "unknown"
    of_views = "unknown" if scan.current is None else span_of(np.concatenate(scan.current), "mA")
    of_flats = "unknown" if scan.flat_current is None else span_of(np.concatenate(scan.flat_current), "mA")
    return f"of projections {of_views}, of flats {of_flats}"


def _time(scan: Scan) -> str:
    """Order of acquisition, and how long it took where the times are those of a clock."""
    if scan.time is None:
        return "unknown"
    steps = np.diff(scan.time)
    order = "from the lowest energy up" if np.all(steps > 0) else "from the highest energy down"
    if not (np.all(steps > 0) or np.all(steps < 0)):
        order = "in an order of its own"
    if scan.time.min() < EPOCH:
        return order
    seconds = float(np.ptp(scan.time))
    lasted = (
        f"{seconds / 3600:.1f} h"
        if seconds >= 3600
        else f"{seconds / 60:.1f} min"
        if seconds >= 60
        else f"{seconds:.0f} s"
    )
    return f"{order}, {lasted} from the first tomogram's start to the last one's"
