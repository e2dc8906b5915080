"""The words and numbers of the page: headline figures, facts about the scan, the particle table, parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from .chemistry_facts import chemistry_facts
from .data import ReportData

_MOST_ROWS, _MOST_CARDS = 40, 3
_HEADINGS = {
    "label": "particle",
    "voxels": "voxels",
    "volume_um3": "volume, µm³",
    "area_um2": "area, µm²",
    "mean_eV": "mean, eV",
    "median_eV": "median, eV",
    "std_eV": "std, eV",
    "fwhm_eV": "FWHM, eV",
    "skewness": "skewness",
    "heterogeneity_eV": "beyond error, eV",
    "error_eV": "error, eV",
    "undefined": "undefined",
}
_DECIMALS = {"label": 0, "voxels": 0, "mean_eV": 2, "median_eV": 2, "std_eV": 2, "fwhm_eV": 2, "skewness": 2}
_DECIMALS |= {"heterogeneity_eV": 2, "error_eV": 2, "undefined": 2}


def number(value: float, decimals: int | None = None) -> str:
    """Write a number for a reader: a dash when it is not one, three digits when no number of decimals is given."""
    if not np.isfinite(value):
        return "–"
    if decimals is None:
        return f"{value:.3g}"
    return f"{value:,.0f}" if decimals == 0 else f"{value:.{decimals}f}"


def headlines(data: ReportData) -> list[tuple[str, str, str]]:
    """Give the few numbers that matter most, each as (name, number, remark)."""
    moving = (np.arange(len(data.energies)) != data.fixed) & ~data.failed
    raw, registered = (_mean(data.quality(f"mse_{kind}")[moving]) for kind in ("raw", "registered"))
    gain = f"{raw / registered:.1f} times lower" if np.isfinite(raw) and registered > 0 else ""
    shown = [("mean squared error of masks", f"{number(raw)} → {number(registered)}", gain)]
    shown.append(("particles found", str(len(data.particles)), ""))
    if not data.has_edges:
        before, after = (_mean(data.quality(f"dice_{kind}")[moving]) for kind in ("raw", "registered"))
        return [*shown, ("Dice overlap of masks", f"{number(before)} → {number(after)}", "")]
    for row in data.particles.head(_MOST_CARDS).to_dict("records"):
        spread = number(float(row.get("fwhm_eV", np.nan)), 2)
        remark = "median" if spread == "–" else f"median; {spread} eV wide"
        median = number(float(row.get("median_eV", np.nan)), 2)
        shown.append(
            (f"edge energy, particle {row.get('label', '–')}", f"{median} eV" if median != "–" else median, remark)
        )
    if (more := len(data.particles) - _MOST_CARDS) > 0:
        shown[1] = (*shown[1][:2], f"{more} more than shown here")
    return shown


def facts(data: ReportData) -> dict[str, str]:
    """Give facts about the scan by name: what was handed over, completed by what the arrays say."""
    low, high = data.energies[0], data.energies[-1]
    own = {
        "Energies": f"{len(data.energies)}, {low:g} to {high:g} eV",
        "Fixed energy": f"{data.energies[data.fixed]:g} eV",
        "Volumes": " x ".join(str(n) for n in data.labels.shape) + " voxels (z, y, x)",
        "Voxel size": _voxel_size(data),
    }
    if data.planar:
        own["Images"] = " x ".join(str(n) for n in data.labels.shape[1:]) + " pixels (row, column)"
        del own["Volumes"], own["Voxel size"]
    if data.has_edges:
        own["Edge energy by"] = f"{data.edge_map.method}, e₀ = {number(data.edge_map.e0, 1)} eV"
        own["Pre-edge, post-edge"] = _windows(data.edge_map.windows)
        own |= chemistry_facts(data)
    spectra = data.parameters.get("spectra", {})
    if spectra.get("element"):
        own = {"Element": f"{spectra['element']} {spectra.get('edge', 'K')} edge"} | own
    known = {name.lower() for name in data.summary}
    return {
        **{name[:1].upper() + name[1:]: text for name, text in data.summary.items()},
        **{name: value for name, value in own.items() if name.lower() not in known},
    }


def particle_table(data: ReportData) -> dict[str, Any]:
    """Give headings, rows as text, and how many rows were left out."""
    columns = [c for c in data.particles.columns if c in _HEADINGS]
    if data.planar:  # of which there are no volumes, and maybe no edge energies
        columns = [c for c in columns if data.particles[c].notna().any()]
    rows = [
        [_cell(c, value) for c, value in zip(columns, row, strict=True)]
        for row in data.particles[columns].head(_MOST_ROWS).itertuples(index=False)
    ]
    headings = [_HEADINGS[c] if c != "voxels" or not data.planar else "pixels" for c in columns]
    return {"headings": headings, "rows": rows, "more": max(len(data.particles) - _MOST_ROWS, 0)}


def parameter_rows(parameters: dict[str, dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Give the parameters of each stage as (name, value) in words."""
    return {
        stage: [(name.replace("_", " "), _plain(value)) for name, value in values.items()]
        for stage, values in parameters.items()
    }


def registration_notes(data: ReportData) -> list[str]:
    """Say which energies have no transform and which became worse by registration."""
    notes = []
    failed = data.energies[data.failed]
    if failed.size:
        notes.append(f"No transform was found for {_energies(failed)}: the registered volumes there are empty.")
    with np.errstate(invalid="ignore"):
        worse = data.quality("mse_registered") > 1.02 * data.quality("mse_raw")
    worse[data.fixed] = False
    if worse.any():
        notes.append(
            f"Registration raised the mean squared error at {_energies(data.energies[worse])}: look at their "
            "binarization."
        )
    return notes


def _energies(values: Any) -> str:
    listed = ", ".join(f"{v:g}" for v in values[:12])
    return f"{listed}{' and more' if len(values) > 12 else ''} eV"


def _voxel_size(data: ReportData) -> str:
    if data.voxel_size is None:
        return "unknown: lengths are in voxels"
    sizes = np.round(np.asarray(data.voxel_size, np.float64), 2)
    return f"{sizes[0]:g} nm" if np.ptp(sizes) == 0 else " x ".join(f"{s:g}" for s in sizes) + " nm (z, y, x)"


def _windows(windows: dict[str, Any]) -> str:
    """Write the windows of the background lines: first and last energy used of each."""
    if not {"pre", "post"} <= windows.keys():
        return "–"
    pre, post = ("{:g} to {:g}".format(*windows[name]) for name in ("pre", "post"))
    return f"{pre}, {post} eV; post-edge of order {windows.get('nnorm', '–')}"


def _cell(column: str, value: Any) -> str:
    return number(float(value), _DECIMALS.get(column))


def _mean(values: Any) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _plain(value: Any) -> str:
    if value is None or value in ("", [], ()):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(f"({_plain(v)})" if isinstance(v, list | tuple | dict) else _plain(v) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_plain(v)}" for k, v in value.items())
    return str(value)
