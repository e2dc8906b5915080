"""What a map shows at each depth below the surface of a particle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_voxel_size
from ...data import FloatArray
from ...errors import DataError, ParameterError
from ...progress import raise_if_aborted
from .boxes import fitting_labels, particle_boxes, widened
from .correlation import correlation_inside

if TYPE_CHECKING:
    from ..edge.edge_map import EdgeMap

Surfaces = Literal["all", "outer"]
_CRACK = 5.0
"""Cracks and pores up to so many voxel edges wide are bridged for the outer surface."""
_THINNEST = 1e-3
"""No shell is thinner than so many voxel edges."""


def depth_profile(
    emap: EdgeMap | npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    error: npt.ArrayLike | None = None,
    surfaces: Surfaces = "all",
    bin_width: float | None = None,
    voxel_size: npt.ArrayLike | None = None,
    crack_width: float | None = None,
    abort: threading.Event | None = None,
) -> Any:
    """Profile a map against depth below the surface, for every particle.

    The depth of a voxel is the distance from its middle to that of the nearest voxel that is not of the particle, less half the
    shortest voxel edge, so that a surface voxel lies half a voxel deep. The border of the volume is no surface: what lies beyond
    it is unknown, and a particle that it cuts is deeper there than can be known.

    Parameters
    ----------
    emap : EdgeMap, or (z, y, x) array of any quantity
        NaN left out.
    labels : (z, y, x) int
        0 is background.
    error : (z, y, x)
        One standard deviation of each voxel; None: the edge map's own, of an array unknown.
    surfaces : 'all' or 'outer'
        'all': pores and cracks, and other particles that touch, are surfaces. 'outer': of the particle with its cracks bridged (a
        morphological closing by a ball as wide as `crack_width`) and its pores, however wide, filled where nothing leads out of
        them; wider cracks that open to the outside stay surfaces.
    bin_width : float
        Of a shell, nm (voxel edges where the voxel size is unknown); None: the mean voxel edge.
    voxel_size : float or (3,), nm
        None: the edge map's own; of an array unknown.
    crack_width : float
        Widest crack bridged for 'outer', nm (voxel edges); None: 5 mean voxel edges.
    abort
        Stops the work between particles.

    Returns
    -------
    pandas.DataFrame
        A row a shell of a particle: ``label``, ``depth_nm`` (or ``depth_voxel``; the middle of the shell), then in the unit of the
        map (``_eV`` for an edge map, no ending for an array) ``mean_eV, median_eV, std_eV, standard_error_eV`` (of the mean, by
        the number of independent voxels in the shell, see `spatial_correlation`; NaN in particles of fewer than 30 voxels),
        ``low_eV, high_eV`` (between which the middle 68.27 % lie), ``error_eV`` (median error of a voxel), and ``voxels`` (with a
        value). Shells without any are left out, and so is a particle that fills the whole volume, which has no surface.

    Raises
    ------
    DataError
        If shapes do not fit.
    ParameterError
        If a width is not positive, or `surfaces` is none of the two.
    """
    import pandas as pd

    value, deviation, unit, size = _quantity(emap, error, voxel_size)
    if surfaces not in ("all", "outer"):
        raise ParameterError(f"surfaces cannot be {surfaces!r}: 'all' counts pores and cracks, 'outer' does not.")
    label = fitting_labels(labels, value)
    edges = np.ones(3) if size is None else size
    used = edges if value.shape[0] > 1 else edges[1:]
    width = _positive(bin_width, float(used.mean()), "bin_width")
    if width < _THINNEST * float(used.min()):
        raise ParameterError(
            f"bin_width cannot be {bin_width!r}: shells so thin hold no voxel; give a voxel's edge or more."
        )
    crack = _positive(crack_width, _CRACK * float(used.mean()), "crack_width") if surfaces == "outer" else 0.0
    tables = []
    for k, box in particle_boxes(label).items():
        raise_if_aborted(abort)
        around = widened(box, label.shape, 1 + int(np.ceil(crack / edges.min())))
        depth = _depth(label[around] == k, edges, crack)
        inner = tuple(slice(b.start - a.start, b.stop - a.start) for a, b in zip(around, box, strict=True))
        shown = deviation[box] if deviation is not None else None
        tables.append(_shells(k, value[box], shown, depth[inner], width, size))
    length = "depth_voxel" if size is None else "depth_nm"
    columns = ["label", length, *(f"{name}{unit}" for name in _TOLD), "voxels"]
    rows = [row for table in tables for row in table]
    return pd.DataFrame(rows, columns=columns).astype({"label": np.int64, "voxels": np.int64})


_TOLD = ("mean", "median", "std", "standard_error", "low", "high", "error")


def _quantity(
    emap: Any, error: npt.ArrayLike | None, voxel_size: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray | None, str, FloatArray | None]:
    """Give values, errors, the ending of their columns, and the voxel size."""
    mapped = hasattr(emap, "energy")
    value = np.asarray(emap.energy if mapped else as_array(emap, "values of the map"))
    if value.ndim != 3:
        raise DataError(f"A map has three axes (z, y, x), of an image (1, y, x); found {value.ndim}.")
    given = emap.error if mapped and error is None else error
    deviation = None if given is None else np.asarray(as_array(given, "errors"))
    if deviation is not None and deviation.shape != value.shape:
        raise DataError(f"Errors of shape {deviation.shape} do not fit a map of shape {value.shape}.")
    size = as_voxel_size(emap.voxel_size if mapped and voxel_size is None else voxel_size)
    return value, deviation, "_eV" if mapped else "", size


def _positive(given: float | None, default: float, name: str) -> float:
    if given is None:
        return default
    if not (isinstance(given, int | float | np.number) and np.isfinite(given) and given > 0):
        raise ParameterError(f"{name} cannot be {given!r}: give a positive length in nm.")
    return float(given)


def _depth(inside: npt.NDArray[np.bool_], edges: FloatArray, crack: float) -> npt.NDArray[np.float32]:
    """Give the depth of a particle's voxels; `inside` reaches one voxel and the crack's width beyond it where the volume does."""
    from scipy.ndimage import distance_transform_edt

    body = _without_cracks(inside, edges, crack) if crack else inside
    if body.all():
        return np.full(inside.shape, np.nan, np.float32)
    distance = distance_transform_edt(body, sampling=edges) - _half(inside, edges)
    return np.where(inside, distance, np.nan).astype(np.float32)


def _half(inside: npt.NDArray[np.bool_], edges: FloatArray) -> float:
    """Half the shortest edge of a voxel, from its middle to the surface."""
    return 0.5 * float((edges if len(inside) > 1 else edges[1:]).min())


def _without_cracks(inside: npt.NDArray[np.bool_], edges: FloatArray, crack: float) -> npt.NDArray[np.bool_]:
    """Bridge cracks up to a width and fill what is enclosed then; in an image, within it."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    radius = 0.5 * crack + _half(inside, edges)
    outside = ~inside
    grown = distance_transform_edt(outside, sampling=edges) <= radius if outside.any() else inside
    closed = distance_transform_edt(grown, sampling=edges) > radius if not grown.all() else grown
    closed = closed | inside
    return np.asarray(binary_fill_holes(closed[0])[None] if len(closed) == 1 else binary_fill_holes(closed))


