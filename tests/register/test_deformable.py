"""The deformable solver: fields it must find, and fields it must not."""

import threading

import dask
import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo import register_pair
from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register.engine.deformable import BentSolution, solve_deformation
from napari_spectrotomo.register.resampling.deformation import Deformation, control_points

N = 48
AXES = np.indices((N, N, N)).astype(float)


def displaced(grey: np.ndarray, field: np.ndarray) -> np.ndarray:
    """The volume in which a fixed point p is found at p + u(p)."""
    here = np.indices(grey.shape).astype(float)
    origin = here.copy()
    for _ in range(25):
        origin = here - np.stack([ndi.map_coordinates(u, origin, order=1, mode="nearest") for u in field])
    return np.asarray(ndi.map_coordinates(grey, origin, order=3))


def noisy(mask: np.ndarray, share: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    hit = rng.random(mask.shape) < share
    return np.where(hit, rng.random(mask.shape) < 0.5, mask)


def rms(found: BentSolution, truth: np.ndarray | float, mask: np.ndarray, spacing: int = 16) -> float:
    field = Deformation(found.coefficients[None], spacing, mask.shape).field(0)
    return float(np.sqrt(np.mean(np.sum((field - truth) ** 2, axis=0)[mask])))


@pytest.fixture(scope="module")
def particle() -> np.ndarray:
    """A rough particle with some wide cracks, from 0 to 1."""
    rng = np.random.default_rng(4)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, N)] * 3, indexing="ij")
    rough, fine = (ndi.gaussian_filter(rng.standard_normal((N, N, N)), width) for width in (3, 3))
    inside = (x / 0.6) ** 2 + (y / 0.66) ** 2 + (z / 0.62) ** 2 + 0.1 * rough / rough.std() < 1
    return ndi.gaussian_filter((inside & (np.abs(fine / fine.std()) > 0.15)).astype(float), 0.8)


@pytest.fixture(scope="module")
def bend() -> np.ndarray:
    """Two voxels to and fro over about the particle, each axis by where another is."""
    return 2.0 * np.sin(2 * np.pi * AXES[[1, 2, 0]] / 64 + np.array([0.3, 1.0, 0.5])[:, None, None, None])


def test_identical_masks_are_not_displaced(particle):
    mask = particle > 0.4
    found = solve_deformation(mask, mask, np.eye(4))
    assert found.coefficients.shape == (3, *control_points(mask.shape, 16))
    assert found.coefficients.dtype == np.float32
    assert rms(found, 0.0, mask) < 0.005
    assert (found.status, found.folded, found.flag) == ("converged", 0.0, "")


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_noise_alone_displaces_next_to_nothing(particle, share):
    mask = particle > 0.4
    found = solve_deformation(noisy(mask, share, 1), noisy(mask, share, 2), np.eye(4))
    assert rms(found, 0.0, mask) < 0.07


def test_a_bend_of_two_voxels_is_found(particle, bend):
    mask = particle > 0.4
    found = solve_deformation(mask, displaced(particle, bend) > 0.4, np.eye(4))
    assert rms(found, bend, mask) < 0.25
    assert found.residual_after < 0.3 * found.residual_before
    assert found.folded == 0
    assert 0.02 < found.uncertainty < 0.4


def test_a_bend_is_found_on_top_of_an_affine_and_in_grey_volumes_with_unknown_voxels(particle, bend):
    mask = particle > 0.4
    matrix = np.eye(4)
    matrix[:3, :3] += [[0.02, -0.05, 0.0], [0.05, 0.03, 0.01], [0.0, 0.02, -0.03]]
    matrix[:3, 3] = 0.5 - matrix[:3, :3] @ [24, 24, 24] + 24
    moved = ndi.affine_transform(displaced(particle, bend), np.linalg.inv(matrix), order=3)
    moving = (30 + 12 * moved).astype(np.float32)
    moving[:3] = np.nan
    found = solve_deformation(particle.astype(np.float32), moving, matrix)
    turned = np.einsum("ab,bzyx->azyx", matrix[:3, :3], bend)
    assert rms(found, turned, mask) < 0.15
    assert found.residual_after < 12 * 0.05


def test_a_crack_that_opens_is_followed_on_both_sides(particle):
    mask = particle > 0.4
    opening = np.zeros((3, N, N, N))
    opening[0] = np.tanh((AXES[0] - N / 2) / 6)
    found = solve_deformation(mask, displaced(particle, opening) > 0.4, np.eye(4), spacing=12)
    assert rms(found, opening, mask, 12) < 0.3


