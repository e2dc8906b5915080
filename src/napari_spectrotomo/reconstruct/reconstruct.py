"""The reconstruction of a whole scan, lazily: one volume an energy, all on the fixed energy's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import dask
import dask.array as da
import numpy as np

from ..arrays import as_numbers
from ..data import EnergyStack, FloatArray, Scan, require
from ..errors import ParameterError, ReconstructionError
from ..parameters import checked
from .axis import find_axis, settle_axes
from .engines import choose_engine
from .field_of_view import FieldOfView
from .geometry import Geometry, check_center, check_views, view_warnings
from .magnification import magnifications
from .noise import choose_filter
from .parameters import Algorithm, Engine, Filter, Magnification, ReconstructParameters
from .planar import images_of
from .volume import reconstruct_volume

_D = ReconstructParameters()


def reconstruct(
    od: Scan,
    center: Literal["auto"] | float | tuple[float, ...] | FloatArray = _D.center,
    algorithm: Algorithm = _D.algorithm,
    engine: Literal["auto"] | Engine = _D.engine,
    filter: Literal["auto"] | Filter = _D.filter,
    magnification: Magnification = _D.magnification,
    tilt: Literal["auto"] | float = _D.tilt,
    iterations: int | None = _D.iterations,
    regularization: float = _D.regularization,
    region: tuple[int, int, int, int, int, int] | None = _D.region,
    circle: bool = _D.circle,
    *,
    shifts: Sequence[Any] | None = None,
    fixed: int = -1,
) -> EnergyStack:
    """Reconstruct every energy on the fixed energy's grid.

    z is the detector row; y and x are the columns' square, with the rotation axis in its middle and the orientation that
    ``skimage.transform.iradon`` gives. Magnification, axis, tilt and shifts are in the geometry of our own engine; for the others
    the projections are resampled once.

    The images of a 2-D XANES scan (one view an energy) are taken as they are, as volumes of one slice in 'optical density'; no
    parameter counts then.

    Parameters
    ----------
    od : Scan
        Of optical density.
    center : 'auto', float or (E,)
        Column of the rotation axis; 'auto' looks at the projections of every energy now, before anything lazy is returned.
    algorithm : 'fbp', 'sirt', 'cgls' or 'tv'
    engine : 'auto', 'numba', 'astra', 'algotom' or 'skimage'
    filter : 'auto', 'ramp', 'shepp-logan', 'cosine', 'hamming' or 'hann'
    magnification : 'auto', 'rule', 'metadata' or 'none'
    tilt : 'auto' or float
        Of the axis in the plane of the detector, degrees: its column grows by tan(tilt) a row. 'auto' measures it with the axes.
    iterations : int or None
        Of sirt, cgls and tv.
    regularization : float
        Weight of the total variation in tv.
    region : (z, z, y, y, x, x) or None
        Part of the volume to make, each from and up to.
    circle : bool
        Whether what lies beyond the circle that the detector spans stays 0.
    shifts : sequence of (A_e, 2) arrays or None, one an energy, or None
        (row, column) in pixels by which the image of each view lies displaced, as `find_jitter` gives them.
    fixed : int
        Index of the energy whose pixel size all volumes get.

    Returns
    -------
    EnergyStack
        Linear attenuation coefficient, lazy, one energy a chunk. Its metadata are the scan's with 'centers', 'magnification'
        and further 'warnings'.

    Raises
    ------
    ParameterError
        If a parameter cannot be.
    ReconstructionError
        If the scan is not one of optical density, has too few views or no axis, or lacks a pixel size that was asked for.
    """
    given = {
        "center": center if isinstance(center, str | int | float) else _plain_centers(center),
        "algorithm": algorithm,
        "engine": engine,
        "filter": filter,
        "magnification": magnification,
        "tilt": tilt,
        "iterations": iterations,
        "regularization": regularization,
        "region": region,
        "circle": circle,
    }
    parameters = checked(ReconstructParameters, given, where="reconstruct")
    require(od, Scan, "reconstruct")
    if od.kind != "optical_density":
        raise ReconstructionError(f"Volumes are made from optical density, not from {od.kind}: correct the scan first.")
    if od.planar:
        return images_of(od, fixed)
    for energy, angles in zip(od.energies, od.angles, strict=True):
        check_views(angles, f"At {energy:g} eV: ")
    wedges = [f"At {e:g} eV: {w}" for e, a in zip(od.energies, od.angles, strict=True) for w in view_warnings(a)]
    if shifts is not None and len(shifts) != len(od):
        raise ReconstructionError(
            f"{len(shifts)} sets of shifts do not fit {len(od)} energies: give one an energy, or None."
        )
    ratio, sizes, warnings = magnifications(od, parameters.magnification, fixed)
    centers, lean, doubts = _axes(od, parameters)
    size = None if sizes is None else float(sizes[fixed])
    if parameters.filter == "auto":
        parameters = replace(parameters, filter=filter_for(od, parameters.filter, fixed))

    rows, columns = od.projections[0].shape[1:]
    field = FieldOfView.of(rows, columns, parameters.region, parameters.circle)
    engine_used = choose_engine(parameters.engine, parameters.algorithm)
    one = dask.delayed(reconstruct_volume)
    volumes = []
    for e in range(len(od)):
        moved = None if shifts is None else shifts[e]
        Geometry.checked(od.angles[e], float(centers[e]), float(ratio[e]), lean, moved, columns)
        made = one(
            od.projections[e],
            od.angles[e],
            float(centers[e]),
            float(ratio[e]),
            size,
            parameters,
            tilt=lean,
            shifts=moved,
        )
        volumes.append(da.from_delayed(made, field.shape, np.float32))
    metadata: dict[str, Any] = {
        "centers": centers.tolist(),
        "magnification": ratio.tolist(),
        "engine": engine_used,
        "tilt": lean,
        "filter": parameters.filter,
        "warnings": [*od.metadata.get("warnings", []), *warnings, *wedges, *doubts],
    }
    return EnergyStack.from_arrays(volumes, od.energies, size, metadata=od.metadata | metadata)


def _plain_centers(center: Any) -> float | tuple[float, ...]:
    numbers = as_numbers(center, "rotation axes", ParameterError).tolist()
    return tuple(numbers) if isinstance(numbers, list) else numbers


def _axes(od: Scan, parameters: ReconstructParameters) -> tuple[FloatArray, float, tuple[str, ...]]:
    """Axis of each energy, its tilt, and what is doubtful about them; a tilt is measured only along with the axes."""
    tilt = parameters.tilt
    if parameters.center != "auto":
        return (
            given_centers(parameters.center, len(od), od.projections[0].shape[2]),
            0.0 if tilt == "auto" else tilt,
            (),
        )
    views = zip(od.projections, od.angles, strict=True)
    axes = settle_axes(od.energies, od.time, [find_axis(np.asarray(p), a) for p, a in views])
    return axes.centers, axes.tilt if tilt == "auto" else tilt, axes.warnings


def filter_for(od: Scan, name: str, fixed: int) -> Filter:
    """Give the filter for all energies of a scan: 'auto' looks at the middle view of the fixed energy."""
    views = od.projections[fixed]
    return choose_filter(name, np.asarray(views[len(views) // 2]))


def given_centers(center: float | tuple[float, ...], energies: int, columns: int) -> FloatArray:
    """Give one axis an energy, (E,), from one for all or one each.

    Raises
    ------
    ReconstructionError
        If their number does not fit the energies, or one lies outside the detector of so many columns.
    """
    centers = np.atleast_1d(np.asarray(center, np.float64))
    if len(centers) not in (1, energies):
        raise ReconstructionError(
            f"{len(centers)} rotation axes do not fit {energies} energies: give one, or one an energy."
        )
    for one in centers:
        check_center(float(one), columns)
    return np.broadcast_to(centers, energies).copy()
