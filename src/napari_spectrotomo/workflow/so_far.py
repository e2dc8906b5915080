"""How good a registration is as far as it has come: of the energies that are finished while others are still registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..atomic import read_json
from ..register import EnergyRegistration
from ..register.result.tables import QUALITY, completed
from .kept import kept
from .outputs import FILES, UNFINISHED
from .project import Project

if TYPE_CHECKING:
    import pandas as pd


@kept
def registered_so_far(project: Project) -> pd.DataFrame:
    """Give the quality of the energies that are registered, while a run is at work, after it was stopped, or when it is done.

    Parameters
    ----------
    project : Project

    Returns
    -------
    DataFrame
        A row for every energy of the project: ``energy_eV``, the measures of masks (``mse_raw``, ``mse_global``,
        ``mse_registered``, ``dice_…``, ``surface_…`` in voxels), ``status`` and ``flag``; NaN and no words where it is not
        registered yet. ``particles`` is how many have a transform of their own.
    """
    content = _read(project, FILES["register"][0])
    if content is not None:
        columns: dict[str, Any] = {"energy_eV": content["energies_eV"]}
        columns |= {name: content[name] for name in QUALITY if name in content}
        return completed(columns, QUALITY).assign(particles=len(content.get("particles") or {}))
    content = _read(project, UNFINISHED["register"][0])
    current = content is not None and content["fingerprint"] == project.record.fingerprint("register", project.recipe)
    found = content["results"] if content is not None and current else {}
    rows = [_row(found.get(str(i))) | {"energy_eV": float(energy)} for i, energy in enumerate(project.energies)]
    names = dict.fromkeys(name for row in rows for name in row)
    table = completed({name: [row.get(name) for row in rows] for name in names}, QUALITY)
    return table.assign(particles=max((int(row.get("particles", 0)) for row in rows), default=0))


def _row(plain: dict[str, Any] | None) -> dict[str, Any]:
    """Give what is known of one energy."""
    if plain is None:
        return {}
    one = EnergyRegistration.from_dict(plain)
    flag = one.flag or one.whole.reason or one.whole.flag
    return {**one.measures, "status": one.whole.status, "flag": flag, "particles": len(one.particles)}


def _read(project: Project, name: str) -> dict[str, Any] | None:
    """Read a file of the project; None where it is not there, such as one that was just taken away."""
    try:
        return dict(read_json(project.path / name))
    except FileNotFoundError:
        return None
