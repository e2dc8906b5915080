"""The record of a deformation: fields whose values and Jacobians are known."""

import numpy as np
import pytest

from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register.resampling.deformation import Deformation, control_points
from napari_spectrotomo.register.resampling.resample import positions

SHAPE = (21, 26, 18)
SPACING = 5


def of_function(displacement, energies: int = 1) -> Deformation:
    """A deformation whose control points hold a function of where they lie, which a spline repeats when it is linear."""
    points = (np.indices(control_points(SHAPE, SPACING)) - 1.0) * SPACING
    u = np.asarray(displacement(*points), np.float32)
    return Deformation(np.stack([u * (e + 1) for e in range(energies)]), SPACING, SHAPE)


def test_the_same_displacement_at_all_control_points_is_that_everywhere():
    found = of_function(lambda z, y, x: [0 * z + 1.5, 0 * y - 2, 0 * x + 0.25])
    field = found.field(0)
    assert (field.shape, field.dtype) == ((3, *SHAPE), np.float32)
    for axis, value in enumerate((1.5, -2, 0.25)):
        np.testing.assert_allclose(field[axis], value, atol=1e-6)
    np.testing.assert_allclose(found.jacobian(0), 1, atol=1e-6)
    assert found.folded(0) == 0


def test_a_linear_displacement_is_repeated_and_grows_volumes_alike_everywhere():
    growth = np.array([[0.1, 0.02, 0.0], [-0.03, 0.05, 0.01], [0.0, 0.04, -0.2]])
    found = of_function(lambda z, y, x: np.tensordot(growth, np.stack([z, y, x]), 1), energies=2)
    np.testing.assert_allclose(found.field(0), np.tensordot(growth, np.indices(SHAPE), 1), atol=1e-5)
    np.testing.assert_allclose(found.jacobian(0), np.linalg.det(np.eye(3) + growth), atol=1e-6)
    linear = np.array([[1.0, 0.1, 0], [0, 0.9, 0.2], [0.1, 0, 1.1]])
    np.testing.assert_allclose(found.jacobian(1, linear), np.linalg.det(linear + 2 * growth), atol=1e-6)


def test_the_jacobian_is_the_derivative_of_the_field():
    rng = np.random.default_rng(6)
    rough = rng.normal(0, 1, (1, 3, *control_points(SHAPE, SPACING))).astype(np.float32)
    found = Deformation(rough, SPACING, SHAPE)
    field = found.field(0).astype(float)
    slope = np.stack([np.stack(np.gradient(u), axis=0) for u in field])
    slope = np.moveaxis(slope, (0, 1), (-2, -1)) + np.eye(3)
    inside = (slice(2, -2),) * 3
    np.testing.assert_allclose(found.jacobian(0)[inside], np.linalg.det(slope)[inside], atol=0.1)
    assert np.corrcoef(found.jacobian(0)[inside].ravel(), np.linalg.det(slope)[inside].ravel())[0, 1] > 0.99


def test_every_second_voxel_is_every_second_of_all():
    rng = np.random.default_rng(7)
    found = Deformation(rng.normal(0, 1, (2, 3, *control_points(SHAPE, SPACING))).astype(np.float32), SPACING, SHAPE)
    np.testing.assert_allclose(found.field(1, step=3), found.field(1)[:, ::3, ::3, ::3], atol=1e-6)
    np.testing.assert_allclose(found.jacobian(1, step=2), found.jacobian(1)[::2, ::2, ::2], atol=1e-6)


def test_its_field_is_what_positions_adds():
    rng = np.random.default_rng(9)
    bent = rng.normal(0, 1, (1, 3, *control_points(SHAPE, SPACING))).astype(np.float32)
    where = positions(SHAPE, np.eye(4), coefficients=bent[0], spacing=SPACING)
    np.testing.assert_allclose(where - np.indices(SHAPE), Deformation(bent, SPACING, SHAPE).field(0), atol=1e-5)


def test_a_mirror_image_folds_everywhere_and_a_fold_in_half_is_half():
    assert of_function(lambda z, y, x: [-2 * z, 0 * y, 0 * x]).folded(0) == 1
    assert of_function(lambda z, y, x: [-2 * z, 0 * y, 0 * x]).folded(0, np.diag([3.0, 1, 1])) == 0
    kink = of_function(lambda z, y, x: [-2 * np.maximum(z - 10, 0), 0 * y, 0 * x])
    assert kink.folded(0) == pytest.approx(0.5, abs=0.1)


def test_what_is_unknown_is_unknown():
    unknown = np.full((1, 3, *control_points(SHAPE, SPACING)), np.nan, np.float32)
    found = Deformation(unknown, SPACING, SHAPE)
    assert np.isnan(found.field(0)).all()
    assert np.isnan(found.folded(0))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 6, 11), (2, 5, 7)])
def test_control_points_cover_a_volume_of_any_size(shape):
    count = control_points(shape, SPACING)
    assert count == tuple(int(np.ceil((n - 1) / SPACING)) + 3 for n in shape)
    whole = Deformation(np.ones((1, 3, *count), np.float32), SPACING, shape)
    np.testing.assert_allclose(whole.field(0), 1, atol=1e-6)
    where = positions(shape, np.eye(4), coefficients=whole.coefficients[0], spacing=SPACING)
    np.testing.assert_allclose(where - np.indices(shape), 1, atol=1e-6)


def test_coefficients_that_do_not_fit_the_volume_are_refused():
    with pytest.raises(RegistrationError, match=r"shape \(3, 7, 8, 7\)"):
        Deformation(np.zeros((1, 3, 5, 5, 5), np.float32), SPACING, SHAPE)
    with pytest.raises(RegistrationError, match="one voxel or more"):
        Deformation(np.zeros((1, 3, 5, 5, 5), np.float32), 0, SHAPE)
