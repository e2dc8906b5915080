"""A phantom scan and what it was made of."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Scan
from ..errors import DataError, ParameterError
from ..parameters import as_plain, checked
from ..progress import Progress, ProgressCallback, raise_if_aborted
from .chemistry import chemistry_of
from .detector import FRAMES, Detector, detectors
from .motion import magnified, motion_matrices
from .parameters import SimulateParameters
from .phantom import two_particles
from .projector import project
from .truth import Truth, truth_of

_STILL = 0.04
"""What the lower particle moves of the upper one's motion."""
_SECONDS = 1200.0
"""From the start of one tomogram to that of the next."""


def simulate_scan(
    parameters: SimulateParameters | None = None,
    *,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
    **changes: Any,
) -> tuple[Scan, Truth]:
    """Simulate the scan of two cracked particles, of which the upper one tilts while the energy rises.

    Each particle is moved, magnified and put on the grid of each energy by one cubic interpolation, projected, and counted. Valence
    falls from the surface inwards. Axes, orientation and signs are those of all scans and volumes of this package.

    Parameters
    ----------
    parameters : SimulateParameters
        None: the defaults.
    progress, abort
        Called after each energy; stops the work between energies.
    **changes
        Parameters by name, in place of those given.

    Returns
    -------
    scan : Scan
        Counts, uint16, with flats before and after each tomogram and darks.
    truth : Truth

    Raises
    ------
    ParameterError
        If a parameter has a value it cannot have.
    DataError
        If an energy occurs twice.

    Examples
    --------
    >>> scan, truth = simulate_scan(rows=24, columns=32, n_angles=5, energies=(6480.0, 6550.0, 6710.0))
    >>> scan.projections[0].shape, truth.matrices.shape
    ((5, 24, 32), (2, 3, 4, 4))
    """
    if not isinstance(parameters, SimulateParameters | None):
        raise ParameterError(
            f"simulate_scan takes SimulateParameters, or parameters by name; found {type(parameters).__name__}."
        )
    base = {} if parameters is None else {n: getattr(parameters, n) for n in SimulateParameters.__dataclass_fields__}
    given = base | changes
    if "energies" in given and np.ndim(given["energies"]):
        given["energies"] = tuple(np.asarray(given["energies"]).tolist())
    p = checked(SimulateParameters, given, where="simulate")
    p = replace(p, energies=tuple(sorted(p.energies)))
    energies = np.array(p.energies)
    if np.any(np.diff(energies) == 0):
        raise DataError(
            f"The energy {energies[1:][np.diff(energies) == 0][0]:g} eV occurs twice: name each energy once."
        )
    phantom_seed, detector_seed, *noise_seeds = np.random.SeedSequence(p.seed).spawn(2 + len(energies))
    shape = (p.rows, p.columns, p.columns)
    particles = two_particles(shape, np.random.default_rng(phantom_seed))
    pixel_size = p.pixel_size * (energies / energies[-1] if p.magnification else np.ones_like(energies))
    chemistry = chemistry_of(p, energies)
    n = len(energies)
    matrices = np.stack(
        [motion_matrices(k.centroid, p.tilt_degrees * a, p.drift * a, a, n) for k, a in zip(particles, (1.0, _STILL))]
    )
    raw = magnified(matrices, p.pixel_size / pixel_size, shape)
    angles = np.linspace(-90.0, 90.0, p.n_angles)
    center = (p.columns - 1) / 2 + p.axis_offset
    states = detectors(p, n, np.random.default_rng(detector_seed))

    frames: list[tuple[npt.NDArray[np.uint16], ...]] = []
    for e in range(n):
        raise_if_aborted(abort)
        volume = moved_volume([chemistry.attenuation(k, e) for k in particles], raw[:, e])
        depth = project(volume * np.float32(pixel_size[e] * 1e-3), angles, center)
        frames.append(_frames(states[e], depth, np.random.default_rng(noise_seeds[e])))
        if progress is not None:
            progress(Progress("simulate", e + 1, n, "projected", float(energies[e])))
    views, flats, darks = zip(*frames)
    scan = Scan.from_arrays(
        views,
        energies,
        angles,
        flats=flats,
        darks=darks,
        pixel_size=pixel_size,
        exposure=1.0,
        flat_exposure=1.0,
        time=_SECONDS * np.arange(n),
        flat_positions=[np.repeat([0, len(angles)], FRAMES)] * n,
        metadata={"format": "simulated", "files": [], "simulate": as_plain(p)},
    )
    return scan, truth_of(p, particles, chemistry, matrices, raw, pixel_size, angles, center, states[0].dead)


def moved_volume(attenuations: list[FloatArray], matrices: FloatArray) -> npt.NDArray[np.float32]:
    """Put particles (z, y, x) where `matrices` (P, 4, 4), fixed to moved, say: one cubic interpolation each."""
    from scipy.ndimage import affine_transform

    volume = np.zeros(attenuations[0].shape, np.float32)
    for attenuation, matrix in zip(attenuations, matrices):
        volume += affine_transform(attenuation.astype(np.float32), np.linalg.inv(matrix), order=3)
    return volume


def _frames(state: Detector, depth: FloatArray, rng: np.random.Generator) -> tuple[npt.NDArray[np.uint16], ...]:
    passed = (np.arange(len(depth)) + 0.5) / len(depth)
    before, views = state.flats(False, rng), state.counts(depth, passed, rng)
    return views, np.concatenate([before, state.flats(True, rng)]), state.darks(rng)
