"""What a source or a project holds, in words: for ``spectrotomo info``, the Load panel, the report and the end of a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from scipy import ndimage as ndi

from ..data import EnergyStack, Scan
from ..io import ReadParameters, identify
from ..parameters import as_plain
from .describe_scan import scan_in_words, size_of, span_of
from .mending import damages
from .project import Project
from .recipe import STAGES
from .source import read_source


@dataclass(frozen=True, slots=True)
class Description:
    """Facts by name, and what is doubtful."""

    facts: dict[str, str]
    doubts: tuple[str, ...]


def describe(path: str | Path, read: ReadParameters | None = None, *, verify: bool = False) -> Description:
    """Say what lies at a path: a scan, a stack of volumes, or a project; of this, with `verify`, what is damaged on disk.

    Raises
    ------
    ReadError
        If nothing there can be read.
    """
    path = Path(os.path.expanduser(path))
    if (path / "run.json").exists():
        project = Project.open(path)
        facts = {"project": str(path), "source": str(project.source)} | {
            stage: project.state(stage) for stage in STAGES
        }
        damaged = damages(project) if verify else []
        if verify:
            facts["verified"] = f"{len(damaged)} damaged" if damaged else "all that is done is as it was written"
        return Description(facts, (*project.warnings(), *damaged))
    read = replace(read or ReadParameters(), on_bad_file="skip")
    kind = read.kind if read.kind != "auto" else identify(path, read.format)[0]
    found = read_source(path, read, kind)
    metadata = found.metadata
    skipped = (
        f"left out: {reason}" if str(reason).startswith(str(file)) else f"left out: {file}: {reason}"
        for file, reason in metadata.get("skipped", [])
    )
    return Description(in_words(found), (*metadata.get("doubts", []), *skipped))


def in_words(found: Scan | EnergyStack) -> dict[str, str]:
    """Give the facts about a scan or a stack, by name, with units."""
    facts = {
        "format": str(found.metadata.get("format", "")),
        "files": str(len(found.metadata.get("files", []))),
        "energies": energies_in_words(found.energies),
    }
    if isinstance(found, EnergyStack):
        size = "unknown" if found.voxel_size is None else " x ".join(f"{v:.4g}" for v in found.voxel_size) + " nm"
        return facts | {
            "volumes": " x ".join(map(str, found.shape)) + " voxels (z, y, x)",
            "size": size_of(found.data.nbytes, found.data.nbytes // len(found)),
            "voxel size": size,
            "attenuation": f"in {found.attenuation_unit}",
        }
    return facts | scan_in_words(found)


def numbers(project: Project) -> list[str]:
    """Give the numbers of a project as far as it goes, a line each."""
    lines = [f"{len(project.energies)} energies from {project.source}"]
    if project.state("register") == "done":
        quality = project.registration().quality.drop(index=project.fixed_index)
        raw, registered = quality["mse_raw"].mean(), quality["mse_registered"].mean()
        lines.append(f"mean MSE of masks to the fixed energy: raw {raw:.5f}, registered {registered:.5f}")
        failed = quality.loc[quality["status"] == "failed", "energy_eV"]
        if len(failed):
            lines.append("registration failed at " + ", ".join(f"{e:.2f} eV" for e in failed))
    if project.state("spectra") == "done" and not project.maps_edges:
        lines.append(f"{len(project.particles())} particles; {len(project.energies)} energies are too few for an edge")
    elif project.state("spectra") == "done":
        lines += _shift(project)
        for row in project.particles().itertuples():
            lines.append(
                f"particle {row.label}: {row.voxels} voxels, edge energy {row.median_eV:.2f} eV (median), FWHM {row.fwhm_eV:.2f} eV"
            )
    lines += _valence(project)
    lines += _composition(project)
    lines.append(f"project: {project.path}")
    if project.state("report") == "done":
        lines.append(f"report: {project.path / 'report.html'}")
    return lines


def _shift(project: Project) -> list[str]:
    """Say by how much the energies were shifted, and by what, if they were."""
    about = project.energy_shift()
    if not about["origin"]:
        return []
    within = f" ± {about['uncertainty_eV']:.2f}" if about["uncertainty_eV"] else ""
    return [f"energies shifted by {about['shift_eV']:+.2f}{within} eV: {about['origin']}"]


def valences(project: Project) -> list[tuple[int, float, float]]:
    """Give the particles' median valences where standards were named.

    Returns
    -------
    list of (int, float, float)
        The particle's number, the median of its voxels' valences, and how far the line through the standards lets it be off;
        NaN where unknown.
    """
    if not (project.state("spectra") == "done" and "valence" in project.record.stage("spectra")):
        return []
    found, labels = project.valence(), project.labels()
    inside = (labels > 0) & np.isfinite(found.valence)
    if not inside.any():
        return []
    owner, numbers = labels[inside], project.particles()["label"].to_numpy()
    medians, lines = (
        np.atleast_1d(ndi.median(values[inside], owner, numbers)) for values in (found.valence, found.line_error)
    )
    there = np.isin(numbers, owner)
    return [
        (int(number), float(middle), float(line))
        for number, middle, line in zip(numbers[there], medians[there], lines[there], strict=True)
    ]


def _valence(project: Project) -> list[str]:
    """Give the median valence of the particles with its error, a line each, where standards were named."""
    return [
        f"particle {label}: valence {middle:.2f} (median) ± {line:.2f} by the line".replace("nan", "?")
        for label, middle, line in valences(project)
    ]


def _composition(project: Project) -> list[str]:
    """Give the mean fractions of the particles, a line each, where references were fitted."""
    if project.recipe.composition.references is None or project.state("composition") != "done":
        return []
    lines = []
    for row in project.fractions().to_dict("records") if project.maps_edges else ():
        errors = {name: row.get(f"{name}_standard_error") for name in row}
        shares = [f"{name} {row[name]:.2f} ± {error:.2f}" for name, error in errors.items() if error is not None]
        lines.append(f"particle {row['label']}: {', '.join(shares)}".replace("nan", "?"))
    return lines


def energies_in_words(energies: npt.NDArray[np.floating]) -> str:
    """Say how many energies there are, from where to where, and how far apart."""
    if len(energies) == 1:
        return f"1: {energies[0]:.2f} eV"
    steps = np.diff(energies)
    return f"{len(energies)}, {energies[0]:.2f} to {energies[-1]:.2f} eV, {span_of(steps, 'eV')} apart"


def describe_parameters(name: str, cls: type) -> str:
    """Say what parameters a stage has: name, default, unit and meaning, one below the other."""
    defaults, lines = as_plain(cls()), [f"{name}:"]
    for field in fields(cls):
        unit = f" {field.metadata['unit']}" if field.metadata.get("unit") else ""
        default = (
            yaml.safe_dump(defaults[field.name], default_flow_style=True, width=1000).removesuffix("...\n").strip()
        )
        lines += [f"  {field.name}: {default}{unit}", f"      {field.metadata['doc']}"]
    return "\n".join(lines)
