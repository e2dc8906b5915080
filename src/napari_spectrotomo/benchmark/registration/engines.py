"""The engines that are compared, each as it is meant to be used: two masks in, a matrix from fixed to moving voxels out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import Aborted, ParameterError
from ...register import register_pair
from .phantom import Matrix

Mask = npt.NDArray[np.bool_]
Solve = Callable[[Mask, Mask, threading.Event | None], tuple[Matrix, str]]

ELASTIX_ITERATIONS = 500


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to register two masks.

    Attributes
    ----------
    name : str
        What ``--engines`` calls it.
    label : str
        What tables and figures call it.
    words : str
        What it is, in a line.
    needs : str
        The package it needs beyond ours, as pip knows it; empty for none.
    module : str
        What of that package is imported.
    solve : function
        (fixed, moving, abort) -> matrix (4, 4), NaN after a failure, and status.
    """

    name: str
    label: str
    words: str
    needs: str
    module: str
    solve: Solve

    def installed(self) -> bool:
        """Whether the package it needs can be imported."""
        return not self.module or find_spec(self.module) is not None


def available(names: Sequence[str] | None = None) -> tuple[Engine, ...]:
    """Give the engines of these names, in this order; None for all that can run here.

    Raises
    ------
    ParameterError
        If there is no such engine, or the package it needs is not installed.
    """
    if names is None:
        return tuple(engine for engine in ENGINES.values() if engine.installed())
    chosen = []
    for name in dict.fromkeys(names):
        if name not in ENGINES:
            raise ParameterError(f"There is no engine {name!r} to compare: the engines are {', '.join(ENGINES)}.")
        if not ENGINES[name].installed():
            raise ParameterError(f"The engine {name!r} is not installed: pip install {ENGINES[name].needs}.")
        chosen.append(ENGINES[name])
    if not chosen:
        raise ParameterError(f"Name one engine or more: {', '.join(ENGINES)}.")
    return tuple(chosen)


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
