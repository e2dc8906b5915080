"""A smooth field on top of the transforms, for particles that bend or crack open: energy after energy."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from ...errors import Aborted
from ...progress import raise_if_aborted
from ..engine.deformable import solve_deformation
from .found import EnergyRegistration
from .settling import Said
from .steps import Results, Series


def bend(series: Series, results: Results) -> Generator[Said, None, dict[int, EnergyRegistration]]:
    """Find the deformation of every energy, on the grey volumes where there are any, else on the masks.

    Parameters
    ----------
    series : Series
    results : mapping of index to EnergyRegistration
        With the transforms that the field lies on top of.

    Yields
    ------
    (int, str)
        An index and words, for every energy.

    Returns
    -------
    dict
        All energies, with their coefficients.

    Raises
    ------
    Aborted
    """
    found = dict(results)
    for index in sorted(found):
        raise_if_aborted(series.abort)
        if index != series.fixed_index and found[index].whole.status != "failed":
            found[index], words = bend_one(series, found[index], index)
            yield index, words
    return found


def bend_one(series: Series, one: EnergyRegistration, index: int) -> tuple[EnergyRegistration, str]:
    """Find the deformation of one energy; give it with words."""
    reference, mask = series.reference, series.mask(index)
    grey = series.grey(index)
    fixed, moving = (reference.mask, mask) if grey is None or reference.grey is None else (reference.grey, grey)
    good = {number: pair.matrix for number, pair in one.particles.items() if np.isfinite(pair.matrix).all()}
    solved = solve_deformation(
        fixed,
        moving,
        one.whole.matrix,
        particles=good or None,
        labels=reference.labels if good else None,
        spacing=series.parameters.deformation_spacing,
        stiffness=series.parameters.stiffness,
        abort=series.abort,
    )
    if solved.status == "aborted":
        raise Aborted
    flag = " ".join(word for word in (one.flag, solved.flag if solved.folded > 0 else "") if word)
    bent = series.measured(replace(one, coefficients=solved.coefficients, flag=flag), mask)
    largest = float(np.abs(solved.coefficients).max(initial=0))
    return bent, solved.flag or f"bent by up to {largest:.2f} voxel"
