"""Several scans beside each other: one page with their particles' edge energies, and links to their own reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .page import put, rendered
from .tables import number

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 200
_COLUMNS = ("label", "voxels", "mean_eV", "median_eV", "std_eV", "fwhm_eV", "undefined")


@dataclass(frozen=True, slots=True, eq=False)
class ScanSeen:
    """What the page shows of one scan.

    Attributes
    ----------
    name : str
    report : str or None
        Where its own report is, from the page; None where there is none.
    said : str
        How far it came, or what went wrong.
    time : float or None
        Seconds since 1970 at which it was begun; None when unknown.
    particles : DataFrame or None
        With the columns of ``particles.csv``; None where the scan has no edge map.
    densities : DataFrame or None
        With the columns of ``densities.csv``.
    method : str
        Of the edge energies.
    windows : str
        In which the spectra were normalised, in words.
    warnings : int
        How many its report has.
    """

    name: str
    report: str | None
    said: str
    time: float | None = None
    particles: pd.DataFrame | None = None
    densities: pd.DataFrame | None = None
    method: str = ""
    windows: str = ""
    warnings: int = 0

    @property
    def mapped(self) -> bool:
        """Whether any particle has an edge energy."""
        return self.particles is not None and bool(np.isfinite(self.particles.get("mean_eV", np.nan)).any())

    def whole(self) -> tuple[float, float]:
        """Give mean and standard deviation of the edge energies of all particles' voxels together, eV; NaN without any."""
        if not self.mapped or self.particles is None:
            return np.nan, np.nan
        table = self.particles[np.isfinite(self.particles["mean_eV"])]
        count = table["voxels"].to_numpy(np.float64) * (1 - table["undefined"].to_numpy(np.float64))
        mean = table["mean_eV"].to_numpy(np.float64)
        within = np.nan_to_num(table["std_eV"].to_numpy(np.float64)) ** 2
        middle = float(np.sum(count * mean) / count.sum())
        squares = np.maximum(count - 1, 0) * within + count * (mean - middle) ** 2
        return middle, float(np.sqrt(squares.sum() / max(count.sum() - 1, 1)))

    @property
    def began(self) -> str:
        """When it was begun, in UTC; empty when unknown."""
        return "" if self.time is None else datetime.fromtimestamp(self.time, UTC).isoformat(timespec="seconds")


def write_batch_report(title: str, scans: list[ScanSeen], doubts: list[str], path: str | Path) -> Path:
    """Write the page that compares scans; it needs nothing else, and its links to the scans' reports lead from its folder.

    Parameters
    ----------
    title : str
    scans : list of ScanSeen
        In the order in which they are compared.
    doubts : list of str
        Why they may not be comparable, a sentence each.
    path : path
        Of the page; written whole or not at all.

    Raises
    ------
    ProjectError
        If the file cannot be written.
    """
    from .figures.batch import distributions_by_scan, edge_by_scan

    path = Path(path)
    rows = [row for scan in scans for row in _particle_rows(scan)]
    content: dict[str, Any] = {
        "title": title,
        "made": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        "doubts": doubts,
        "figures": [edge_by_scan(scans), distributions_by_scan(scans)],
        "scans": [_scan_row(scan) for scan in scans],
        "headings": ("scan", "particle", "voxels", "mean, eV", "median, eV", "std, eV", "FWHM, eV", "undefined"),
        "rows": rows[:_MOST_ROWS],
        "more": max(0, len(rows) - _MOST_ROWS),
    }
    put(path, rendered("batch.html", content))
    return path


def _scan_row(scan: ScanSeen) -> dict[str, Any]:
    mean, std = scan.whole()
    count = 0 if scan.particles is None else len(scan.particles)
    numbers = (number(mean, 2), number(std, 2), str(count))
    return {"scan": scan, "numbers": numbers, "began": scan.began or "–", "how": scan.method or "–"}


def _particle_rows(scan: ScanSeen) -> list[list[str]]:
    if scan.particles is None or "mean_eV" not in scan.particles:
        return []
    decimals = {"label": 0, "voxels": 0}
    return [
        [scan.name, *(number(float(row[name]), decimals.get(name, 2)) for name in _COLUMNS)]
        for row in scan.particles.to_dict("records")
    ]
