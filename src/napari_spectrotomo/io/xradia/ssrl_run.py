"""What SSRL 6-2c writes beside its images: ``ScanInfo_*.txt`` (kind of scan, files in order) and the run script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ...errors import ReadError
from ..found import Found
from ..names import natural
from ..reconcile import ENERGY_TOLERANCE, NAME_ANGLE_TOLERANCE, known
from ..series import Image
from ..text import text_of


@dataclass(frozen=True, slots=True)
class Collected:
    """How one image was taken, as the run script has it; NaN where it does not say."""

    energy: float
    angle: float
    exposure: float


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was planned.

    Attributes
    ----------
    info : dict
        ScanInfo's numbers by name: TOMO, ENERGY, MOSAIC, MULTIEXPOSURE, REFEVERYEXPOSURES, NEXPOSURES…
    files : tuple of str
        Names of images in order of acquisition.
    collected : dict of name to Collected
        What the script says of each image.
    energies : tuple of float, eV
        The script's ``sete`` lines, each energy once.
    names : tuple of str
        The text files this is from.
    """

    info: dict[str, float] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    collected: dict[str, Collected] = field(default_factory=dict)
    energies: tuple[float, ...] = ()
    names: tuple[str, ...] = ()

    def completed(self, images: Sequence[Image], found: Found) -> tuple[list[Image], Mapping[str, int]]:
        """Give images what the script knows of them and their files do not, and their places in the order of acquisition.

        What does not fit is added to `found.doubts`; ScanInfo's numbers go to ``metadata['run']``.

        Raises
        ------
        ReadError
            If an image's energy differs from the script's by more than 0.5 eV; names both.
        """
        filled = []
        for image in images:
            try:
                filled.append(self._filled(image, found))
            except ReadError as error:
                found.bad(image.path, error)
        found.more["run"] = {"files": list(self.names), **self.info}
        here = {i.path.name for i in images} | {Path(name).name for name, _ in found.skipped}
        found.doubts += self._doubts(filled, here)
        return filled, {name: i for i, name in enumerate(self.files)}

    def _filled(self, image: Image, found: Found) -> Image:
        plan = self.collected.get(image.path.name)
        if plan is None:
            return image
        energy = image.energy
        if known(plan.energy) and known(energy) and abs(energy - plan.energy) > ENERGY_TOLERANCE:
            if "energies" not in found.override:
                raise ReadError(
                    f"{image.path}: the file or its name says {energy:g} eV and the run script {plan.energy:g} eV: "
                    "mend the script, or give energies=… with override=('energies',)."
                )
        elif not known(energy):
            energy = plan.energy
        exposure = image.exposure if np.isfinite(image.exposure) else plan.exposure
        angles = image.angles
        if image.role == "projections" and len(angles) == 1 and np.isfinite(plan.angle):
            missing = not np.isfinite(angles[0]) or (angles[0] == 0 and abs(plan.angle) > NAME_ANGLE_TOLERANCE)
            angles = (plan.angle,) if missing else angles
        return replace(image, energy=energy, exposure=exposure, angles=angles)

    def _doubts(self, images: Sequence[Image], here: set[str]) -> list[str]:
        doubts = []
        missing = [name for name in self.files if name not in here]
        if missing and len(missing) == len(self.files):
            doubts.append(
                f"{self.names[0]} lists {len(missing)} files under other names than those here: it says nothing of their order."
            )
        elif missing:
            doubts.append(f"{self.names[0]} lists {len(missing)} files that are not here ({missing[0]}, …).")
        turns = [
            abs(i.angles[0] - self.collected[i.path.name].angle)
            for i in images
            if i.role == "projections" and i.path.name in self.collected
        ]
        apart = [turn for turn in turns if turn > NAME_ANGLE_TOLERANCE]
        if apart:
            doubts.append(
                f"{len(apart)} images were taken up to {max(apart):.2g}° from where the run script sends them; "
                "the files' own angles are used."
            )
        doubts += self._energy_doubts(images)
        if self.info.get("MOSAIC", 0) > 0:
            doubts.append(
                "ScanInfo says that the run is a mosaic: its fields of view are files of their own, and not joined."
            )
        views = {
            e: len({i.angles for i in images if i.energy == e and i.role == "projections"}) for e in _energies(images)
        }
        if "TOMO" in self.info and self.info["TOMO"] == 0 and max(views.values(), default=0) > 1:
            doubts.append("ScanInfo says that the run is no tomography, and there are views at several angles.")
        if self.info.get("TOMO", 0) > 0 and max(views.values(), default=2) == 1:
            doubts.append("ScanInfo says that the run is a tomography, and all views of an energy are at one angle.")
        return doubts

    def _energy_doubts(self, images: Sequence[Image]) -> list[str]:
        taken = _energies(images)
        if not self.energies or not taken:
            return []
        absent = [e for e in self.energies if min(abs(e - t) for t in taken) > ENERGY_TOLERANCE]
        stray = [t for t in taken if min(abs(e - t) for e in self.energies) > ENERGY_TOLERANCE]
        doubts = []
        if absent:
            doubts.append(
                f"The run script goes to {len(self.energies)} energies, and {len(absent)} of them are not here ({_some(absent)})."
            )
        if stray:
            doubts.append(f"There are images at energies that the run script does not go to ({_some(stray)}).")
        return doubts


