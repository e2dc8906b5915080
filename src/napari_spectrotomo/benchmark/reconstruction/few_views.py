"""Few views, and a missing wedge: what each algorithm makes of noisy views of the section."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...progress import Progress, ProgressCallback, raise_if_aborted
from ...reconstruct import ReconstructParameters, reconstruct_volume
from ...reconstruct.parameters import Algorithm
from ...reconstruct.parameters import Engine as EngineName
from .engines import ENGINES
from .phantom import CYLINDER, pixel_size, views_of
from .study import WARM_UP, scores

CASES: dict[str, FloatArray] = {
    "30 views": np.arange(30) * 6.0 - 90.0,
    "60° missing": np.arange(-60.0, 61.0),
}
"""Angles in degrees: 30 over a half turn; and every degree of 120°."""
ALGORITHMS: tuple[tuple[Algorithm, EngineName], ...] = (
    ("fbp", "numba"),
    ("sirt", "numba"),
    ("cgls", "numba"),
    ("tv", "numba"),
    ("sirt", "astra"),
    ("cgls", "astra"),
)
LABELS = {"fbp": "FBP", "sirt": "SIRT", "cgls": "CGLS", "tv": "TV"}
COUNTS = 2e4
"""Of a pixel of the open beam."""


@dataclass(frozen=True, slots=True)
class FewViews:
    """Slices by one algorithm from few views.

    Attributes
    ----------
    case : str
        Of `CASES`.
    size, views : int
    algorithm : str
    engine : 'numba' or 'astra'
    seconds : float
        A slice.
    rmse : float, 1/µm
    cylinder, cylinder_error : float
        As of `Measurement`.
    """

    case: str
    size: int
    views: int
    algorithm: str
    engine: str
    seconds: float
    rmse: float
    cylinder: float
    cylinder_error: float


def few_views(
    size: int,
    slices: int = 16,
    seed: int = 1,
    *,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Iterator[tuple[FewViews, npt.NDArray[np.float32]]]:
    """Measure every algorithm on every case, with its first slice in 1/µm.

    Parameters
    ----------
    size : int
        Columns.
    slices : int
        Made at a time, each with noise of its own; ASTRA, which takes one after the other, makes one.
    seed : int
        Of the noise.
    progress : function or None
        Called after each measurement, a stage a case.
    abort : Event or None

    Raises
    ------
    Aborted
        Once `abort` is set; what was given before is whole.
    """
    axis = (size - 1) / 2
    chosen = [one for one in ALGORITHMS if one[1] != "astra" or ENGINES["astra"].installed()]
    _warm_up(chosen)
    for case, angles in CASES.items():
        views = _noisy(views_of(size, angles, axis), slices, np.random.default_rng(seed))
        for k, (algorithm, engine) in enumerate(chosen):
            parameters = ReconstructParameters(algorithm=algorithm, engine=engine)
            its = views[:, :1] if engine == "astra" else views
            raise_if_aborted(abort)
            start = time.perf_counter()
            made = reconstruct_volume(its, angles, axis, 1.0, 1e3 * pixel_size(size), parameters, abort)
            seconds = (time.perf_counter() - start) / its.shape[1]
            found = np.array([scores(one, axis) for one in made])
            rmse, mean = float(np.sqrt(np.mean(found[:, 0] ** 2))), float(found[:, 1].mean())
            error = mean / CYLINDER.value - 1
            row = FewViews(case, size, len(angles), algorithm, engine, seconds, rmse, mean, error)
            yield row, made[0]
            if progress is not None:
                progress(Progress(case, k + 1, len(chosen), f"{k + 1} algorithms"))


def _warm_up(chosen: list[tuple[Algorithm, EngineName]]) -> None:
    """Let everything compile and load, so that no measurement pays for it."""
    angles = np.linspace(-90.0, 90.0, 12)
    views = _noisy(views_of(WARM_UP, angles, (WARM_UP - 1) / 2), 1, np.random.default_rng(0))
    for algorithm, engine in chosen:
        parameters = ReconstructParameters(algorithm=algorithm, engine=engine, iterations=1)
        reconstruct_volume(views, angles, (WARM_UP - 1) / 2, parameters=parameters)


def _noisy(depth: npt.NDArray[np.float32], slices: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Count photons: optical density (A, S, C) of views (A, C)."""
    expected = COUNTS * np.exp(-np.repeat(depth[:, None], slices, axis=1))
    return -np.log(np.maximum(rng.poisson(expected), 1) / COUNTS).astype(np.float32)
