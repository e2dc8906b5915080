"""Standards read just as the voxels of a map are, and the line through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_energies, as_numbers
from ...data import FloatArray
from ...errors import DataError
from ..composition.references import read_in
from ..edge.edge_search import edge_search
from ..normalize.e0 import edge_of
from ..normalize.elements import EdgeName, element_windows
from ..normalize.normalization import sorted_spectra
from ..normalize.windows import Pair, map_windows
from ..parameters import SpectraParameters, checked_parameters
from .line import ValenceLine, calibrate_valence

Standard = float | tuple[npt.ArrayLike, npt.ArrayLike]
"""An edge energy in eV, or a spectrum (energies, mu)."""
_SLACK = 1.0
"""So many eV short of the scan's ends a standard still covers it."""
_D = SpectraParameters()


@dataclass(frozen=True, slots=True, eq=False)
class _Spectrum:
    place: int
    name: str
    energies: FloatArray
    mu: FloatArray


def valence_of_standards(
    standards: Sequence[Standard],
    valences: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    at: npt.ArrayLike | None = None,
    method: str = _D.method,
    element: str | None = _D.element,
    e0: float | Literal["table"] | None = _D.e0,
    pre: Pair | None = _D.pre,
    post: Pair | None = _D.post,
    nnorm: int | None = _D.nnorm,
    edge: EdgeName = _D.edge,
    between: Literal["lines", "fit"] = _D.between,
    white_line: Literal["polynomial", "gaussian"] = _D.white_line,
    level: float | None = _D.level,
    levels: Pair = _D.levels,
    energy_shift: float = _D.energy_shift,
    errors: npt.ArrayLike | None = None,
) -> ValenceLine:
    """Read the edge energies of standards as the map's are read, and fit the line from them to valence.

    The grid of a scan and its windows move an edge energy by tenths of an eV; a standard put onto the same grid and read by the
    same method and windows moves with it, so that the line takes this off. Give the map's own e0 (``emap.e0``) and energies.

    Parameters
    ----------
    standards : sequence of (energies, mu) or float
        Spectra in any order of energy, each energy once; or edge energies in eV, which are taken as they are.
    valences : (n,)
    names : (n,)
    at : (E,), eV
        Energies of the scan, onto which every spectrum is put (normalised on its own grid, interpolated, and where it ends
        before the scan does continued by its background lines); None: each is read on its own grid.
    method, element, e0, pre, post, nnorm, edge, between, white_line, level, levels
        As of the map, see `edge_energy_of`. e0 None: the element's where its oxides are known, else the steepest rise of the mean
        of all standards, with a warning; level None, for the centroid: that of the mean standard, with a warning.
    energy_shift : float, eV
        Added to `at`, as to the energies of the map; standards are taken to be at their right energies.
    errors : (n,), eV
        One standard deviation of each edge energy.

    Raises
    ------
    DataError
        If lists differ in length, a standard is neither number nor spectrum or does not go across the edge, or fewer than two have
        an edge energy by this method (one without is left out, with a warning).
    ParameterError
        If a parameter has a value it cannot have.
    """
    given = {
        "method": method,
        "element": element,
        "e0": e0,
        "pre": pre,
        "post": post,
        "nnorm": nnorm,
        "edge": edge,
        "between": between,
        "white_line": white_line,
        "level": level,
        "levels": levels,
        "energy_shift": energy_shift,
    }
    parameters = checked_parameters(given, "valence_of_standards")
    known = tuple(f"standard {i + 1}" for i in range(len(standards))) if names is None else tuple(map(str, names))
    if len(known) != len(standards):
        raise DataError(f"{len(known)} names do not fit {len(standards)} standards: give one name a standard.")
    spectra = [
        _spectrum(i, name, s) for i, (name, s) in enumerate(zip(known, standards, strict=True)) if _is_spectrum(s)
    ]
    energies = np.array(
        [np.nan if _is_spectrum(s) else _number(name, s) for name, s in zip(known, standards, strict=True)]
    )
    used, doubts = float("nan"), list[str]()
    if spectra:
        used, doubts = _e0(spectra, parameters)
        grid = None if at is None else np.sort(as_energies(at)) + parameters.energy_shift
        energies[[s.place for s in spectra]] = _edges(spectra, grid, used, parameters)
        doubts += _without_edge([s.name for s in spectra if not np.isfinite(energies[s.place])], parameters)
        doubts += [] if grid is None else _short(spectra, grid)
    if len(spectra) < len(known):
        numbers = ", ".join(n for n, s in zip(known, standards, strict=True) if not _is_spectrum(s))
        doubts.append(
            f"Edge energies given as numbers ({numbers}) hold only for the method, windows and energy grid they were read "
            "with: give spectra, to be read as the map is."
        )
    line = _line(energies, valences, known, errors)
    return replace(line, method=parameters.method if spectra else "", e0=used, warnings=(*doubts, *line.warnings))


