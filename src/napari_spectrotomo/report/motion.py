"""How particles moved: shift and turn of each against energy, and what is doubtful about their registration, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .data import ReportData

Floats = npt.NDArray[np.float64]
AXES = ("z", "y", "x")
_MOST_ROWS = 40
_AT_ENERGY = re.compile(r"^Registration at ([\d.]+) eV: (.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How one particle, or the whole, lies at every energy beside how it lies at the fixed one.

    Attributes
    ----------
    number : int
        Of the particle; 0 for the whole.
    shift : (E, 3) float64, voxels
        Of its centre.
    turn : (E, 3) float64, degrees
        Its rotation, as a vector along the axis.
    """

    number: int
    shift: Floats
    turn: Floats

    @property
    def name(self) -> str:
        """What it is called."""
        return f"particle {self.number}" if self.number else "the whole"

    @property
    def largest_turn(self) -> str:
        """Its largest turn in words, with the axis it is mostly about."""
        angles = np.linalg.norm(self.turn, axis=1)
        if not np.isfinite(angles).any():
            return "–"
        at = int(np.nanargmax(angles))
        if angles[at] < 0.05:
            return "none"
        return f"{angles[at]:.1f}° about {AXES[int(np.argmax(np.abs(self.turn[at])))]}"

    @property
    def largest_shift(self) -> float:
        """Its largest shift, in voxels."""
        lengths = np.linalg.norm(self.shift, axis=1)
        return float(np.nanmax(lengths)) if np.isfinite(lengths).any() else np.nan


def motions(data: ReportData) -> list[Motion]:
    """Give the motion of every particle, or of the whole where one transform serves all."""
    by_particle = data.registration.particle_matrices or {}
    if not by_particle:
        return [_motion(0, data.registration.matrices, _centre(data.labels > 0), data.spacing)]
    from scipy.ndimage import find_objects

    boxes = find_objects(data.labels, max_label=max(by_particle))
    every = []
    for number, matrices in sorted(by_particle.items()):
        box = boxes[number - 1] or tuple(slice(0, n) for n in data.labels.shape)
        centre = _centre(data.labels[box] == number) + [part.start for part in box]
        every.append(_motion(number, matrices, centre, data.spacing))
    return every


def particle_rows(data: ReportData) -> dict[str, Any]:
    """Give headings, rows as text, and how many rows were left out: a row a particle, on its registration."""
    table = data.registration.particle_quality
    if not data.registration.particle_matrices or table is None:
        return {"headings": [], "rows": [], "more": 0}
    moving = np.arange(len(data.energies)) != data.fixed
    rows = []
    for motion in motions(data):
        own = table[table["particle"] == motion.number][moving]
        flagged = int(((own["flag"] != "") | (own["status"] == "failed")).sum())
        rows.append(
            [
                str(motion.number),
                _number(own["uncertainty"], 3),
                f"{100 * own['refined'].astype(float).mean():.0f} %",
                " → ".join(_number(own[f"mse_{stage}"], 4) for stage in ("raw", "global", "registered")),
                " → ".join(_number(own[f"surface_mean_{stage}"], 2) for stage in ("raw", "global", "registered")),
                f"{motion.largest_shift:.2f}",
                motion.largest_turn,
                str(flagged) if flagged else "none",
            ]
        )
    headings = [
        "particle",
        "error",
        "refined",
        "MSE raw → global → own",
        "surface raw → global → own",
        "shift",
        "turn",
        "flagged",
    ]
    return {"headings": headings, "rows": rows[:_MOST_ROWS], "more": max(len(rows) - _MOST_ROWS, 0)}


def flags(data: ReportData) -> list[str]:
    """Say what is doubtful about single energies, whole or by particle: each thing once, with its energies."""
    said: dict[str, list[float]] = {}
    tables = [data.registration.quality, data.registration.particle_quality]
    for table in tables:
        if table is None or "flag" not in table:
            continue
        for row in table.to_dict("records"):
            if row["flag"] and not any(row["flag"] in words for words, at in said.items() if row["energy_eV"] in at):
                said.setdefault(str(row["flag"]), []).append(float(row["energy_eV"]))
    return [f"{_energies(at)}: {words}" for words, at in said.items()]


def grouped(warnings: list[str]) -> list[str]:
    """Say once what was warned of at several energies, with all of them, where it was said first."""
    at: dict[str, list[float]] = {}
    order: list[tuple[str, bool]] = []
    for sentence in warnings:
        match = _AT_ENERGY.match(sentence)
        key = match[2] if match else sentence
        if (key, bool(match)) not in order:
            order.append((key, bool(match)))
        if match:
            at.setdefault(key, []).append(float(match[1]))
    return [f"Registration at {_energies(at[key])}: {key}" if of_energies else key for key, of_energies in order]


def _motion(number: int, matrices: Floats, centre: Floats, spacing: Floats) -> Motion:
    shift = matrices[:, :3, :3] @ centre + matrices[:, :3, 3] - centre
    linear = matrices[:, :3, :3] * spacing[:, None] / spacing
    return Motion(number, shift, np.stack([_turn(one) for one in linear]))


def _turn(linear: Floats) -> Floats:
    """Give the rotation next to a linear map (its polar factor; Higham, SIAM J. Sci. Stat. Comput. 7, 1160, 1986)."""
    if not np.isfinite(linear).all():
        return np.full(3, np.nan)
    from scipy.spatial.transform import Rotation

    left, _, right = np.linalg.svd(linear)
    nearest = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return np.asarray(np.degrees(Rotation.from_matrix(nearest).as_rotvec()))


def _centre(sample: npt.NDArray[np.bool_]) -> Floats:
    """Give the centre of mass of voxels, from their counts along each axis; the middle of the volume where there are none."""
    total = np.count_nonzero(sample)
    if not total:
        return (np.array(sample.shape, np.float64) - 1) / 2
    counts = (sample.sum(axis=tuple(b for b in range(3) if b != a)) for a in range(3))
    return np.array([float(np.arange(len(c)) @ c) / total for c in counts])


def _number(values: Any, decimals: int) -> str:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return f"{known.mean():.{decimals}f}" if known.size else "–"


def _energies(values: list[float]) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:12])
    return f"{shown}{f' and {len(values) - 12} more' if len(values) > 12 else ''} eV"
