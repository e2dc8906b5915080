"""One mask is registered to another."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi
from scipy.spatial.transform import Rotation

from napari_spectrotomo.errors import ParameterError, RegistrationError
from napari_spectrotomo.register import PairRegistration, mask_overlap, register_pair


def about(center, linear, shift):
    matrix = np.eye(len(center) + 1)
    matrix[:-1, :-1] = linear
    matrix[:-1, -1] = center - linear @ center + shift
    return matrix


def rotation(*degrees):
    return Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()


MIDDLE = np.array([19.5, 21.5, 23.5])
SHEAR = np.array([[1, 0.04, -0.03], [0, 1.03, 0.05], [0, 0, 0.96]])
TRUTHS = {
    "translation": about(MIDDLE, np.eye(3), [1.6, -2.3, 0.7]),
    "rigid": about(MIDDLE, rotation(6, -4, 8), [1.0, 0.5, -1.2]),
    "similarity": about(MIDDLE, 1.04 * rotation(-5, 3, 4), [0.5, 1.5, -0.6]),
    "affine": about(MIDDLE, rotation(3, -5, 2) @ SHEAR, [-0.8, 1.1, 1.3]),
}


@pytest.mark.parametrize("transform", list(TRUTHS))
def test_a_known_motion_is_recovered_to_a_tenth_of_a_voxel(grey, moved, error, transform):
    fixed, truth = grey > 0.4, TRUTHS[transform]
    pair = register_pair(fixed, moved(grey, truth), transform)
    assert pair.status == "converged"
    assert error(pair.matrix, truth, fixed) < 0.1
    assert pair.mse_after < 0.3 * pair.mse_before
    assert pair.dice_after > 0.97
    assert pair.iterations > 0


def test_the_matrix_is_what_affine_transform_takes(grey, moved):
    fixed, truth = grey > 0.4, TRUTHS["affine"]
    moving = moved(grey, truth)
    pair = register_pair(fixed, moving)
    back = ndi.affine_transform(moving.astype(float), pair.matrix, order=1)
    assert np.mean((back - fixed) ** 2) == pytest.approx(pair.mse_after, rel=1e-5)
    assert pair.mse_after < 0.2 * np.mean((moving ^ fixed).astype(float))


@pytest.mark.parametrize("drift", [-0.8, 0.8])
def test_a_particle_that_leaves_the_field_is_no_reason_to_keep_the_start(grey, moved, error, drift):
    truth = np.eye(4)
    truth[:3, 3] = (drift, 0.3, -0.4)
    field = slice(12, None)  # goes through the middle of one of the two
    pair = register_pair((grey > 0.4)[field], moved(grey, truth)[field])
    assert pair.flag == ""
    assert error(pair.matrix, truth, (grey > 0.4)[field]) < 0.15


@pytest.mark.parametrize(("noise", "limit"), [(0.05, 0.12), (0.3, 0.25)])
def test_salt_and_pepper_does_not_break_it(grey, moved, error, noise, limit):
    rng = np.random.default_rng(0)
    fixed, truth = grey > 0.4, TRUTHS["affine"]
    moving = moved(grey, truth)
    hit = rng.random(moving.shape) < noise
    moving[hit] = rng.random(int(hit.sum())) < 0.5
    pair = register_pair(fixed, moving)
    assert error(pair.matrix, truth, fixed) < limit


def test_a_slice_gives_a_matrix_of_three_by_three(grey, moved, error):
    one = np.kron([[1, 1, 0, 0], [1, 0, 0, 1], [1, 1, 1, 1]], np.ones((11, 9)))
    one = ndi.gaussian_filter(np.pad(one, 8), 0.8)
    angle = np.deg2rad(7)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    truth, fixed = about(np.array([24.0, 25.5]), turn, [1.2, -0.8]), one > 0.4
    for transform in ("rigid", "similarity", "affine"):
        pair = register_pair(fixed, moved(one, truth), transform)
        assert pair.matrix.shape == (3, 3)
        assert error(pair.matrix, truth, fixed) < 0.15


def test_shapes_may_differ_and_a_far_shift_is_found(grey, error):
    fixed = np.pad(grey > 0.4, ((0, 0), (0, 20), (0, 0)))
    moving = np.pad(grey > 0.4, ((9, 0), (15, 0), (0, 4)))
    truth = about(MIDDLE, np.eye(3), [9, 15, 0])
    assert error(register_pair(fixed, moving).matrix, truth, fixed) < 0.02


def test_a_rotation_is_one_in_nanometres_where_voxels_are_no_cubes(grey, moved, error):
    size = np.array([2.0, 1.0, 1.0])
    truth = about(MIDDLE, rotation(8, 0, 5) * size / size[:, None], [0.5, -0.4, 0.9])
    fixed, moving = grey > 0.4, moved(grey, truth)
    told = register_pair(fixed, moving, "rigid", spacing=size * 30)
    untold = register_pair(fixed, moving, "rigid")
    assert error(told.matrix, truth, fixed) < 0.1
    assert error(untold.matrix, truth, fixed) > 2 * error(told.matrix, truth, fixed)
    linear = told.matrix[:3, :3] * size[:, None] / size
    assert np.allclose(linear @ linear.T, np.eye(3), atol=1e-6)


@given(shift=st.tuples(*[st.integers(-3, 3)] * 3))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_whole_voxels_of_shift_are_exact(shift):
    z, y, x = np.mgrid[:26, :28, :30]
    fixed = ((z - 12) / 6) ** 2 + ((y - 14) / 7) ** 2 + ((x - 14) / 8) ** 2 < 1
    fixed &= (y < 16) | (x < 16)
    pair = register_pair(fixed, np.roll(fixed, shift, (0, 1, 2)), "translation")
    assert np.allclose(pair.matrix[:3, 3], shift, atol=1e-12)
    assert pair.dice_after == 1


def test_a_mask_registered_to_itself_stays_where_it_is(grey):
    pair = register_pair(grey > 0.4, grey > 0.4)
    assert np.array_equal(pair.matrix, np.eye(4))
    assert (pair.mse_after, pair.dice_after, pair.status) == (0, 1, "converged")


def test_the_same_masks_give_the_same_matrix(grey, moved):
    moving = moved(grey, TRUTHS["affine"])
    first, second = (register_pair(grey > 0.4, moving).matrix for _ in range(2))
    assert np.array_equal(first, second)


def test_bytes_and_fractions_are_taken_as_masks(grey, moved):
    fixed, moving = grey > 0.4, moved(grey, TRUTHS["translation"])
    as_bool = register_pair(fixed, moving, "translation").matrix
    assert np.array_equal(register_pair(fixed * np.uint8(255), moving.astype(float), "translation").matrix, as_bool)


def test_masks_without_a_surface_or_a_common_shape_fail_with_a_reason(grey):
    fixed = grey > 0.4
    fixed = np.pad(fixed[::2, ::2, ::2], 1)
    wire = np.zeros_like(fixed)
    wire[10, 10, 2:-2] = True
    for moving, said in ((np.zeros_like(fixed), "empty"), (np.ones_like(fixed), "fills"), (wire, "common")):
        pair = register_pair(fixed, moving)
        assert pair.status == "failed"
        assert said in pair.reason
        assert np.isnan(pair.matrix).all()
        assert np.isnan(pair.mse_after)
    assert "fixed" in register_pair(np.zeros_like(fixed), fixed).reason


def test_a_solver_that_makes_it_worse_is_not_believed(grey, moved, monkeypatch):
    from napari_spectrotomo.register.published import attempts, itk

    worse = about(MIDDLE, np.eye(3), [2, 2, 2])
    monkeypatch.setattr(attempts, "solve", lambda *_: itk.Solution(worse, 3, "made up", "converged"))
    fixed = grey > 0.4
    moving = fixed.copy()
    moving[:, :22] = moved(grey, about(MIDDLE, np.eye(3), [0, 0.6, 0]))[:, :22]
    found = register_pair(fixed, moving, engine="simpleitk")
    assert found.mse_after <= found.mse_before
    assert "worse" in found.flag


def test_an_error_of_itk_becomes_a_sentence(grey, moved, monkeypatch):
    from napari_spectrotomo.register.published import attempts

    def broken(*_):
        raise RuntimeError("itk::ERROR: MeanSquaresImageToImageMetricv4: All samples map outside moving image buffer.")

    monkeypatch.setattr(attempts, "solve", broken)
    found = register_pair(grey > 0.4, moved(grey, TRUTHS["translation"]), engine="simpleitk")
    assert found.status == "failed"
    assert "overlapped" in found.reason
    assert "itk" not in found.reason


def test_an_abort_stops_the_solver_at_once(grey, moved):
    abort = threading.Event()
    abort.set()
    pair = register_pair(grey > 0.4, moved(grey, TRUTHS["affine"]), abort=abort)
    assert pair.status == "aborted"
    assert pair.iterations <= 1


def test_what_is_no_pair_of_masks_is_refused(grey):
    with pytest.raises(RegistrationError, match="binarize"):
        register_pair(grey * 7, grey > 0.4)
    with pytest.raises(RegistrationError, match="axes"):
        register_pair(grey > 0.4, grey[0] > 0.4)
    with pytest.raises(RegistrationError, match="spacing"):
        register_pair(grey > 0.4, grey > 0.5, spacing=(1, -1, 1))
    with pytest.raises(ParameterError, match="transform"):
        register_pair(grey > 0.4, grey > 0.4, transform="magic")


def test_a_record_survives_its_plain_form(grey, moved):
    import json

    for pair in (register_pair(grey > 0.4, moved(grey, TRUTHS["translation"])), register_pair(grey > 0.4, grey > 9)):
        again = PairRegistration.from_dict(json.loads(json.dumps(pair.to_dict(), allow_nan=False)))
        assert np.array_equal(again.matrix, pair.matrix, equal_nan=True)
        assert again.to_dict() == pair.to_dict()


def test_overlap_is_over_all_fixed_voxels_and_zero_outside_the_field():
    fixed, moving = np.zeros((4, 4, 5), bool), np.zeros((4, 4, 5), bool)
    fixed[1, 1, 0:2] = moving[1, 1, 1:3] = True
    assert mask_overlap(fixed, moving) == (2 / 80, 0.5)
    half = about(np.zeros(3), np.eye(3), [0, 0, 0.5])
    assert mask_overlap(fixed, moving, half).mse == pytest.approx((0.25 + 0 + 0.25) / 80)
    away = about(np.zeros(3), np.eye(3), [0, 0, 50])
    assert mask_overlap(fixed, moving, away) == (2 / 80, 0)
    assert np.isnan(mask_overlap(fixed, moving, np.full((4, 4), np.nan))).all()
