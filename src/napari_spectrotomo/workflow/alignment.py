"""Where the views of every energy see the sample from: rotation axis, tilt, shifts of single views (``alignment.json``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..atomic import read_json, write_json
from ..data import FloatArray
from ..errors import ProjectError

CONVENTION = (
    "centers: column of the rotation axis in the middle row of the projections as corrected; tilt: the axis' column grows by "
    "tan(tilt) a row; shifts: (row, column) in pixels by which a view's image lies displaced, in order of the views"
)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Geometry of the views of every energy.

    Attributes
    ----------
    energies : (E,) float64, eV
    centers : (E,) float64
        Column of the rotation axis in the middle row.
    tilt : float
        Of the axis in the plane of the detector, degrees.
    shifts : tuple of (A_e, 2) float64 arrays or None, one an energy
        (row, column) in pixels; None where the views are used as they are.
    found : dict
        What was measured at each energy, as plain values, by the energy's name in eV.
    """

    energies: FloatArray
    centers: FloatArray
    tilt: float
    shifts: tuple[FloatArray | None, ...]
    found: dict[str, Any]

    @property
    def methods(self) -> dict[str, FloatArray]:
        """Column of the axis by each method, (E,); NaN where one did not apply or the axis was given."""
        every = [self._of("axis", e, "methods") or {} for e in self.energies]
        names = dict.fromkeys(name for found in every for name in found)
        return {name: _numbers([found.get(name) for found in every]) for name in names}

    def of_axis(self, name: str) -> FloatArray:
        """A number of the vote on the axis at every energy, (E,), by its name in `AxisEstimate`; NaN where it is not known."""
        return _numbers([self._of("axis", e, name) for e in self.energies])

    @property
    def elsewhere(self) -> npt.NDArray[np.bool_]:
        """Energies whose vote is not what was settled: beyond four standard deviations and a tenth of a pixel."""
        away = np.abs(self.of_axis("center") - self.centers)
        return np.asarray(away > np.maximum(4 * np.nan_to_num(self.of_axis("uncertainty")), 0.1))

    @property
    def jitter(self) -> FloatArray:
        """Rms of the views' shifts, (E, 2) as (row, column), pixels; 0 where views stay, NaN where it was not looked for."""
        looked = [self._of("jitter", e, "applied") is not None for e in self.energies]
        sizes = [np.zeros(2) if s is None else np.sqrt(np.mean(s**2, axis=0)) for s in self.shifts]
        return np.where(np.array(looked)[:, None], np.array(sizes), np.nan)

    @property
    def displacement(self) -> FloatArray:
        """Pixels by which the sample moved during each tomogram, (E,); NaN where it is not known."""
        every = [self._of("motion", e, "displacement") or [None, None] for e in self.energies]
        return np.asarray(np.hypot(*np.stack([_numbers(one) for one in every]).T))

    @property
    def parts(self) -> FloatArray:
        """Pixels that parts of the sample moved beyond that, (E,); NaN where it is not known."""
        return _numbers([self._of("motion", e, "parts") for e in self.energies])

    def _of(self, what: str, energy: float, name: str) -> Any:
        return (self.found.get(f"{energy:.4f}", {}).get(what) or {}).get(name)

    def save(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        write_json(
            path,
            {
                "convention": CONVENTION,
                "energies_eV": [float(e) for e in self.energies],
                "centers": [float(c) for c in self.centers],
                "tilt_deg": float(self.tilt),
                "shifts": [None if s is None else s.tolist() for s in self.shifts],
                "found": self.found,
            },
        )

    @classmethod
    def load(cls, path: Path) -> Alignment:
        """Read a record.

        Raises
        ------
        ProjectError
            If the file is not one.
        """
        try:
            content = read_json(path)
            energies, centers = (np.asarray(content[name], np.float64) for name in ("energies_eV", "centers"))
            shifts = tuple(None if s is None else np.asarray(s, np.float64) for s in content["shifts"])
            found, tilt = content["found"], float(content["tilt_deg"])
            if not (energies.ndim == 1 and energies.shape == centers.shape and len(shifts) == len(energies)):
                raise ValueError("its energies, axes and shifts are not equally many")
            if not (np.all(np.isfinite(energies) & np.isfinite(centers)) and np.isfinite(tilt)):
                raise ValueError("an energy or an axis in it is not a number")
            if any(s is not None and not (s.shape == (len(s), 2) and np.all(np.isfinite(s))) for s in shifts):
                raise ValueError("its shifts are not (row, column) of every view")
            if not all(isinstance(about, dict) for entry in found.values() for about in _said(entry)):
                raise ValueError("what it says of an energy is no record")
            return cls(energies=energies, centers=centers, tilt=tilt, shifts=shifts, found=found)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            raise ProjectError(f"{path} cannot be read ({error}): run the align stage again (--restart).") from error


def _said(entry: dict[str, Any]) -> list[Any]:
    """What was found at an energy, without what was not looked for."""
    return [about for name, about in entry.items() if name != "about" and about is not None]


def _numbers(values: Any) -> FloatArray:
    """Give numbers, NaN for None."""
    return np.array([np.nan if v is None else float(v) for v in values], np.float64)
