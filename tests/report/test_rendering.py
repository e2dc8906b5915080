"""Bodies are drawn where they are, the nearer before the farther, lit from the upper left."""

import numpy as np
import pytest

from napari_spectrotomo.report.raster import depth_buffer
from napari_spectrotomo.report.rendering import Camera, Mesh, isosurface, render

FRONT = Camera(azimuth=0, elevation=0)
ONE = np.ones(3)


@pytest.fixture(scope="module")
def sphere() -> Mesh:
    grid = np.indices((41, 41, 41)) - 20.0
    return isosurface(15.0 - np.sqrt((grid**2).sum(axis=0)), 0.0, ONE, (0.8, 0.8, 0.8))


def test_the_surface_of_a_ball_has_its_radius_and_its_normals_point_outwards(sphere):
    out = sphere.vertices - 20.0
    assert np.linalg.norm(out, axis=1) == pytest.approx(15.0, abs=0.1)
    assert np.sum(out / 15.0 * sphere.normals, axis=1).min() > 0.98


def test_a_body_cut_by_the_border_is_closed():
    volume = np.ones((6, 6, 6))
    mesh = isosurface(volume, 0.5, ONE)
    corners = mesh.vertices[mesh.faces]
    enclosed = np.sum(corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])) / 6
    assert abs(enclosed) == pytest.approx(6.0**3, rel=0.1)


def test_there_is_no_surface_of_nothing():
    assert isosurface(np.zeros((5, 5, 5)), 0.5, ONE) is None
    assert not render(None, FRONT, np.zeros(3), 10.0, 20).any()


def test_a_ball_covers_the_disc_it_should(sphere):
    picture = render(sphere, FRONT, np.full(3, 20.0), 20.0, 200)
    assert picture.shape == (200, 200, 4)
    assert picture[..., 3].sum() == pytest.approx(np.pi * 75**2, rel=0.01)


def test_a_ball_is_lit_from_the_upper_left(sphere):
    grey = render(sphere, FRONT, np.full(3, 20.0), 20.0, 200)[..., :3].mean(axis=-1)
    assert grey[70, 70] > grey[100, 100] > grey[130, 130]


def test_what_lies_farther_away_is_dimmer():
    planes = np.zeros((20, 40, 40))
    planes[2:18, 5:8, 2:18] = planes[2:18, 32:35, 22:38] = 1
    grey = render(isosurface(planes, 0.5, ONE), FRONT, np.array([9.5, 19.5, 19.5]), 20.0, 80)[..., :3].mean(axis=-1)
    far, near = grey[40, 20], grey[40, 60]
    assert near > far + 0.1


def test_the_nearer_triangle_hides_the_farther_whatever_their_order():
    square = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], float)
    points = np.vstack([np.column_stack([square, np.full(4, d)]) for d in (5.0, 2.0)])
    faces = np.array([[0, 1, 2], [1, 3, 2], [4, 5, 6], [5, 7, 6]])
    for order in (faces, faces[::-1]):
        face, weights, depth = depth_buffer(points, order, 10)
        assert depth == pytest.approx(2.0)
        assert np.all(order[face] >= 4)
        assert weights.sum(axis=-1) == pytest.approx(1.0)


def test_z_runs_downwards_as_detector_rows_do_and_y_comes_nearer():
    z, y, x = np.eye(3)
    assert FRONT.seen(z) == pytest.approx([0, 1, 0])
    assert FRONT.seen(y) == pytest.approx([0, 0, -1])
    assert FRONT.seen(x) == pytest.approx([1, 0, 0])


def test_a_view_is_a_rotation():
    turned = Camera(37.0, 21.0).seen(np.eye(3))
    assert turned @ turned.T == pytest.approx(np.eye(3))
