"""A scan from counts to optical density, lazily; nothing is resampled."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import dask
import dask.array as da
import numpy as np
import numpy.typing as npt

from ..data import Scan, require
from ..parameters import checked
from .binning import corrected_layout
from .exclusions import leave_out
from .parameters import CorrectParameters, Exclusion
from .tomogram import check_flats, correct_tomogram, warnings_beforehand
from .views import mean_angles, view_of_frame

Float32 = npt.NDArray[np.float32]
_D = CorrectParameters()


def correct(
    scan: Scan,
    exclude: tuple[Exclusion, ...] = _D.exclude,
    zinger_threshold: float | None = _D.zinger_threshold,
    bad_flats: Literal["leave-out", "keep"] = _D.bad_flats,
    stripes: str = _D.stripes,
    stripe_size: int | None = _D.stripe_size,
    stripe_threshold: float = _D.stripe_threshold,
    ring_current: bool = _D.ring_current,
    binning: int = _D.binning,
) -> Scan:
    """Turn a scan of counts or transmissions into one of optical density, lazily.

    ``OD = -ln(((I - dark) / (t c)) / ((flat - dark) / (t_flat c_flat)))``, t being exposures and c ring currents where they are
    known, with the flats interpolated linearly between those before and those after, pixels without a positive transmission
    repaired from their neighbours, repeated frames of one view averaged as transmission, and stripes taken out on request.

    Parameters
    ----------
    scan : Scan
        Of any kind; one of optical density is passed on, with the exclusions, repairs and averages only.
    exclude : tuple of Exclusion
        What to leave out, and why.
    zinger_threshold : float or None
        By how much a pixel's optical density must differ from that of its neighbours to be repaired.
    bad_flats : 'leave-out' or 'keep'
        What becomes of flats in which the beam had dropped, the shutter was closed or something stood in view.
    stripes : str
        Algotom's method to take stripes out of the sinograms; see `remove_stripes`.
    stripe_size : int or None
        Window for narrow stripes, in pixels; None goes with the detector's width.
    stripe_threshold : float
        How far a column stands out to be a wide or dead stripe.
    ring_current : bool
        Whether counts are divided by the ring current, where that of all frames of an energy is known.
    binning : int
        Pixels along each side averaged to one, as transmission, after repair; pixel sizes grow with it. Where a column then
        lies is said by `binned_column`.

    Returns
    -------
    Scan
        Of kind 'optical_density', float32; angles are those of the views left after averaging.
        ``metadata['warnings']`` says what can be said without looking at the counts.

    Raises
    ------
    ParameterError
        If a parameter or an exclusion cannot be.
    DataError
        If counts come without flats; when computed, if a projection holds no positive transmission at all.
    """
    require(scan, Scan, "correct")
    given = {
        "exclude": exclude,
        "zinger_threshold": zinger_threshold,
        "bad_flats": bad_flats,
        "stripes": stripes,
        "stripe_size": stripe_size,
        "stripe_threshold": stripe_threshold,
        "ring_current": ring_current,
        "binning": binning,
    }
    parameters = checked(CorrectParameters, given, where="correct")
    scan = leave_out(scan, parameters.exclude)
    rows, columns, pixel_size = corrected_layout(scan, parameters)
    views, angles = [], []
    for e in range(len(scan)):
        check_flats(scan, e)
        theta = mean_angles(scan.angles[e], view_of_frame(scan.angles[e]))
        density = dask.delayed(_optical_density)(replace(scan.select([e]), metadata={}), parameters)
        views.append(da.from_delayed(density, (len(theta), rows, columns), np.float32))
        angles.append(theta)
    doubts = dict.fromkeys(w for e in range(len(scan)) for w in warnings_beforehand(scan, e, parameters))
    warnings = [*scan.metadata.get("warnings", []), *doubts]
    none = tuple(da.zeros((0, *v.shape[1:]), dtype=np.float32, chunks=-1) for v in views)
    return replace(
        scan,
        projections=tuple(views),
        angles=tuple(angles),
        flats=none,
        darks=none,
        pixel_size=pixel_size,
        flat_positions=None,
        current=None,
        flat_current=None,
        kind="optical_density",
        metadata=scan.metadata | {"warnings": warnings},
    )


def _optical_density(scan: Scan, parameters: CorrectParameters) -> Float32:
    return correct_tomogram(scan, 0, parameters).optical_density
