"""The table and the page that compare the scans of a batch, made from what their projects hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from ..data import Scan
from ..errors import ProjectError
from ..io.spectrum_text import as_cell
from ..report import ScanSeen, write_batch_report
from .describe_scan import EPOCH
from .project import Project
from .tables import write_table

if TYPE_CHECKING:
    import pandas as pd

_APART = 0.5
"""eV by which windows may differ between scans before it is said: edge energies move by tenths of it."""


def write_comparison(folder: Path, scans: Sequence[tuple[str, Path, str]]) -> tuple[Path, ...]:
    """Write ``batch.csv`` and ``batch.html`` into a folder.

    Parameters
    ----------
    folder : path
    scans : sequence of (name, project folder, what went wrong)

    Returns
    -------
    tuple of Path
        What was written: nothing, and files of before taken away, where no scan has particles.

    Raises
    ------
    ProjectError
        If the folder cannot be written.
    """
    table, page = folder / "batch.csv", folder / "batch.html"
    maps = {name: about for name, project, _ in scans if (about := _map_of(project))}
    seen = [_seen(name, project, said) for name, project, said in scans]
    rows = _rows(seen)
    try:
        if rows is None:
            table.unlink(missing_ok=True)
            page.unlink(missing_ok=True)
            return ()
        write_table(table, rows)
    except OSError as error:
        raise ProjectError(f"{table} cannot be written: {error.strerror or error}.") from error
    failed = [f"{name} failed: {said}" for name, _, said in scans if said]
    return table, write_batch_report(folder.name, seen, [*failed, *_doubts(maps)], page)


def _rows(scans: list[ScanSeen]) -> pd.DataFrame | None:
    """Give a row a particle a scan: the scan's name and time before the columns of ``particles.csv``; None without any."""
    import pandas as pd

    tables = [
        scan.particles.assign(scan=as_cell(scan.name), time=scan.began) for scan in scans if scan.particles is not None
    ]
    if not tables:
        return None
    together = pd.concat(tables, ignore_index=True)
    return together[["scan", "time", *(name for name in together.columns if name not in ("scan", "time"))]]


def _seen(name: str, folder: Path, said: str) -> ScanSeen:
    """Look at one project; of one whose map is not up to date nothing is compared."""
    try:
        project = Project.open(folder)
        state = project.state("spectra")
    except ProjectError:
        return ScanSeen(name, None, said or "there is no project")
    report = f"{quote(name)}/report.html" if (folder / "report.html").exists() else None
    about = _map_of(folder)
    if state != "done" or said:
        return ScanSeen(name, report, said or "has no edge map yet", _time(project), warnings=len(project.warnings()))
    return ScanSeen(
        name,
        report,
        "done",
        time=_time(project),
        particles=project.particles(),
        densities=project.densities() if (folder / "densities.csv").exists() else None,
        method=str(about.get("method", "")),
        windows=_in_words(about),
        warnings=len(project.warnings()),
    )


def _map_of(folder: Path) -> dict[str, Any]:
    """Give what the record keeps of a project's map; empty where there is none up to date."""
    try:
        project = Project.open(folder)
    except ProjectError:
        return {}
    return dict(project.record.stage("spectra").get("edge_map", {})) if project.state("spectra") == "done" else {}


def _time(project: Project) -> float | None:
    """Give the second at which the scan's first tomogram was begun, where its files tell the time of a clock."""
    found = project.input() if project.has_source else None
    times = found.time if isinstance(found, Scan) else None
    if times is None or not np.isfinite(times).all() or times.min() < EPOCH:
        return None
    return float(times.min())


def _in_words(about: dict[str, Any]) -> str:
    windows = about.get("windows", {})
    if not {"pre", "post", "e0"} <= windows.keys():
        return ""
    pre, post = ("{:.0f} to {:.0f}".format(*windows[name]) for name in ("pre", "post"))
    return f"{pre}, {post} eV about e0 {windows['e0']:.1f} eV"


def _doubts(maps: dict[str, dict[str, Any]]) -> list[str]:
    """Say why the edge energies of scans may differ though the samples do not."""
    found = []
    for what, of in (
        ("were read by different methods", lambda m: m.get("method")),
        ("were averaged differently", lambda m: m.get("averaged")),
        ("come from post-edge curves of different order", lambda m: m.get("windows", {}).get("nnorm")),
    ):
        values = {name: of(about) for name, about in maps.items()}
        if len(set(map(str, values.values()))) > 1:
            said = "; ".join(f"{name}: {value or 'no'}" for name, value in values.items())
            found.append(f"Edge energies {what} ({said}): they are not comparable.")
    ends = {name: _ends(about) for name, about in maps.items() if _in_words(about)}
    if ends and float(np.ptp(np.array(list(ends.values())), axis=0).max()) > _APART:
        found.append(
            f"The windows of normalisation differ by more than {_APART} eV between scans (see the table): that alone moves edge "
            "energies by up to 0.4 eV. Give spectra.e0, spectra.pre and spectra.post for all."
        )
    shifts = {name: float(about.get("energy_shift", {}).get("shift_eV", 0.0)) for name, about in maps.items()}
    origins = {bool(about.get("energy_shift", {}).get("origin")) for about in maps.values()}
    if len(origins) > 1:
        said = "; ".join(f"{name}: {shift:+.2f} eV" for name, shift in shifts.items())
        found.append(
            f"Energies were corrected in some scans only ({said}): differences may be those of the monochromator."
        )
    return found


def _ends(about: dict[str, Any]) -> list[float]:
    windows = about["windows"]
    return [float(windows["e0"]), *map(float, windows["pre"]), *map(float, windows["post"])]
