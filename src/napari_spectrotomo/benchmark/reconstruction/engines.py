"""What is compared: our volume of many slices at once, and each peer's own call on one slice, as its manual has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...reconstruct import ReconstructParameters, reconstruct_volume
from ...threads import thread_count
from ..engines import Engine as AnyEngine
from ..engines import chosen_of, missing_of
from ..style import BLUE, GREEN, ORANGE, PINK

Float32 = npt.NDArray[np.float32]
Make = Callable[[Float32, FloatArray, float], npt.NDArray[np.floating]]

BESIDE = 3.4
"""Columns by which the rotation axis lies beside the middle, for engines that can be told."""


@dataclass(frozen=True, slots=True)
class Engine(AnyEngine):
    """One way to make slices by filtered back-projection.

    Attributes
    ----------
    rows : int
        Slices it is given at a time.
    axis : function
        Columns -> where the rotation axis shall be in the views.
    lies : function
        Columns -> row and column of the rotation axis in the slices.
    make : function
        (views (A, R, C), angles, axis) -> slices (R, C, C), attenuation a pixel.
    colour, marker : str
        In figures.
    """

    rows: int
    axis: Callable[[int], float]
    lies: Callable[[int], float]
    make: Make
    colour: str
    marker: str


def available(names: Sequence[str] | None = None) -> tuple[Engine, ...]:
    """Give the engines of these names, in this order, as `chosen_of` does; None for all that can run here."""
    return chosen_of(ENGINES, names)


def missing() -> tuple[str, ...]:
    """Say which engines are left out because they are not installed, a sentence each."""
    return missing_of(ENGINES)


def _middle(columns: int) -> float:
    return (columns - 1) / 2


def _beside(columns: int) -> float:
    return _middle(columns) + BESIDE


def _half(columns: int) -> float:
    return columns // 2


def _ours(views: Float32, angles: FloatArray, axis: float) -> Float32:
    return reconstruct_volume(views, angles, axis, parameters=ReconstructParameters(engine="numba", filter="ramp"))


def _algotom(views: Float32, angles: FloatArray, axis: float) -> npt.NDArray[np.floating]:
    from algotom.rec.reconstruction import fbp_reconstruction

    made = fbp_reconstruction(
        views[:, 0],
        axis,
        angles=np.deg2rad(angles),
        apply_log=False,
        gpu=False,
        ncore=thread_count(),
        filter_name=None,
        ratio=None,
    )
    return made[None]


def _skimage(views: Float32, angles: FloatArray, axis: float) -> npt.NDArray[np.floating]:
    from skimage.transform import iradon

    return iradon(views[:, 0].T.astype(float), theta=angles, filter_name="ramp")[None]


def _astra(views: Float32, angles: FloatArray, axis: float) -> npt.NDArray[np.floating]:
    import astra

    size = views.shape[2]
    grid = astra.create_vol_geom(size, size)
    detector = astra.create_proj_geom("parallel", 1.0, size, np.deg2rad(angles))
    sinogram = astra.data2d.create("-sino", detector, np.ascontiguousarray(views[:, 0]))
    image = astra.data2d.create("-vol", grid, 0.0)
    projector = astra.create_projector("linear", detector, grid)
    settings = astra.astra_dict("FBP")
    settings["ProjectorId"], settings["ProjectionDataId"] = projector, sinogram
    settings["ReconstructionDataId"] = image
    settings["option"] = {"FilterType": "ram-lak"}
    job = astra.algorithm.create(settings)
    try:
        astra.algorithm.run(job)
        return astra.data2d.get(image)[None]
    finally:
        astra.algorithm.delete(job)
        astra.projector.delete(projector)
        astra.data2d.delete([sinogram, image])


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            "ours",
            "ours",
            "reconstruct_volume(engine='numba', filter='ramp'), 64 slices at a time, all threads",
            "",
            "",
            64,
            _beside,
            _middle,
            _ours,
            BLUE,
            "o",
        ),
        Engine(
            "algotom",
            "algotom",
            "fbp_reconstruction(filter_name=None), on the processor, all threads",
            "algotom",
            "algotom",
            1,
            _beside,
            _middle,
            _algotom,
            ORANGE,
            "s",
        ),
        Engine(
            "astra",
            "ASTRA (CPU)",
            "the algorithm FBP with the linear projector, ram-lak, one thread, the axis in the middle",
            "astra-toolbox",
            "astra",
            1,
            _middle,
            _middle,
            _astra,
            GREEN,
            "^",
        ),
        Engine(
            "skimage",
            "scikit-image",
            "iradon(filter_name='ramp'), one thread, the axis at column N // 2",
            "scikit-image",
            "skimage",
            1,
            _half,
            _half,
            _skimage,
            PINK,
            "D",
        ),
    )
}
