"""Far, cut, thin, small, noisy and hopeless pairs: what is found, and what says that nothing was."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.register import register_pair


def ball(shape, center, radius):
    return sum((axis - at) ** 2 for axis, at in zip(np.indices(shape), center, strict=True)) < radius**2


@pytest.mark.parametrize("kind", ["rigid", "affine"])
@pytest.mark.parametrize("turn", [(35, 0, 0), (0, -35, 0), (20, 20, 20), (0, 0, 90)])
def test_a_rotation_by_35_degrees_and_a_shift_by_a_fifth_are_found(body, moved, error, kind, turn):
    from scipy.spatial.transform import Rotation

    linear, middle = Rotation.from_euler("xyz", turn, degrees=True).as_matrix(), np.full(3, 23.5)
    truth = np.eye(4)
    truth[:3, :3], truth[:3, 3] = linear, middle - linear @ middle + (9, -9, 7)
    fixed = np.pad(body > 0.4, 6)
    moving = moved(np.pad(body, 6), truth)
    assert error(register_pair(fixed, moving, kind).matrix, truth, fixed) < 0.15


def test_an_image_may_be_turned_by_any_angle(picture, moved, error):
    fixed, middle = np.pad(picture, 12), np.array([39.5, 37.5])
    for degrees in (60, 135, 180):
        turn = np.radians(degrees)
        linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        truth = np.eye(3)
        truth[:2, :2], truth[:2, 2] = linear, middle - linear @ middle + (3, -4)
        assert error(register_pair(fixed > 0.4, moved(fixed, truth), "rigid").matrix, truth, fixed > 0.4) < 0.2


def test_shapes_may_differ_along_every_axis(body, moved, motion, error):
    truth = motion("affine", body.shape, 4)
    fixed, moving = (body > 0.4)[4:, :-3, 2:-1], moved(body, truth)[1:-2, 3:, :-5]
    before, after = np.eye(4), np.eye(4)
    before[:3, 3], after[:3, 3] = (4, 0, 2), (-1, -3, 0)
    found = register_pair(fixed, moving)
    assert error(found.matrix, after @ truth @ before, fixed) < 0.15


def test_a_particle_half_outside_the_moving_field_is_placed_by_its_other_half(body, moved, motion, error):
    truth = motion("rigid", body.shape, 6)
    moving = moved(body, truth)[:, :, :26]
    found = register_pair(body > 0.4, moving, "rigid")
    assert error(found.matrix, truth, body > 0.4) < 0.3


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_six_slices_are_enough_for_a_shift(body, moved, axis):
    truth = np.eye(4)
    truth[:3, 3] = np.roll((0, 1.3, -0.6), axis)
    thin = (slice(None),) * axis + (slice(21, 27),)
    found = register_pair((body > 0.4)[thin], moved(body, truth)[thin], "translation")
    assert np.abs(found.matrix - truth)[:3, 3].max() < 0.3


def test_one_slice_of_a_volume_is_registered_like_an_image(picture, moved, motion):
    truth = motion("affine", picture.shape, 3)
    fixed, moving = picture > 0.4, moved(picture, truth)
    volume = register_pair(fixed[None], moving[None])
    assert np.allclose(volume.matrix[1:, 1:], register_pair(fixed, moving).matrix, atol=1e-9)
    assert np.array_equal(volume.matrix[0], (1, 0, 0, 0))


def test_twelve_voxels_are_enough_for_a_shift(body, moved):
    small, truth = ndi.zoom(body, 0.25), np.eye(4)
    truth[:3, 3] = (0.6, -0.4, 0.5)
    found = register_pair(small > 0.4, moved(small, truth), "translation")
    assert np.abs(found.matrix - truth)[:3, 3].max() < 0.25


@pytest.mark.parametrize(
    ("fixed_noise", "moving_noise", "limit"), [(0, 0.3, 0.3), (0.1, 0, 0.3), (0.1, 0.1, 0.3), (0.3, 0.3, 1)]
)
def test_either_mask_may_be_noisy(body, moved, motion, salted, error, fixed_noise, moving_noise, limit):
    fixed, truth = body > 0.4, motion("rigid", body.shape, 8)
    moving = salted(moved(body, truth), moving_noise, 1)
    found = register_pair(salted(fixed, fixed_noise, 2), moving, "rigid")
    assert error(found.matrix, truth, fixed) < limit


SHAPE = (40, 40, 40)


def of_little_shape():
    voxel, plane = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    voxel[20, 20, 20] = plane[20] = True
    return {"voxel": (voxel, np.roll(voxel, 3, 0)), "plane": (plane, np.roll(plane, 2, 0))}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("kind", ["translation", "rigid", "similarity", "affine"])
@pytest.mark.parametrize("what", ["voxel", "plane"])
def test_a_voxel_or_a_plane_is_placed_or_fails_with_a_reason(what, kind):
    found = register_pair(*of_little_shape()[what], kind)
    if found.status == "failed":
        assert found.reason
        assert np.isnan(found.matrix).all()
    else:
        assert found.mse_after <= found.mse_before


def test_a_plane_is_shifted_across_itself_and_not_along_itself():
    fixed, moving = of_little_shape()["plane"]
    found = register_pair(fixed, moving, "translation")
    assert np.array_equal(found.matrix[:3, 3], (2, 0, 0))
    assert not found.uncertainty < 1


@pytest.mark.parametrize("radius", [3, 12])
def test_of_a_sphere_the_shift_is_known_and_the_rotation_is_not(radius):
    fixed, moving = ball(SHAPE, (19.5, 19.5, 19.5), radius), ball(SHAPE, (20.1, 19.2, 19.9), radius)
    shift = register_pair(fixed, moving, "translation")
    assert np.allclose(shift.matrix[:3, 3], (0.6, -0.3, 0.4), atol=0.15)
    for kind in ("rigid", "affine"):
        found = register_pair(fixed, moving, kind)
        middle = found.matrix @ (19.5, 19.5, 19.5, 1)
        assert np.allclose(middle[:3], (20.1, 19.2, 19.9), atol=0.3)
        assert not found.uncertainty < 0.3


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("kind", ["translation", "affine"])
def test_what_has_nothing_in_common_fails_and_says_so(body, kind):
    rng, particle = np.random.default_rng(0), (body > 0.4)[4:-4, 4:-4, 4:-4]
    bar = np.zeros_like(particle)
    bar[18:22, 2:38, 19:22] = True
    noise, other = rng.random(particle.shape) < 0.5, rng.random(particle.shape) < 0.5
    crumbs = rng.random(particle.shape) < 0.01
    dot = ball(particle.shape, (10, 10, 10), 4)
    for fixed, moving in (
        (particle, noise),
        (noise, particle),
        (noise, other),
        (particle, crumbs),
        (crumbs, particle),
        (particle, bar),
        (bar, particle),
        (particle, dot),
        (particle, ~particle),
    ):
        found = register_pair(fixed, moving, kind, samples=10_000)
        assert found.status == "failed"
        assert found.reason.endswith(".")
        assert np.isnan(found.matrix).all()
        assert np.isnan(found.uncertainty)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("size", [2, 3, 4, 5, 8])
def test_a_few_voxels_break_nothing(size):
    fixed = np.zeros((size,) * 3, bool)
    fixed[1, :-1, 1] = True
    for kind in ("translation", "affine"):
        found = register_pair(fixed, np.roll(fixed, 1, 2), kind)
        assert (found.status == "failed") == bool(np.isnan(found.matrix).all())
    image = fixed[1]
    assert register_pair(image, np.roll(image, 1, 1)).matrix.shape == (3, 3)
