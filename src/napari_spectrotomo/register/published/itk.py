"""The published method: affine, mean squares, regular-step gradient descent, from coarse to fine (Zhang et al. 2021), by SimpleITK.

MATLAB's settings presume grey values from 0 to 255. Here masks are 0 and 1, and the solver works in a frame in which the surface
has unit extent along every axis, so that steps of a shift, of a rotation and of a shear all move it alike: without that, rotations
stop short by half a voxel. At the finest level only voxels in the band of either surface are looked at.
"""

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix
from ..parameters import RegisterParameters
from ..solution import Solution
from .preparation import PreparedPair

LONGEST_STEP = 1.0
COARSE_STEP = 10.0
SMALLEST_GRID = 12
BAND = 0.02
SMOOTHING = 1.0
WORK_UNITS = 8

Frame = npt.NDArray[np.float64]


def solve(
    pair: PreparedPair,
    start: Matrix,
    parameters: RegisterParameters,
    spacing: npt.NDArray[np.float64],
    abort: threading.Event | None = None,
) -> Solution:
    """Minimise the mean squared difference of two masks from a starting matrix.

    Parameters
    ----------
    pair : PreparedPair
    start : (n + 1, n + 1)
        Between the cropped masks, in voxel indices.
    parameters : RegisterParameters
    spacing : (n,)
        Voxel size, which says what a rotation is.
    abort : Event or None
        Stops the solver within one iteration.

    Raises
    ------
    RuntimeError
        ITK's, when it cannot go on.
    """
    frame = _frame(pair, parameters.matrix_transform, spacing)
    matrix, iterations = start, 0
    for level in reversed(range(parameters.levels)):
        shrink = min(2**level, max(1, min(pair.fixed.shape) // SMALLEST_GRID))
        sigma = smoothing_of(parameters) * max(1.0, 0.75 * shrink)
        matrix, count, reason = _level(pair, matrix, parameters, frame, level, shrink, sigma, abort)
        iterations += count
        if abort is not None and abort.is_set():
            return Solution(matrix, iterations, "Stopped on request.", "aborted")
    return Solution(matrix, iterations, reason, "limit" if "Maximum number of iterations" in reason else "converged")


def smoothing_of(parameters: RegisterParameters) -> float:
    """Give the smoothing at the finest level, in voxels."""
    return SMOOTHING if parameters.smoothing is None else parameters.smoothing


def _frame(pair: PreparedPair, transform: str, spacing: npt.NDArray[np.float64]) -> Frame:
    """Lengths of a voxel in which the fixed surface has unit extent; alike along all axes where angles must be kept."""
    if transform == "affine":
        return 1 / pair.extent
    return np.asarray(spacing / np.sqrt(np.mean((pair.extent * spacing) ** 2)))


def _level(
    pair: PreparedPair,
    matrix: Matrix,
    parameters: RegisterParameters,
    frame: Frame,
    level: int,
    shrink: int,
    sigma: float,
    abort: threading.Event | None,
) -> tuple[Matrix, int, str]:
    """Run one level; give the matrix it ends at, its iterations and ITK's reason to stop."""
    import SimpleITK as sitk
    from scipy.ndimage import gaussian_filter

    fixed, moving = (gaussian_filter(mask.astype(np.float32), sigma) for mask in (pair.fixed, pair.moving))
    voxel = float(np.exp(np.mean(np.log(frame))))
    coarse = COARSE_STEP if level else 1.0
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfWorkUnits(WORK_UNITS)
    method.SetMetricAsMeanSquares()
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetMetricUseFixedImageGradientFilter(False)
    method.SetMetricUseMovingImageGradientFilter(False)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=LONGEST_STEP * 2**level * voxel,
        minStep=parameters.min_step * coarse * voxel,
        numberOfIterations=parameters.max_iterations,
        relaxationFactor=parameters.relaxation,
        gradientMagnitudeTolerance=1e-12,
    )
    method.SetShrinkFactorsPerLevel([shrink])
    method.SetSmoothingSigmasPerLevel([0])
    transform = _transform(matrix, parameters.matrix_transform, pair.center, frame)
    method.SetInitialTransform(transform, True)
    if level == 0:
        method.SetMetricFixedMask(_image(_band(fixed, moving, matrix).astype(np.uint8), frame))
    if abort is not None:
        event = abort
        method.AddCommand(sitk.sitkIterationEvent, lambda: method.StopRegistration() if event.is_set() else None)
    try:
        method.Execute(_image(fixed, frame), _image(moving, frame))
    finally:
        method.RemoveAllCommands()  # they hold the method, and it holds them
    return (
        _matrix(transform, pair.center, frame),
        int(method.GetOptimizerIteration()),
        str(method.GetOptimizerStopConditionDescription()).split(": ", 1)[-1],
    )


def _band(fixed: npt.NDArray[np.float32], moving: npt.NDArray[np.float32], matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Voxels near the surface of either mask."""
    from scipy.ndimage import affine_transform

    moved = affine_transform(moving, matrix, output_shape=fixed.shape, order=1)
    near = (fixed > BAND) & (fixed < 1 - BAND)
    near |= (moved > BAND) & (moved < 1 - BAND)
    return near


def _image(array: npt.NDArray[Any], frame: Frame) -> Any:
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array)
    image.SetSpacing(frame[::-1].tolist())
    return image


def _transform(matrix: Matrix, kind: str, center: npt.NDArray[np.float64], frame: Frame) -> Any:
    """Build ITK's transform, whose points are (x, y, z) in units of the frame, about the centre of the fixed surface."""
    import SimpleITK as sitk

    n = len(center)
    shift = (matrix[:-1, :-1] @ center + matrix[:-1, -1] - center) * frame
    if kind == "translation":
        return sitk.TranslationTransform(n, shift[::-1].tolist())
    kinds = {
        "rigid": {2: sitk.Euler2DTransform, 3: sitk.Euler3DTransform},
        "similarity": {2: sitk.Similarity2DTransform, 3: sitk.Similarity3DTransform},
    }
    transform = sitk.AffineTransform(n) if kind == "affine" else kinds[kind][n]()
    transform.SetCenter((center * frame)[::-1].tolist())
    linear = (frame[:, None] * matrix[:-1, :-1] / frame)[::-1, ::-1]
    if kind != "affine":
        linear = _nearest_similarity(linear, keep_scale=kind == "similarity")
    transform.SetMatrix(linear.ravel().tolist())
    transform.SetTranslation(shift[::-1].tolist())
    return transform


def _nearest_similarity(linear: Matrix, keep_scale: bool) -> Matrix:
    """Give the rotation nearest to a linear map, with its mean scale or without (orthogonal Procrustes)."""
    left, _, right = np.linalg.svd(linear)
    left[:, -1] *= np.sign(np.linalg.det(left @ right))
    scale = abs(np.linalg.det(linear)) ** (1 / len(linear)) if keep_scale else 1.0
    return np.asarray(scale * left @ right)


def _matrix(transform: Any, center: npt.NDArray[np.float64], frame: Frame) -> Matrix:
    """Give the matrix in voxel indices (z, y, x, 1) of an ITK transform."""
    n = len(center)
    out = np.eye(n + 1)
    if transform.GetName() == "TranslationTransform":
        out[:-1, -1] = np.array(transform.GetOffset())[::-1] / frame
        return out
    linear = np.array(transform.GetMatrix()).reshape(n, n)[::-1, ::-1]
    out[:-1, :-1] = linear * frame / frame[:, None]
    out[:-1, -1] = center + np.array(transform.GetTranslation())[::-1] / frame - out[:-1, :-1] @ center
    return out
