"""The published robustness study: known motions and noise, and every engine on the same pairs, one after another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...progress import Progress, ProgressCallback, raise_if_aborted
from ...register import mask_overlap
from ...segment import binarize_volume
from .engines import Engine, Mask, available
from .perturbations import CASES, NOISE, motion, salt_and_pepper
from .phantom import Matrix, Phantom

Place = Literal["mask", "grey"]
PLACES: tuple[Place, ...] = ("mask", "grey")
POINTS = 3000
WARM_UP = SMALLEST = 32
QUICK_NOISE = (0.0, 0.10, 0.30)


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared on what.

    Attributes
    ----------
    size : int
        Edge of the cube in voxels.
    seed : int
        Of the particles, the motions and the noise.
    cases : tuple of str
        Of `CASES`.
    noise : tuple of float
        Fractions of salt-and-pepper noise in the moving volume.
    engines : tuple of Engine
    """

    size: int = 128
    seed: int = 1
    cases: tuple[str, ...] = CASES
    noise: tuple[float, ...] = NOISE
    engines: tuple[Engine, ...] = ()

    def quick(self) -> Study:
        """Give a study of volumes half as large, at three levels of noise."""
        return replace(self, size=max(self.size // 2, SMALLEST), noise=QUICK_NOISE)

    def chosen(self) -> tuple[Engine, ...]:
        """Give the engines, all that can run here where none are named."""
        return self.engines or available()


@dataclass(frozen=True, slots=True)
class Measurement:
    """One registration, scored.

    Attributes
    ----------
    case : str
        The motion.
    noise : float
        Fraction of voxels hit.
    noise_in : 'mask' or 'grey'
        Whether the moving mask was noisy, or the grey tomogram from which `binarize` made it.
    engine : str
        Name of the engine.
    tre_mean, tre_95 : float, voxel
        Target registration error over particle voxels, its mean and its 95th percentile; NaN after a failure.
    mse_raw, mse_registered, mse_truth : float
        Mean squared error of the clean moving mask from the clean fixed one: where it lies, by the transform found, by the true one
        (what interpolation alone leaves). Noise is in what the engine saw, never in what it is scored by.
    dice_raw, dice_registered : float
    seconds : float
        The registration alone.
    status : str
    """

    case: str
    noise: float
    noise_in: Place
    engine: str
    tre_mean: float
    tre_95: float
    mse_raw: float
    mse_registered: float
    mse_truth: float
    dice_raw: float
    dice_registered: float
    seconds: float
    status: str


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """A fixed volume with what a moved one is scored by."""

    phantom: Phantom
    fixed: Mask
    fixed_from_grey: Mask
    points: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Moved:
    """A case: the true matrix, the clean volume and what every engine's result has in common."""

    truth: Matrix
    grey: npt.NDArray[np.float32]
    clean: Mask
    raw: tuple[float, float]
    at_truth: float


def measurements(
    study: Study, *, progress: ProgressCallback | None = None, abort: threading.Event | None = None
) -> Iterator[Measurement]:
    """Run a study, a measurement at a time; all engines see the same pairs.

    Noise and motions depend on seed, case and noise only, so a shorter study repeats a part of a longer one.

    Parameters
    ----------
    study : Study
    progress : function or None
        Called after each registration, a stage a case.
    abort : Event or None

    Raises
    ------
    Aborted
        Once `abort` is set; what was given before is whole.
    """
    engines = study.chosen()
    warm_up(engines, abort)
    scene = _scene(study)
    total = len(PLACES) * len(study.noise) * len(engines)
    for case in study.cases:
        moved, done = _moved(scene, case, study.seed), 0
        for place in PLACES:
            for fraction in study.noise:
                fixed, moving = _pair(scene, moved, place, fraction, (study.seed, CASES.index(case)))
                for engine in engines:
                    raise_if_aborted(abort)
                    yield _measured(scene, moved, engine, (fixed, moving), (case, place, fraction), abort)
                    done += 1
                    if progress is not None:
                        said = f"{done} registrations" if done == total else f"{engine.label}, {fraction:.0%} noise"
                        progress(Progress(case, done, total, said))


def warm_up(engines: tuple[Engine, ...], abort: threading.Event | None = None) -> None:
    """Let every engine compile and load its libraries, so that no measurement pays for it."""
    small = Phantom.draw(WARM_UP, 0)
    turned = motion("rotation", WARM_UP, np.random.default_rng(0))
    for engine in engines:
        raise_if_aborted(abort)
        engine.solve(small.mask(), small.mask(turned), abort)


def warp_seconds(size: int, seed: int = 1) -> float:
    """Time one trilinear warp of such a volume by scipy, the yardstick of every engine; the best of three."""
    from scipy.ndimage import affine_transform

    matrix = motion("rotation", size, np.random.default_rng(seed))
    volume = Phantom.draw(size, seed).grey()
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        affine_transform(volume, matrix, order=1)
        taken.append(time.perf_counter() - start)
    return min(taken)


def _scene(study: Study) -> _Scene:
    phantom = Phantom.draw(study.size, study.seed)
    grey = phantom.grey()
    inside = np.argwhere(grey > 0.5)
    chosen = inside[np.random.default_rng(study.seed).integers(len(inside), size=POINTS)]
    return _Scene(phantom, grey > 0.5, binarize_volume(grey).mask, np.c_[chosen, np.ones(POINTS)])


def _moved(scene: _Scene, case: str, seed: int) -> _Moved:
    truth = motion(case, scene.phantom.size, np.random.default_rng([seed, CASES.index(case)]))
    grey = scene.phantom.grey(truth)
    clean = grey > 0.5
    raw = mask_overlap(scene.fixed, clean)
    return _Moved(truth, grey, clean, (raw.mse, raw.dice), mask_overlap(scene.fixed, clean, truth).mse)


def _pair(scene: _Scene, moved: _Moved, place: Place, fraction: float, seeds: tuple[int, ...]) -> tuple[Mask, Mask]:
    rng = np.random.default_rng([*seeds, PLACES.index(place), round(1e6 * fraction)])
    if place == "mask":
        return scene.fixed, salt_and_pepper(moved.clean, fraction, rng)
    return scene.fixed_from_grey, binarize_volume(salt_and_pepper(moved.grey, fraction, rng)).mask


def _measured(
    scene: _Scene,
    moved: _Moved,
    engine: Engine,
    pair: tuple[Mask, Mask],
    what: tuple[str, Place, float],
    abort: threading.Event | None,
) -> Measurement:
    start = time.perf_counter()
    matrix, status = engine.solve(*pair, abort)
    seconds = time.perf_counter() - start
    error = np.linalg.norm(scene.points @ (matrix - moved.truth)[:3].T, axis=1)
    after = mask_overlap(scene.fixed, moved.clean, matrix)
    case, place, fraction = what
    return Measurement(
        case=case,
        noise=fraction,
        noise_in=place,
        engine=engine.name,
        tre_mean=float(error.mean()),
        tre_95=float(np.percentile(error, 95)),
        mse_raw=moved.raw[0],
        mse_registered=after.mse,
        mse_truth=moved.at_truth,
        dice_raw=moved.raw[1],
        dice_registered=after.dice,
        seconds=seconds,
        status=status,
    )