def _line(
    energies: FloatArray, valences: npt.ArrayLike, names: tuple[str, ...], errors: npt.ArrayLike | None
) -> ValenceLine:
    """Fit the line through the standards that have an edge energy."""
    valence = as_numbers(valences, "valences")
    error = None if errors is None else as_numbers(errors, "errors of edge energies")
    if valence.shape != energies.shape or (error is not None and error.shape != energies.shape):
        raise DataError(f"Give one valence, and one error if any, a standard: there are {len(energies)} standards.")
    kept = np.isfinite(energies)
    if kept.sum() < 2:
        raise DataError(
            "Fewer than two standards have an edge energy by this method and these windows: check their spectra and energies, "
            "that their element is the map's, and the method; with no element named an edge is looked for everywhere."
        )
    shown = [name for name, keep in zip(names, kept, strict=True) if keep]
    return calibrate_valence(energies[kept], valence[kept], names=shown, errors=None if error is None else error[kept])


def _is_spectrum(standard: Any) -> bool:
    return isinstance(standard, list | tuple | np.ndarray) and len(standard) == 2


def _number(name: str, standard: Any) -> float:
    if isinstance(standard, bool) or not isinstance(standard, int | float | np.number):
        raise DataError(f"{name} is neither an edge energy in eV nor a spectrum (energies, mu).")
    return float(as_energies(standard)[0])


def _spectrum(place: int, name: str, standard: Any) -> _Spectrum:
    try:
        energies, mu, _ = sorted_spectra(*standard)
    except DataError as error:
        raise DataError(f"The spectrum of {name}: {error}") from error
    if mu.ndim != 1 or not np.isfinite(mu).all():
        raise DataError(f"The spectrum of {name} must be one finite number an energy: repair or leave out what is not.")
    return _Spectrum(place, name, energies, mu.astype(np.float64))


def _e0(spectra: list[_Spectrum], parameters: SpectraParameters) -> tuple[float, list[str]]:
    """Give one e0 for all standards, since windows that differ would move edge energies."""
    found, doubts = zip(*(edge_of(s.energies, s.mu, parameters) for s in spectra), strict=True)
    said = [f"{s.name}: {doubt}" for s, some in zip(spectra, doubts, strict=True) for doubt in some]
    if np.ptp(found) > 0:
        said.append(
            f"The standards' windows count from e0 = {np.mean(found):.1f} eV, the mean of their steepest rises: give the e0 of "
            "the map, so that its windows are theirs."
        )
    if parameters.method == "centroid" and parameters.level is None:
        said.append(
            "The centroid's level was taken from the mean of the standards, that of the map from the sample: give the level, so "
            "that both are the same."
        )
    return float(np.mean(found)), said


def _edges(spectra: list[_Spectrum], grid: FloatArray | None, e0: float, parameters: SpectraParameters) -> FloatArray:
    """Read the edge energies (n,) of spectra at one e0, on the scan's grid or each on its own."""
    p = replace(parameters, e0=e0, least_step=0.0)

    def read(energies: FloatArray, mu: FloatArray) -> FloatArray:
        return edge_search(energies, e0, p, mu.mean(axis=1)).run(mu).energy

    if grid is None:
        return np.array([read(s.energies, s.mu[:, None])[0] for s in spectra])
    windows = map_windows(grid, e0, p.pre, p.post, p.nnorm)
    references = [read_in({s.name: (s.energies, s.mu)}, grid, windows)[0] for s in spectra]
    return read(grid, np.stack([r.at(grid) for r in references], axis=1))


def _without_edge(names: list[str], parameters: SpectraParameters) -> list[str]:
    """Say which standards were left out, since the map would find no edge in them either."""
    if not names:
        return []
    table = element_windows(parameters.element, parameters.edge)
    why = ""
    if table is not None and parameters.method in ("half-height", "white-line"):
        low, high = table.half_height if parameters.method == "half-height" else table.white_line
        why = f" (for {parameters.element} it is looked for from {low:.0f} to {high:.0f} eV; name no element to look everywhere)"
    return [
        f"No edge energy by {parameters.method} was found in {', '.join(names)}{why}: left out of the line, as voxels like it are "
        "left out of the map."
    ]


def _short(spectra: list[_Spectrum], grid: FloatArray) -> list[str]:
    """Say which standards end before the scan does, those of the same range together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for s in spectra:
        if s.energies[0] > grid[0] + _SLACK or s.energies[-1] < grid[-1] - _SLACK:
            alike.setdefault((f"{s.energies[0]:.0f}", f"{s.energies[-1]:.0f}"), []).append(s.name)
    return [
        f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} measured from {first} to {last} eV and the scan goes from "
        f"{grid[0]:.0f} to {grid[-1]:.0f} eV: background lines stand in for the rest, which moves the edge energy."
        for (first, last), names in alike.items()
    ]
