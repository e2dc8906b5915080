"""Projections keep mass and position, in the orientation of scikit-image."""

import numpy as np
import pytest
from scipy import ndimage as ndi
from skimage.transform import radon

from napari_spectrotomo.simulate.projector import project

ANGLES = np.linspace(-90, 90, 19)


@pytest.fixture(scope="module")
def body():
    volume = np.zeros((5, 32, 32), np.float32)
    volume[1:4, 10:18, 13:25] = 1.0
    volume[2, 20, 8] = 3.0
    return ndi.gaussian_filter(volume, (0, 1.0, 1.0))


def test_mass_is_kept_in_every_view_and_row(body):
    views = project(body, ANGLES, 15.5)
    np.testing.assert_allclose(
        views.sum(axis=2), np.tile(body.sum(axis=(1, 2)), (len(ANGLES), 1)), rtol=2e-3, atol=1e-3
    )


def test_the_centre_of_mass_falls_where_the_geometry_says(body):
    center = 17.2
    views = project(body, ANGLES, center)
    z, y, x = ndi.center_of_mass(body)
    theta = np.deg2rad(ANGLES)
    expected = center + (x - 15.5) * np.cos(theta) - (y - 15.5) * np.sin(theta)
    found = [ndi.center_of_mass(v) for v in views]
    np.testing.assert_allclose([f[1] for f in found], expected, atol=0.01)
    np.testing.assert_allclose([f[0] for f in found], z, atol=1e-4)


def test_orientation_is_that_of_scikit_image():
    disc = np.zeros((33, 33))
    disc[8:12, 18:25] = 1.0
    disc = ndi.gaussian_filter(disc, 1.2, truncate=3)
    ours = project(disc[None], ANGLES, 16.0)[:, 0].T
    np.testing.assert_allclose(ours, radon(disc, theta=ANGLES), atol=0.05 * ours.max())


def test_a_view_through_a_cube_is_its_thickness():
    volume = np.zeros((1, 21, 21), np.float32)
    volume[0, 5:16, 5:16] = 0.5
    np.testing.assert_allclose(project(volume, np.array([0.0, 90.0]), 10.0)[:, 0, 7:14], 0.5 * 11, rtol=1e-5)