def _energies(images: Sequence[Image]) -> list[float]:
    return sorted({i.energy for i in images if np.isfinite(i.energy)})


def _some(energies: Sequence[float]) -> str:
    return ", ".join(f"{e:g}" for e in energies[:3]) + (", …" if len(energies) > 3 else "") + " eV"


def run_in(folder: Path) -> Run | None:
    """Read the ScanInfo files and run scripts of a folder; None where there are none."""
    run = Run()
    for path in sorted(folder.glob("*.txt"), key=natural):
        try:
            lines = [line.strip() for line in text_of(path).splitlines()]
        except ReadError:  # too long for a script, a folder, or not ours to read: none that says anything of a run
            continue
        if path.name.startswith("ScanInfo") and "FILES" in lines:
            at = lines.index("FILES")
            files = tuple(line for line in lines[at + 1 :] if line)
            run = replace(
                run, info=run.info | _numbers(lines[:at]), files=run.files + files, names=(path.name, *run.names)
            )
        elif any(re.match(r"(sete|collect)\s", line) for line in lines):
            collected, energies = _script(lines)
            both = tuple(dict.fromkeys((*run.energies, *energies)))
            run = replace(run, collected=run.collected | collected, energies=both, names=(*run.names, path.name))
    if run.names and not run.files:
        run = replace(run, files=tuple(run.collected))
    return run if run.names else None


def _numbers(lines: Sequence[str]) -> dict[str, float]:
    found = {}
    for line in lines:
        if match := re.fullmatch(r"([A-Z0-9]+)\s+(-?\d{1,15}(?:\.\d*)?)", line):
            found[match.group(1).replace("REF4EVERY", "REFEVERY")] = float(match.group(2))
    return found


def _script(lines: Sequence[str]) -> tuple[dict[str, Collected], tuple[float, ...]]:
    """Follow a script: what energy (``sete``), angle (``moveto t``) and exposure (``setexp``) stood when it collected."""
    energy = angle = exposure = np.nan
    collected: dict[str, Collected] = {}
    energies: dict[float, None] = {}
    for line in lines:
        words = line.split()
        if len(words) < 2:
            continue
        value = _number(words[-1])
        if words[0] == "sete" and known(value):
            energy = value
            energies[energy] = None
        elif words[0] == "setexp":
            exposure = value
        elif words[:2] == ["moveto", "t"]:
            angle = value
        elif words[0] == "collect":
            collected[Path(words[1]).name] = Collected(energy, angle, exposure)
    return collected, tuple(energies)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
