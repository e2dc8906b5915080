"""What a user may choose in the correction: what to leave out and why, and how far a stray pixel stands out."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, MinLen

from ..parameters import parameter


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Something left out by hand: an energy, or some projections of one energy or of all.

    Attributes
    ----------
    reason : str
        Why; it stands in the recipe and the report, so it cannot be empty.
    energy : float or None
        Photon energy in eV (the scan's nearest within 0.5 eV); None means every energy.
    projections : tuple of int, or None
        Indices of projections, in order of acquisition, from 0.
    angles : tuple of float, or None
        Angles of projections in degrees (within 0.05°). With neither projections nor angles the whole energy is left
        out.
    """

    reason: Annotated[str, MinLen(1)] = field(metadata={"doc": "Why it is left out."})
    energy: float | None = parameter(None, "Energy it is about; none means every energy.", unit="eV")
    projections: tuple[int, ...] | None = parameter(None, "Indices of projections to leave out, from 0.")
    angles: tuple[float, ...] | None = parameter(None, "Angles of projections to leave out.", unit="°")


@dataclass(frozen=True, slots=True)
class CorrectParameters:
    """Parameters of the correction from counts to optical density."""

    exclude: tuple[Exclusion, ...] = parameter((), "Energies and projections left out by hand, each with its reason.")
    zinger_threshold: Annotated[float, Gt(0)] | None = parameter(
        0.3,
        "A pixel whose optical density differs from that of its neighbours by more than this was hit by a stray photon or "
        "failed (salt and pepper), and is repaired; none keeps such pixels.",
        label="zinger threshold",
    )
    bad_flats: Literal["leave-out", "keep"] = parameter(
        "leave-out",
        "What becomes of flats that are none: beam dropped, shutter closed, sample in view, as told from the other flats.",
        label="bad flats",
    )
    stripes: Literal[
        "none", "sorting", "filtering", "fitting", "normalization", "wavelet", "interpolation", "large", "dead", "all"
    ] = parameter(
        "none",
        "Algotom's method to take out stripes in sinograms, which make rings in slices: 'sorting' for narrow ones, 'large' for "
        "wide ones, 'dead' for unresponsive pixels, 'all' for all of these; others filter and smooth.",
    )
    stripe_size: Annotated[int, Ge(3)] | None = parameter(
        None,
        "Window for narrow stripes, which are at most half as wide; that for wide ones is 2.5 times as large. None takes half the "
        "root of the detector's width.",
        unit="pixels",
        label="stripe size",
    )
    stripe_threshold: Annotated[float, Gt(1)] = parameter(
        3.0,
        "How far a column must stand out of the others to be a wide or dead stripe, in units of their spread; greater finds "
        "fewer.",
        label="stripe threshold",
    )
    ring_current: bool = parameter(
        True,
        "Divide counts by the ring current where that of every projection and flat is known.",
        label="ring current",
    )
    binning: Annotated[int, Ge(1)] = parameter(
        1,
        "Pixels along each side that are averaged to one, as transmission, after repair: to try a whole analysis quickly.",
        unit="pixels",
    )
