"""Where the views of every energy see the sample from: rotation axis, tilt, shifts of single views (``alignment.json``)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write_json
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
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                energies=np.asarray(content["energies_eV"], np.float64),
                centers=np.asarray(content["centers"], np.float64),
                tilt=float(content["tilt_deg"]),
                shifts=tuple(None if s is None else np.asarray(s, np.float64) for s in content["shifts"]),
                found=content["found"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ProjectError(f"{path} cannot be read ({error}): run the align stage again (--restart).") from error
