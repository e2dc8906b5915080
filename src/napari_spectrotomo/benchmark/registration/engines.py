"""The engines that are compared, each as it is meant to be used: two masks in, a matrix from fixed to moving voxels out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import Aborted
from ...register import register_pair
from ..engines import Engine as AnyEngine
from ..engines import chosen_of
from .phantom import Matrix

Mask = npt.NDArray[np.bool_]
Solve = Callable[[Mask, Mask, threading.Event | None], tuple[Matrix, str]]

ELASTIX_ITERATIONS = 500


@dataclass(frozen=True, slots=True)
class Engine(AnyEngine):
    """One way to register two masks.

    Attributes
    ----------
    solve : function
        (fixed, moving, abort) -> matrix (4, 4), NaN after a failure, and status.
    """

    solve: Solve


def available(names: Sequence[str] | None = None) -> tuple[Engine, ...]:
    """Give the engines of these names, in this order, as `chosen_of` does; None for all that can run here."""
    return chosen_of(ENGINES, names)


def _ours(fixed: Mask, moving: Mask, abort: threading.Event | None) -> tuple[Matrix, str]:
    return _by_register_pair(fixed, moving, "auto", abort)


def _simpleitk(fixed: Mask, moving: Mask, abort: threading.Event | None) -> tuple[Matrix, str]:
    return _by_register_pair(fixed, moving, "simpleitk", abort)


def _by_register_pair(fixed: Mask, moving: Mask, engine: str, abort: threading.Event | None) -> tuple[Matrix, str]:
    found = register_pair(fixed, moving, engine=engine, abort=abort)
    if found.status == "aborted":
        raise Aborted
    return found.matrix, found.status


def _elastix(fixed: Mask, moving: Mask, abort: threading.Event | None) -> tuple[Matrix, str]:
    """Run elastix (Klein et al. 2010): affine, mean squares, sampled gradient descent; it cannot be stopped within."""
    import itk

    settings = itk.ParameterObject.New()
    parameters = settings.GetDefaultParameterMap("affine")
    parameters["Metric"] = ["AdvancedMeanSquares"]
    parameters["MaximumNumberOfIterations"] = [str(ELASTIX_ITERATIONS)]
    parameters["WriteResultImage"] = ["false"]
    settings.AddParameterMap(parameters)
    still, other = (itk.image_view_from_array(mask.astype(np.float32)) for mask in (fixed, moving))
    try:
        _, found = itk.elastix_registration_method(still, other, parameter_object=settings, log_to_console=False)
    except RuntimeError:  # elastix gives up where its samples no longer meet the moving image
        return np.full((4, 4), np.nan), "failed"
    return _matrix_of(found), "converged"


def _matrix_of(found: Any) -> Matrix:
    """Give the matrix in (z, y, x, 1) of elastix's affine transform: x -> A (x - c) + c + t, along (x, y, z)."""
    numbers = np.array(found.GetParameter(0, "TransformParameters"), float)
    center = np.array(found.GetParameter(0, "CenterOfRotationPoint"), float)[::-1]
    matrix = np.eye(4)
    matrix[:3, :3] = numbers[:9].reshape(3, 3)[::-1, ::-1]
    matrix[:3, 3] = center - matrix[:3, :3] @ center + numbers[9:][::-1]
    return matrix


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("ours", "ours", "register_pair with its defaults", "", "", _ours),
        Engine("simpleitk", "SimpleITK", "register_pair(engine='simpleitk'), the published method", "", "", _simpleitk),
        Engine(
            "elastix",
            "elastix",
            f"elastix, affine, mean squares, {ELASTIX_ITERATIONS} iterations of sampled gradient descent a level",
            "itk-elastix",
            "itk",
            _elastix,
        ),
    )
}
