"""What the columns at the detector's edges tell: whether the sample was seen whole, and whether the beam stayed as in the flats."""

import numpy as np
import numpy.typing as npt

from .noise import noise_of

_OFF = 0.02
"""Optical density beside the sample, over the highest, from which on attenuation is off by more than a per cent or so."""
_CUT, _NOISE = 0.3, 5.0
"""Optical density at an edge, over the highest and over the noise, that air beside the sample never has."""


def field_warnings(projections: npt.NDArray[np.floating]) -> tuple[str, ...]:
    """Say where projections do not tell the whole line integrals that a reconstruction takes them for.

    Parameters
    ----------
    projections : (A, R, C) array
        Optical density of one energy.
    """
    width = max(2, projections.shape[2] // 20)
    edges = [projections[:, :, :width], projections[:, :, -width:]]
    highest = float(np.percentile(projections, 99))
    warnings = []
    noise = noise_of(projections[len(projections) // 2])
    if max(float(np.percentile(edge, 98)) for edge in edges) > max(_CUT * highest, _NOISE * noise):
        warnings.append(
            "The sample, or what holds it, reaches over the left or right edge of the detector: it was not seen whole. What "
            "is beyond was taken to go on as a disk does, so that attenuation is some per cent off, most of all near the rim."
        )
    left, right = (float(np.median(edge)) for edge in edges)
    if min(abs(left), abs(right)) > _OFF * highest and left * right > 0:
        warnings.append(
            f"The optical density beside the sample is not zero but {(left + right) / 2:+.2f}, where that of the sample reaches "
            f"{highest:.2f}: the beam or the exposure was not the same in projections and flats, and attenuation is off in "
            "proportion. Give flats from before and after each tomogram, or leave bad ones out."
        )
    return tuple(warnings)
