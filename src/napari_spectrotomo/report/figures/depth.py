"""Edge energies against depth below the particles' surfaces, and particles compared."""

from __future__ import annotations

import numpy as np

from ..data import ReportData
from .canvas import PARTICLES, Figure, finished, legend, plot_axes, sheet


def depth_profiles(data: ReportData) -> list[Figure]:
    """Mean edge energy of each particle against depth, with its standard error and the band of its voxels."""
    table = data.chemistry.profiles
    if table is None or table.empty or not table["mean_eV"].notna().any():
        return []
    depth = "depth_nm" if "depth_nm" in table and table["depth_nm"].notna().any() else "depth_voxel"
    figure = sheet(3.5)
    axes = plot_axes(figure.subplots(), _depth_name(depth), "edge energy (eV)")
    shown = [int(k) for k in data.particles["label"] if k in set(table["label"])][: len(PARTICLES)]
    for label, colour in zip(shown, PARTICLES, strict=False):
        own = table[table["label"] == label].sort_values(depth)
        x = own[depth].to_numpy(np.float64)
        axes.fill_between(x, own["low_eV"], own["high_eV"], color=colour, alpha=0.13, linewidth=0)
        axes.errorbar(
            x,
            own["mean_eV"],
            own["standard_error_eV"],
            color=colour,
            linewidth=1.6,
            marker="o",
            markersize=3,
            capsize=2,
            label=f"particle {label}",
        )
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlim(left=0)
    legend(axes, loc="best")
    more = len(set(table["label"])) - len(shown)
    return [
        finished(
            figure,
            alt="Edge energy of each particle against depth below its surface, with error bars and bands.",
            caption="Edge energy against depth below the nearest surface, cracks included: mean with its standard error, which "
            f"respects that neighbours are alike, and the band that holds 68 % of the voxels.{_more(more, 'profiles.csv')}",
            well="profiles that are flat, or change by more than their error bars where reactions begin at surfaces.",
            amiss="a jump in the outermost voxel or two: there the surface itself is blurred, or is not registered well.",
        )
    ]


def comparisons(data: ReportData) -> list[Figure]:
    """Say how the largest particles differ, in words."""
    table = data.chemistry.comparisons
    if table is None or table.empty or "sentence" not in table:
        return []
    sentences = [str(s) for s in table["sentence"].dropna()][:3]
    more = len(table) - len(sentences)
    return [Figure(caption=" ".join(sentences) + _more(more, "comparisons.csv"))] if sentences else []


def _depth_name(column: str) -> str:
    return "depth below the surface (nm)" if column == "depth_nm" else "depth below the surface (voxel)"


def _more(count: int, file: str) -> str:
    return f" {count} more in {file}." if count > 0 else ""
