"""A series of masks, each registered to the fixed one from its neighbour's result: motion is slow and ordered in energy."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import as_array, as_numbers, as_voxel_size
from ..data import EnergyStack, FloatArray
from ..errors import Aborted, RegistrationError
from ..parameters import checked
from ..progress import Progress, ProgressCallback, raise_if_aborted
from .overlap import Mask, Matrix, as_mask
from .pair import PairRegistration, register_masks
from .parameters import RegisterParameters
from .registration import Registration

_D = RegisterParameters()


def register(
    masks: Any,
    fixed: int = _D.fixed,
    transform: str = _D.transform,
    engine: str = _D.engine,
    *,
    energies: Any = None,
    voxel_size: Any = None,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
    **parameters: Any,
) -> Registration:
    """Register the masks of all energies to that of one.

    Parameters
    ----------
    masks : (E, z, y, x) masks, NumPy, dask or zarr
        As `binarize` gives them; one energy is in memory at a time beside the fixed one.
    fixed : int
        Index of the energy that stays; -1 is the highest.
    transform : 'translation', 'rigid', 'similarity' or 'affine'
    engine : 'auto' or 'simpleitk'
    energies : (E,), eV, or None when unknown
    voxel_size : float or (3,), nm, (z, y, x), or None when unknown
        What 'rigid' and 'similarity' mean where voxels are no cubes.
    progress : callable or None
        Called after every energy.
    abort : Event or None
        Stops within one iteration of the solver.
    **parameters
        The others of `RegisterParameters`.

    Returns
    -------
    Registration
        An energy that cannot be registered has status 'failed', a matrix of NaN and the reason as its flag.

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    RegistrationError
        If there is only one energy, the array is not 4-D or holds no masks, energies or voxel size are no numbers or do
        not fit, or there is no energy `fixed`.
    Aborted
        If `abort` was set.
    """
    chosen = checked(
        RegisterParameters, {"fixed": fixed, "transform": transform, "engine": engine, **parameters}, where="register"
    )
    if isinstance(masks, EnergyStack):
        energies, voxel_size, masks = masks.energies, masks.voxel_size, masks.data
    masks = as_array(masks, "voxels of the masks", RegistrationError)
    _checked_count(masks)
    voxel_size = as_voxel_size(voxel_size, RegistrationError)
    known = _energies(energies, len(masks))
    results: dict[int, PairRegistration] = {}
    for index, pair in registration_steps(masks, energies=known, parameters=chosen, voxel_size=voxel_size, abort=abort):
        results[index] = pair
        if progress is not None:
            energy = float(known[index]) if np.isfinite(known[index]) else None
            progress(Progress("register", len(results), len(masks), pair.reason or f"MSE {pair.mse_after:.3g}", energy))
    return assemble(results, known, chosen, tuple(masks.shape[1:]), voxel_size)


def registration_steps(
    masks: Any,
    *,
    energies: Any = None,
    parameters: RegisterParameters = _D,
    voxel_size: Any = None,
    done: Mapping[int, PairRegistration] | None = None,
    abort: threading.Event | None = None,
) -> Iterator[tuple[int, PairRegistration]]:
    """Register energy after energy, outward from the fixed one, and give each as it is finished.

    Parameters
    ----------
    masks : (E, z, y, x) masks
    energies : (E,), eV, or None
        For messages only.
    parameters : RegisterParameters
    voxel_size : float or (3,), or None
    done : mapping of index to PairRegistration
        Results of an earlier run, which are not redone and not given again; neighbours start from them.
    abort : Event or None

    Raises
    ------
    RegistrationError
        As `register`.
    Aborted
        If `abort` was set; an energy that was not finished is not given.
    """
    count = _checked_count(masks)
    fixed = _fixed_index(parameters.fixed, count)
    known = dict(done or {})
    still: Mask | None = None
    for index, toward in _outward(fixed, count):
        if index in known:
            continue
        raise_if_aborted(abort)
        if still is None:
            still = _one_mask(masks, fixed, energies)
        if index == fixed:
            pair = _itself(still)
        else:
            start = _nearest_result(known, index, toward, fixed)
            other = _one_mask(masks, index, energies)
            pair = register_masks(still, other, parameters, start=start, spacing=voxel_size, abort=abort)
            if pair.status == "aborted":
                raise Aborted
        known[index] = pair
        yield index, pair


def assemble(
    results: Mapping[int, PairRegistration],
    energies: Any,
    parameters: RegisterParameters,
    shape: tuple[int, ...],
    voxel_size: Any = None,
) -> Registration:
    """Put the results of all energies together.

    Parameters
    ----------
    results : mapping of index to PairRegistration
        One an energy.
    energies : (E,), eV, or None when unknown
    parameters : RegisterParameters
    shape : (z, y, x)
    voxel_size : float or (3,), nm, or None

    Raises
    ------
    RegistrationError
        If an energy is missing.
    """
    import pandas as pd

    count = len(results) if energies is None else len(energies)
    missing = [index for index in range(count) if index not in results]
    if missing:
        raise RegistrationError(f"Energies that are not registered yet: {missing}.")
    pairs = [results[index] for index in range(count)]
    known = _energies(energies, count)
    quality = pd.DataFrame(
        {
            "energy_eV": known,
            "mse_raw": [p.mse_before for p in pairs],
            "mse_global": [p.mse_after for p in pairs],
            "mse_registered": [p.mse_after for p in pairs],
            "dice_raw": [p.dice_before for p in pairs],
            "dice_global": [p.dice_after for p in pairs],
            "dice_registered": [p.dice_after for p in pairs],
            "iterations": [p.iterations for p in pairs],
            "stop_reason": [p.stop_reason for p in pairs],
            "status": [p.status for p in pairs],
            "flag": [p.reason or p.flag for p in pairs],
        }
    )
    return Registration(
        energies=known,
        fixed_index=_fixed_index(parameters.fixed, count),
        transform=parameters.transform,
        shape=tuple(int(n) for n in shape),  # type: ignore[arg-type]
        voxel_size=as_voxel_size(voxel_size, RegistrationError),
        matrices=np.stack([p.matrix for p in pairs]),
        particle_matrices=None,
        quality=quality,
    )


def _checked_count(masks: Any) -> int:
    if np.ndim(masks) != 4:
        raise RegistrationError(f"Masks have four axes (energy, z, y, x); found {np.ndim(masks)}.")
    count = len(masks)
    if count < 2:
        raise RegistrationError("There is only one energy: registration needs two or more.")
    return count


def _fixed_index(fixed: int, count: int) -> int:
    if not -count <= fixed < count:
        raise RegistrationError(f"There is no energy {fixed} to register to: there are {count}, numbered from 0.")
    return fixed % count


def _energies(energies: Any, count: int) -> FloatArray:
    if energies is None:
        return np.full(count, np.nan)
    known = as_numbers(energies, "energies", RegistrationError)
    if known.shape != (count,):
        raise RegistrationError(f"{known.size} energies do not fit {count} masks.")
    return known


def _outward(fixed: int, count: int) -> Iterator[tuple[int, int]]:
    """Indices from the fixed one down, then up, with the step back to the fixed one."""
    yield fixed, 0
    for index in range(fixed - 1, -1, -1):
        yield index, 1
    for index in range(fixed + 1, count):
        yield index, -1


def _nearest_result(known: Mapping[int, PairRegistration], index: int, toward: int, fixed: int) -> Matrix | None:
    """Matrix of the nearest neighbour towards the fixed energy that did not fail; None when that is the fixed one itself."""
    for neighbour in range(index + toward, fixed, toward):
        if neighbour in known and known[neighbour].status != "failed":
            return known[neighbour].matrix
    return None


def _one_mask(masks: Any, index: int, energies: Any) -> Mask:
    name = f"energy {index}" if energies is None or not np.isfinite(energies[index]) else f"{energies[index]:g} eV"
    return as_mask(np.asarray(masks[index]), name)


def _itself(mask: npt.NDArray[np.bool_]) -> PairRegistration:
    """Give the record of the fixed energy."""
    said = "" if mask.any() and not mask.all() else "The fixed mask has no surface: nothing can be registered to it."
    return PairRegistration(np.eye(4), 0.0, 0.0, 1.0, 1.0, 0, "This is the fixed energy.", "converged", flag=said)