def test_particles_keep_their_own_transforms_below_the_displacement(particle):
    labels = np.zeros((N, N, N), np.int32)
    labels[: N // 2], labels[N // 2 :] = 1, 2
    gap = np.abs(AXES[0] - N / 2 + 0.5) > 4
    grey, labels = particle * gap, np.where((particle > 0.4) & gap, labels, 0)
    shifts = {1: np.array([-1.5, 0.5, 1.0]), 2: np.array([1.5, -0.5, 0.0])}
    both = np.zeros((N, N, N))
    matrices = {}
    for number, shift in shifts.items():
        own = grey * (AXES[0] < N / 2 if number == 1 else AXES[0] > N / 2)
        both += ndi.shift(own, shift, order=3)
        matrices[number] = np.eye(4)
        matrices[number][:3, 3] = shift
    placed = solve_deformation(labels > 0, both > 0.4, np.eye(4), particles=matrices, labels=labels)
    assert rms(placed, 0.0, labels > 0) < 0.1
    assert rms(solve_deformation(labels > 0, both > 0.4, np.eye(4)), 0.0, labels > 0) > 0.8


def test_images_are_bent_within_their_plane():
    y, x = np.indices((96, 96)).astype(float)
    rng = np.random.default_rng(8)
    rough = ndi.gaussian_filter(rng.standard_normal((96, 96)), 4)
    grey = ndi.gaussian_filter(((np.hypot(y - 48, x - 48) < 36) & (rough > -0.7 * rough.std())).astype(float), 0.8)
    field = np.stack([0 * y, 2 * np.sin(x / 20), 2 * np.cos(y / 20)])[:, None]
    moving = displaced(grey[None], field) > 0.4
    found = solve_deformation(grey[None] > 0.4, moving, np.eye(4))
    assert np.all(found.coefficients[0] == 0)
    assert rms(found, field, grey[None] > 0.4) < 0.35
    assert found.folded == 0


def test_fitting_noise_without_stiffness_folds_and_says_so(particle):
    mask = particle > 0.4
    noise = ndi.gaussian_filter(np.random.default_rng(9).standard_normal(mask.shape), 2) > 0
    found = solve_deformation(mask, noise, np.eye(4), spacing=12, stiffness=1e-3, samples=5_000)
    assert found.folded > 0
    assert "folds" in found.flag


def test_it_is_the_same_to_the_bit_whatever_the_threads(particle, bend):
    fixed, moving = particle > 0.4, displaced(particle, bend) > 0.4
    found = []
    for threads in (1, 2):
        with dask.config.set(num_workers=threads):
            found.append(solve_deformation(fixed, moving, np.eye(4), samples=20_000).coefficients)
    np.testing.assert_array_equal(*found)


def test_stopping_displaces_nothing(particle):
    abort = threading.Event()
    said = []

    def stop(done: int, total: int, words: str) -> None:
        said.append((done, total, words))
        abort.set()

    mask = particle > 0.4
    found = solve_deformation(mask, np.roll(mask, 1, 0), np.eye(4), abort=abort, report=stop)
    assert len(said) == 1
    assert found.status == "aborted"
    assert not found.coefficients.any()


def test_what_cannot_be_bent_fails_in_a_sentence(particle):
    mask = particle > 0.4
    assert solve_deformation(np.zeros_like(mask), mask, np.eye(4)).status == "failed"
    assert solve_deformation(mask, mask, np.full((4, 4), np.nan)).status == "failed"
    with pytest.raises(RegistrationError, match="one voxel or more apart"):
        solve_deformation(mask, mask, np.eye(4), spacing=0)


def test_a_pair_may_be_deformed_too_and_turns_as_an_affine_one_does():
    z, y, x = np.indices((40, 40, 40)) - 19.5
    fixed = (z / 9) ** 2 + (y / 13) ** 2 + (x / 6) ** 2 < 1
    fixed |= (z + 10) ** 2 + (y + 10) ** 2 + (x - 9) ** 2 < 25
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    turn[:3, 3] = 19.5 - turn[:3, :3] @ np.full(3, 19.5)
    moving = ndi.affine_transform(fixed.astype(float), np.linalg.inv(turn), order=1) > 0.5
    affine, bent = (register_pair(fixed, moving, transform=kind) for kind in ("affine", "deformable"))
    np.testing.assert_array_equal(bent.matrix, affine.matrix)
    assert affine.deformation is None
    assert bent.deformation.shape == fixed.shape
    assert bent.mse_after <= affine.mse_after * 1.001
    assert "deformation" not in bent.to_dict()
    with pytest.raises(RegistrationError, match="bends nothing"):
        register_pair(fixed, moving, transform="deformable", engine="simpleitk")


def test_an_image_may_be_deformed():
    y, x = np.indices((64, 72))
    fixed = ((y - 32) / 20) ** 2 + ((x - 36) / 26) ** 2 < 1
    fixed &= np.hypot(y - 25, x - 30) > 5
    moving = np.roll(fixed, 2, axis=1)
    pair = register_pair(fixed, moving, transform="deformable")
    assert pair.matrix.shape == (3, 3)
    assert pair.deformation.shape == (1, 64, 72)
    assert pair.mse_after < 0.2 * pair.mse_before
