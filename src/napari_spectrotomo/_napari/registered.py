"""The tables and matrices of a project's registration, read without its labels and its deformation, once after every change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ..errors import ProjectError
from ..register.result.tables import PARTICLE_QUALITY, QUALITY, completed
from ..workflow.motion import DEFORMATION


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """What panels show of a registration.

    Attributes
    ----------
    quality, particle_quality : DataFrame
        As `Registration` has them; the latter None where one transform serves all.
    matrices : (E, 4, 4) float64
        Of the whole; NaN where it failed.
    deformation : path or None
        Of the group that holds it.
    """

    quality: Any
    particle_quality: Any
    matrices: npt.NDArray[np.float64]
    deformation: Path | None

    @property
    def particles(self) -> list[int]:
        """Numbers of the particles that have a transform of their own."""
        return [] if self.particle_quality is None else sorted({int(n) for n in self.particle_quality["particle"]})

    def table(self, particle: int | None) -> Any:
        """Give the table of the whole, or of one particle: a row an energy."""
        if particle is None:
            return self.quality
        return self.particle_quality[self.particle_quality["particle"] == particle].reset_index(drop=True)


_KNOWN: WeakKeyDictionary[Any, tuple[Any, Registered]] = WeakKeyDictionary()


def registered(project: Any) -> Registered:
    """Give the tables and matrices of a project's registration.

    Raises
    ------
    ProjectError
        If there is none.
    """
    path = project.path / "registration.json"
    try:
        status = path.stat()
        seen = (status.st_mtime_ns, status.st_size)
        if project in _KNOWN and _KNOWN[project][0] == seen:
            return _KNOWN[project][1]
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(f"{path} cannot be read ({error}): register the volumes.") from error
    rows = content["particle_quality"] if content.get("particles") else None
    quality = {"energy_eV": content["energies_eV"]} | {name: content[name] for name in QUALITY if name in content}
    found = Registered(
        completed(quality, QUALITY),
        None if rows is None else completed(rows, PARTICLE_QUALITY),
        np.array(content["matrices"], np.float64).reshape(-1, 4, 4),
        project.path / DEFORMATION if content.get("deformation") else None,
    )
    _KNOWN[project] = (seen, found)
    return found
