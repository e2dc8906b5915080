"""Leaving energies and projections out of a scan, by hand and with a reason that is kept."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..data import Scan, require
from ..errors import DataError, ParameterError
from ..parameters import checked
from .parameters import CorrectParameters, Exclusion

ENERGY_TOLERANCE = 0.5  # eV
ANGLE_TOLERANCE = 0.05  # degrees
BoolArray = npt.NDArray[np.bool_]


def leave_out(scan: Scan, exclude: Sequence[Exclusion]) -> Scan:
    """Give the scan without what the exclusions name.

    Parameters
    ----------
    scan : Scan
    exclude : sequence of Exclusion
        Indices of all of them count the projections of `scan` as it is given.

    Returns
    -------
    Scan
        Lazy; ``metadata['excluded']`` lists what was left out and why, a sentence each.

    Raises
    ------
    ParameterError
        If an exclusion has no reason, or names an energy, a projection or an angle that the scan does not have.
    DataError
        If nothing would be left, of the scan or of an energy.
    """
    require(scan, Scan, "leave_out")
    exclude = checked(CorrectParameters, {"exclude": exclude}, where="correct").exclude
    if not exclude:
        return scan
    kept = [np.ones(len(a), bool) for a in scan.angles]
    whole = np.ones(len(scan), bool)
    sentences = [_apply(scan, exclusion, kept, whole) for exclusion in exclude]
    if not whole.any():
        raise DataError("The exclusions leave out every energy: keep at least one.")
    for e in np.flatnonzero(whole):
        if not kept[e].any():
            raise DataError(
                f"The exclusions leave out every projection at {scan.energies[e]:g} eV: "
                "exclude the energy itself if that is meant."
            )
    views = [
        scan.projections[e] if kept[e].all() else scan.projections[e][np.flatnonzero(kept[e])] for e in range(len(scan))
    ]
    positions = scan.flat_positions
    if positions is not None:  # a flat's position counts the projections taken before it: those that are left
        positions = tuple(
            np.concatenate([[0], np.cumsum(k)])[np.clip(p, 0, len(k))] for k, p in zip(kept, positions, strict=True)
        )
    thinned = replace(
        scan,
        projections=tuple(views),
        angles=tuple(a[k] for a, k in zip(scan.angles, kept, strict=True)),
        flat_positions=positions,
        current=None if scan.current is None else tuple(c[k] for c, k in zip(scan.current, kept, strict=True)),
        metadata=scan.metadata | {"excluded": [*scan.metadata.get("excluded", []), *sentences]},
    )
    return thinned if whole.all() else thinned.select(np.flatnonzero(whole).tolist())


def _apply(scan: Scan, exclusion: Exclusion, kept: list[BoolArray], whole: BoolArray) -> str:
    """Mark in `kept` and `whole` what one exclusion leaves out; say so in a sentence."""
    reason = exclusion.reason.strip()
    if not reason:
        raise ParameterError(
            "An exclusion has no reason: say why it is left out, so that the recipe and the report can."
        )
    energies = _energies(scan, exclusion)
    where = f"at {exclusion.energy:g} eV" if exclusion.energy is not None else "at every energy"
    if exclusion.projections is None and exclusion.angles is None:
        whole[energies] = False
        return f"Everything {where} was left out: {reason}."
    parts = []
    if exclusion.projections is not None:
        for e in energies:
            wrong = [i for i in exclusion.projections if not 0 <= i < len(kept[e])]
            if wrong:
                raise ParameterError(
                    f"There is no projection {wrong[0]} at {scan.energies[e]:g} eV: "
                    f"they go from 0 to {len(kept[e]) - 1}."
                )
            kept[e][list(exclusion.projections)] = False
        parts.append(f"projections {', '.join(map(str, exclusion.projections))}")
    if exclusion.angles is not None:
        for angle in exclusion.angles:
            near = [np.abs(scan.angles[e] - angle) <= ANGLE_TOLERANCE for e in energies]
            if not any(n.any() for n in near):
                raise ParameterError(f"There is no projection at {angle:g}° {where}.")
            for e, n in zip(energies, near, strict=True):
                kept[e][n] = False
        parts.append(f"projections at {', '.join(f'{a:g}°' for a in exclusion.angles)}")
    text = f"{' and '.join(parts)} {where}"
    return f"{text[0].upper()}{text[1:]} were left out: {reason}."


def _energies(scan: Scan, exclusion: Exclusion) -> npt.NDArray[np.intp]:
    if exclusion.energy is None:
        if exclusion.projections is None and exclusion.angles is None:
            raise ParameterError("An exclusion names nothing to leave out: give an energy, projections or angles.")
        return np.arange(len(scan))
    distance = np.abs(scan.energies - exclusion.energy)
    nearest = int(np.argmin(distance))
    if distance[nearest] > ENERGY_TOLERANCE:
        raise ParameterError(
            f"There is no energy {exclusion.energy:g} eV to leave out; the nearest is {scan.energies[nearest]:g} eV."
        )
    return np.array([nearest])
