"""Edge energies of several scans side by side: mean and spread of each, and the distribution of each particle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...data import FloatArray
from .canvas import FAINT, INK, LINE, PARTICLES, Figure, finished, legend, nothing_to_show, plot_axes, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..batch import ScanSeen

_LABELS = (
    "Particles are named by the labels they have in their own scan, the largest first: particle 1 of one scan need not be "
    "particle 1 of another."
)


def edge_by_scan(scans: list[ScanSeen]) -> Figure:
    """Mean and spread of the edge energies of every scan, against time where all clocks are known, with those of its particles."""
    shown = [scan for scan in scans if scan.mapped]
    figure = sheet(3.9)
    axes = plot_axes(figure.subplots(), "", "edge energy (eV)")
    if not shown:
        nothing_to_show(axes, "No scan has an edge map yet.")
        return finished(figure, alt="Nothing to show.", caption="No scan has an edge map yet.")
    place, clock = _places(shown)
    means, stds = np.array([scan.whole() for scan in shown]).T
    axes.errorbar(
        place,
        means,
        stds,
        color=INK,
        linewidth=1.4,
        marker="o",
        markersize=5,
        capsize=3,
        label="all particles",
        zorder=3,
    )
    step = float(np.min(np.diff(np.sort(place)))) if len(place) > 1 else 1.0
    for k, colour in enumerate(PARTICLES, 1):
        found = [(x, row) for x, scan in zip(place, shown, strict=True) if (row := _particle(scan, k)) is not None]
        if found:
            beside = [x + 0.06 * step * k for x, _ in found]
            axes.errorbar(
                beside, [m for _, (m, _) in found], [s for _, (_, s) in found], color=colour, linestyle="none", marker="s",
                markersize=3.5, capsize=2, linewidth=0.9, alpha=0.85, label=f"labelled {k}",
            )  # fmt: skip
    _name_places(axes, place, shown, clock)
    axes.ticklabel_format(axis="y", useOffset=False)
    legend(axes, loc="best", ncols=2)
    return finished(
        figure,
        alt="Mean edge energy of every scan with its spread, and of its particles.",
        caption="Mean and standard deviation of the edge energies of all voxels of a scan's particles, and of the voxels of each "
        f"of the {len(PARTICLES)} largest (the bars are the spread of voxels, not the error of a mean). {_LABELS}",
        well="a trend that is larger than what the same scan, measured twice, differs by.",
        amiss="steps where windows, energies or the calibration changed between scans: see the table below.",
    )


def distributions_by_scan(scans: list[ScanSeen]) -> Figure:
    """Kernel densities of the particles' edge energies, a column a scan."""
    shown = [scan for scan in scans if scan.mapped and scan.densities is not None and len(scan.densities)]
    if not shown:
        return Figure(caption="No scan has distributions of edge energies yet.")
    figure = sheet(4.2)
    axes = plot_axes(figure.subplots(), "", "edge energy (eV)")
    for at, scan in enumerate(shown):
        curves = _curves(scan)
        width = 0.8 / max(len(curves), 1)
        for n, (label, energy, density) in enumerate(curves):
            middle, reach = at - 0.4 + width * (n + 0.5), 0.46 * width * density / density.max()
            colour = PARTICLES[(label - 1) % len(PARTICLES)]
            axes.fill_betweenx(energy, middle - reach, middle + reach, color=colour, alpha=0.55, linewidth=0)
            if (row := _particle(scan, label)) is not None:
                axes.plot([middle - 0.3 * width, middle + 0.3 * width], [row[0]] * 2, color=INK, linewidth=1.2)
    for at in range(1, len(shown)):
        axes.axvline(at - 0.5, color=LINE, linewidth=0.8)
    _name_places(axes, np.arange(len(shown), dtype=float), shown, clock=False)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlim(-0.5, len(shown) - 0.5)
    return finished(
        figure,
        alt="Distributions of edge energies of the particles of every scan, side by side.",
        caption="Distribution of edge energies in the largest particles of every scan (kernel density, each as wide as its own "
        f"highest), with their means. {_LABELS}",
        well="whole distributions that move together; several humps mean several phases if they are regions of the map.",
        amiss="distributions that only widen: noise, or a registration that is worse than that of the other scans.",
    )


def _places(scans: list[ScanSeen]) -> tuple[FloatArray, bool]:
    """Give where scans stand: hours after the first where all times are known and differ, else their order."""
    times = np.array([np.nan if scan.time is None else scan.time for scan in scans])
    if len(scans) > 1 and np.isfinite(times).all() and len(set(times.tolist())) == len(times):
        return (times - times.min()) / 3600, True
    return np.arange(len(scans), dtype=np.float64), False


def _name_places(axes: Axes, place: FloatArray, scans: list[ScanSeen], clock: bool) -> None:
    if clock:
        axes.set_xlabel("hours after the first scan began", fontsize=9.5, color=INK)
        return
    names = [_short(scan.name) for scan in scans]
    crowded = sum(map(len, names)) > 90
    turned = (40.0, "right") if crowded else (0.0, "center")
    axes.set_xticks(place, names, color=FAINT, parse_math=False, rotation=turned[0], ha=turned[1])


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"


def _particle(scan: ScanSeen, label: int) -> tuple[float, float] | None:
    """Give mean and standard deviation of a particle, if it has an edge energy."""
    if scan.particles is None:
        return None
    row = scan.particles[scan.particles["label"] == label]
    if row.empty or not np.isfinite(row["mean_eV"].iloc[0]):
        return None
    return float(row["mean_eV"].iloc[0]), float(np.nan_to_num(row["std_eV"].iloc[0]))


def _curves(scan: ScanSeen) -> list[tuple[int, FloatArray, FloatArray]]:
    """Give the densities of the largest particles that have one, each where it is not next to nothing."""
    if scan.densities is None:
        return []
    energy, curves = scan.densities["energy_eV"].to_numpy(np.float64), []
    for label in range(1, len(PARTICLES) + 1):
        name = f"particle_{label}"
        density = np.nan_to_num(scan.densities[name].to_numpy(np.float64)) if name in scan.densities else np.zeros(1)
        if density.max() > 0:
            seen = density > 0.005 * density.max()
            curves.append((label, energy[seen], density[seen]))
    return curves
