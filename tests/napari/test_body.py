"""Particles as a body: a map on its surface and on a cut through it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.layers.body import Cut, body_of, joined, opened, painted
from napari_spectrotomo._napari.layers.map_colors import map_colormap
from napari_spectrotomo._napari.layers.maps import put_map
from napari_spectrotomo._napari.layers.solid import fit_body, solid_of, solid_steps
from napari_spectrotomo._napari.layers.tuples import volume_layer
from napari_spectrotomo._napari.turns import at_once

pytestmark = pytest.mark.viewer
SHAPE = (24, 26, 28)


@pytest.fixture(scope="module")
def labels():
    z, y, x = np.indices(SHAPE)
    return ((z - 12) ** 2 + (y - 13) ** 2 + (x - 14) ** 2 < 64).astype(np.int32) * 3


@pytest.fixture(scope="module")
def height():
    return np.indices(SHAPE, np.float32)[0]


@pytest.fixture(scope="module")
def body(labels):
    return body_of(labels)


def test_the_surface_has_the_values_of_the_voxels_it_touches(body, labels, height):
    surface, unknown = painted(body, np.where(labels > 0, height, np.nan))
    assert surface
    assert not unknown
    assert np.abs(surface.values - surface.corners[:, 0]).max() <= 1.5
    assert (labels[tuple(body.voxels.T)] > 0).all()
    assert body.box.tolist() == [[5, 6, 7], [19, 20, 21]]
    np.testing.assert_allclose(body.fullest, [12, 13, 14], atol=1)


def test_what_is_unknown_at_the_surface_is_told_from_what_is_known(body, labels, height):
    values = np.where((labels > 0) & (height >= 12), height, np.nan)
    surface, unknown = painted(body, values)
    assert len(surface.faces) + len(unknown.faces) == len(body.faces)
    assert np.isfinite(surface.values).all(), "a corner without a number would take the range of all"
    assert surface.corners[surface.faces, 0].min() > 11
    assert unknown.corners[unknown.faces, 0].max() < 13.5


@pytest.mark.parametrize(("flipped", "plane"), [(False, 11.5), (True, 12.5)])
def test_a_cut_shows_a_slice_of_the_map_at_its_outer_face(labels, height, flipped, plane):
    values = height + 100
    face, hole = opened(labels, values, Cut(0, 12, flipped))
    assert not hole
    assert len(face.faces) == 2 * np.count_nonzero(labels[12])
    assert (face.values == 112).all()
    inward = -1 if flipped else 1
    assert 0 < inward * (face.corners[0, 0] - plane) < 0.1, "just inside the plane, which would take it away else"


def test_a_cut_across_x_lies_in_y_and_z_and_its_unknown_voxels_are_told(labels):
    values = np.indices(SHAPE, np.float32)[1].copy()
    values[12, 13, 14] = np.nan
    face, hole = opened(labels, values, Cut(2, 14))
    assert len(hole.faces) == 2
    np.testing.assert_allclose(hole.corners.mean(axis=0), [12, 13, 13.5], atol=0.1)
    np.testing.assert_allclose(face.corners.reshape(-1, 4, 3)[:, :, 1].mean(axis=1), face.values[::4])


def test_cuts_beside_the_particles_show_nothing(labels, height):
    face, hole = opened(labels, height, Cut(0, 0))
    assert not face
    assert not hole


def test_meshes_of_what_is_unknown_are_joined(labels, height):
    one, _ = opened(labels, height, Cut(0, 12))
    two, _ = opened(labels, height, Cut(1, 13))
    both = joined(one, two)
    assert len(both.faces) == len(one.faces) + len(two.faces)
    np.testing.assert_array_equal(both.corners[both.faces[len(one.faces) :]], two.corners[two.faces])


def test_one_slice_and_no_particles_are_no_body(labels):
    assert body_of(labels[12:13]) is None
    assert body_of(np.zeros(SHAPE, int)) is None


def test_in_a_window_the_cut_takes_half_of_a_ball_away(make_napari_viewer, labels, height, body):
    viewer = make_napari_viewer(show=True)
    values = np.where(labels > 0, height, np.nan).astype(np.float32)
    look = {"colormap": map_colormap("cividis"), "contrast_limits": (-20.0, 20.0)}
    at_once(put_map(viewer, volume_layer(values, np.full(3, 200.0), "edge energy", "Edge energy (eV)", **look)))
    base = layer_of(viewer, "edge energy")
    base.visible = False
    viewer.dims.ndisplay = 3

    def lit(cut):
        at_once(solid_steps(viewer, solid_of(painted(body, values), labels, values, cut), base, False))
        fit_body(viewer, body, base.scale)
        viewer.camera.set_view_direction((0.0, 1.0, 0.0), (-1, 0, 0))
        layer_of(viewer, "surface").colorbar.visible = layer_of(viewer, "surface").name_overlay.visible = False
        shown = viewer.screenshot(canvas_only=True, flash=False)[..., :3]
        return np.count_nonzero((shown != shown[0, 0]).any(axis=-1))

    whole = lit(None)
    assert whole > 1000
    assert lit(Cut(0, 12)) == pytest.approx(whole / 2, rel=0.15)
    assert lit(Cut(0, 9, flipped=True)) < 0.4 * whole
