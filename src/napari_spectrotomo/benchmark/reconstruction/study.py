"""Filtered back-projection of one section by every engine: how long a slice takes, and how right it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...progress import Progress, ProgressCallback, raise_if_aborted
from .engines import Engine, available
from .phantom import CYLINDER, pixel_size, section, views_of, within

SIZES = (256, 500, 512, 720, 1024)
"""Columns: powers of two, and some that are none."""
QUICK_SIZES = (128, 180)
VIEWS = 181
WARM_UP = 64
REPEATS, ENOUGH = 5, 2.0
"""A call is timed so many times, or until so many seconds are spent."""
SEEN, CORE = 0.93, 0.85
"""Share of the field's radius that errors are taken within; and of the cylinder's, its mean."""


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared on what.

    Attributes
    ----------
    sizes : tuple of int
        Columns of the detector.
    views : int
        Over a half turn, both ends included.
    engines : tuple of Engine
        Empty for all that can run here.
    """

    sizes: tuple[int, ...] = SIZES
    views: int = VIEWS
    engines: tuple[Engine, ...] = ()

    def chosen(self) -> tuple[Engine, ...]:
        """Give the engines, all that can run here where none are named."""
        return self.engines or available()

    def angles(self) -> FloatArray:
        """Give the views' angles, degrees."""
        return np.linspace(-90.0, 90.0, self.views)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A slice of one size by one engine.

    Attributes
    ----------
    size, views : int
    engine : str
    seconds : float
        A slice, its filter included; the shortest of some runs.
    of_algotom : float
        That over algotom's at the same size in the same run; NaN where algotom was not measured.
    rmse : float, 1/µm
        Root mean square error within the field.
    cylinder : float, 1/µm
        Mean found in the cylinder.
    cylinder_error : float
        By how much of its value that is off.
    """

    size: int
    views: int
    engine: str
    seconds: float
    of_algotom: float
    rmse: float
    cylinder: float
    cylinder_error: float


def measurements(
    study: Study, *, progress: ProgressCallback | None = None, abort: threading.Event | None = None
) -> Iterator[tuple[Measurement, npt.NDArray[np.floating]]]:
    """Run a study, a measurement at a time, each with its slice in 1/µm.

    Parameters
    ----------
    study : Study
    progress : function or None
        Called after each measurement, a stage a size.
    abort : Event or None

    Raises
    ------
    Aborted
        Once `abort` is set; what was given before is whole.
    """
    engines, angles = study.chosen(), study.angles()
    for engine in engines:
        raise_if_aborted(abort)
        engine.make(_views(engine, WARM_UP, angles), angles, engine.axis(WARM_UP))
    for size in study.sizes:
        taken: dict[str, tuple[float, npt.NDArray[np.floating]]] = {}
        for k, engine in enumerate(engines):
            raise_if_aborted(abort)
            taken[engine.name] = _timed(engine, size, angles)
            if progress is not None:
                progress(Progress(f"{size}²", k + 1, len(engines), f"{k + 1} engines"))
        theirs = taken["algotom"][0] if "algotom" in taken else np.nan
        for engine in engines:
            seconds, made = taken[engine.name]
            rmse, mean = scores(made, engine.lies(size))
            error = mean / CYLINDER.value - 1
            yield (
                Measurement(size, study.views, engine.name, seconds, seconds / theirs, rmse, mean, error),
                made,
            )


def scores(made: npt.NDArray[np.floating], axis: float) -> tuple[float, float]:
    """Give the error of a slice (N, N) in 1/µm, with the rotation axis at row and column `axis`, and the cylinder's mean."""
    size = len(made)
    wrong = (made - section(size, axis))[within(size, axis, SEEN)]
    return float(np.sqrt(np.mean(wrong**2))), float(made[within(size, axis, CORE, CYLINDER)].mean(dtype=np.float64))


def _views(engine: Engine, size: int, angles: FloatArray) -> npt.NDArray[np.float32]:
    one = views_of(size, angles, engine.axis(size))[:, None]
    return np.repeat(one, engine.rows, axis=1)


def _timed(engine: Engine, size: int, angles: FloatArray) -> tuple[float, npt.NDArray[np.floating]]:
    """Seconds a slice, and the first slice in 1/µm."""
    views, axis = _views(engine, size, angles), engine.axis(size)
    begun, best = time.perf_counter(), np.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        made = engine.make(views, angles, axis)
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > ENOUGH:
            break
    return best / engine.rows, np.asarray(made[0]) / pixel_size(size)