def _shells(
    k: int,
    value: FloatArray,
    error: FloatArray | None,
    depth: npt.NDArray[np.float32],
    width: float,
    size: FloatArray | None,
) -> list[tuple[float, ...]]:
    """Give the rows of one particle's shells, outermost first."""
    known = np.isfinite(depth) & np.isfinite(value)
    if not known.any():
        return []
    shell = np.where(known, np.floor(np.where(known, depth, 0) / width + 1e-6), -1).astype(np.int32)
    places = np.flatnonzero(known)
    numbers, counts = np.unique(shell.ravel()[places], return_counts=True)
    places = places[np.argsort(shell.ravel()[places], kind="stable")]
    values = value.ravel()[places].astype(np.float64)
    errors = np.full(len(values), np.nan) if error is None else error.ravel()[places].astype(np.float64)
    starts = np.r_[0, np.cumsum(counts)]
    means = np.add.reduceat(values, starts[:-1]) / counts
    level = np.zeros(int(numbers[-1]) + 1)
    level[numbers] = means
    correlation = correlation_inside(np.where(known, value - level[np.maximum(shell, 0)], 0), known, size)
    rows: list[tuple[float, ...]] = []
    for number, mean, start, stop in zip(numbers, means, starts[:-1], starts[1:], strict=True):
        part = values[start:stop]
        std = float(part.std(ddof=1)) if stop - start > 1 else np.nan
        independent = correlation.effective_at(places[start:stop])
        low, median, high = np.percentile(part, (15.865, 50, 84.135))
        found = errors[start:stop][np.isfinite(errors[start:stop])]
        typical = float(np.median(found)) if len(found) else np.nan
        middle = (float(number) + 0.5) * width
        spread = (float(low), float(high)) if stop - start > 1 else (np.nan, np.nan)
        told = (float(mean), float(median), std, std / np.sqrt(independent), *spread, typical)
        rows.append((k, middle, *told, int(stop - start)))
    return rows
