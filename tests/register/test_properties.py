"""What must hold of any registration, whatever the motion: round trips, inverses, kinds, noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_spectrotomo.register import register_pair

KINDS = ("translation", "rigid", "similarity", "affine")
few = settings(max_examples=3, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("axes", [3, 2])
@given(seed=seeds)
@few
def test_registration_inverts_a_known_motion(body, picture, moved, motion, error, axes, kind, seed):
    sample = body if axes == 3 else picture
    fixed, truth = sample > 0.4, motion(kind, sample.shape, seed)
    found = register_pair(fixed, moved(sample, truth), kind)
    assert found.status in ("converged", "limit")
    assert found.matrix.shape == (axes + 1, axes + 1)
    assert error(found.matrix, truth, fixed) < (0.12 if axes == 3 else 0.2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("axes", [3, 2])
@given(seed=seeds)
@few
def test_forward_and_backward_undo_each_other(body, picture, moved, motion, error, axes, kind, seed):
    sample = body if axes == 3 else picture
    fixed = sample > 0.4
    moving = moved(sample, motion(kind, sample.shape, seed))
    there, back = register_pair(fixed, moving, kind).matrix, register_pair(moving, fixed, kind).matrix
    assert error(back @ there, np.eye(axes + 1), fixed) < 0.1


@given(shift=st.tuples(*[st.integers(-6, 6)] * 3), kind=st.sampled_from(KINDS))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_a_shift_by_whole_voxels_is_found_to_the_last_bit(body, shift, kind):
    fixed = body > 0.4
    found = register_pair(fixed, np.roll(fixed, shift, (0, 1, 2)), kind)
    expected = np.eye(4)
    expected[:3, 3] = shift
    assert np.array_equal(found.matrix, expected)
    assert (found.mse_after, found.dice_after) == (0, 1)


def test_noise_never_makes_it_better_and_little_worse(body, moved, motion, salted, error):
    fixed = body > 0.4
    errors = {0.0: [], 0.3: []}
    for seed in range(20):
        truth = motion("affine", body.shape, seed)
        moving = moved(body, truth)
        for share, found in errors.items():
            found.append(error(register_pair(fixed, salted(moving, share, seed), samples=20_000).matrix, truth, fixed))
    assert np.median(errors[0.0]) <= np.median(errors[0.3]) < 0.3


SPACING = np.array([2.0, 1.0, 1.3])


@pytest.mark.parametrize("kind", ["translation", "rigid", "similarity"])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_the_kind_of_a_result_is_exact_in_physical_units(grey, moved, motion, salted, kind, noise):
    moving = salted(moved(grey, motion("affine", grey.shape, 1, degrees=5)), noise)
    found = register_pair(grey > 0.4, moving, kind, spacing=SPACING * 17)
    metric = found.matrix[:3, :3] * SPACING[:, None] / SPACING
    product = metric @ metric.T
    scale = product[0, 0] if kind == "similarity" else 1.0
    assert np.allclose(product, scale * np.eye(3), atol=1e-9)
    assert np.linalg.det(metric) > 0
    if kind == "translation":
        assert np.array_equal(metric, np.eye(3))


def test_the_unit_of_the_spacing_does_not_matter(grey, moved, motion):
    moving = moved(grey, motion("rigid", grey.shape, 2, degrees=4))
    first, second = (register_pair(grey > 0.4, moving, "rigid", spacing=SPACING * unit).matrix for unit in (1, 0.25))
    assert np.allclose(first, second, atol=1e-9)
