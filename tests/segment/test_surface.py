import numpy as np
import pytest

import napari_spectrotomo as st


def ellipsoid(shape=(40, 36, 48), semi=(12.0, 12.0, 16.0)):
    grid = np.indices(shape).astype(float)
    middle = (np.array(shape) / 2)[:, None, None, None]
    return np.sum(((grid - middle) / np.array(semi)[:, None, None, None]) ** 2, axis=0) < 1


def enclosed(surface):
    """The volume within the triangles; positive where they turn counter-clockwise seen from outside."""
    a, b, c = np.moveaxis(surface.vertices[:, ::-1].astype(float)[surface.faces], 1, 0)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def uses_of_edges(surface):
    f = surface.faces
    edges = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), axis=1)
    return np.unique(edges, axis=0, return_counts=True)[1]


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_a_surface_is_closed_turns_outward_and_keeps_the_particles_volume(smooth):
    body = ellipsoid()
    surface = st.particle_surface(body, smooth=smooth)
    assert np.all(uses_of_edges(surface) == 2)
    assert enclosed(surface) == pytest.approx(body.sum(), rel=0.01)
    assert surface.vertices.dtype == np.float32
    assert surface.faces.dtype == np.int32


def test_a_surface_lies_in_nanometres_where_its_particle_lies():
    labels = np.zeros((30, 30, 30), np.int32)
    labels[4:14, 6:16, 12:22] = 2
    labels[20:25, 20:25, 20:25] = 1
    surface = st.particle_surface(labels, 2, voxel_size=(20.0, 10.0, 10.0), smooth=0)
    assert surface.vertices.min(axis=0).tolist() == [70.0, 55.0, 115.0]
    assert surface.vertices.max(axis=0).tolist() == [270.0, 155.0, 215.0]


def test_smoothing_takes_the_steps_away_and_moves_no_corner_further_than_asked():
    body = ellipsoid((40, 40, 40), (13.0, 13.0, 13.0))
    rough, fine = (st.particle_surface(body, smooth=smooth) for smooth in (0.0, 1.0))
    assert np.abs(fine.vertices - rough.vertices).max() <= 1
    radii = [np.linalg.norm(s.vertices - 20, axis=1).std() for s in (rough, fine)]
    assert radii[1] < 0.75 * radii[0]


def test_a_crust_of_one_voxel_has_a_surface():
    labels = np.zeros((9, 20, 20), bool)
    labels[4, 3:17, 3:17] = True
    surface = st.particle_surface(labels)
    assert np.all(uses_of_edges(surface) == 2)
    assert enclosed(surface) == pytest.approx(labels.sum(), rel=0.15)


def test_a_particle_cut_by_the_field_of_view_is_closed_there():
    assert np.all(uses_of_edges(st.particle_surface(np.ones((5, 6, 7), bool))) == 2)


def test_corners_take_the_nearest_finite_value_of_their_own_particle():
    labels = np.zeros((20, 20, 20), np.int32)
    labels[5:15, 5:15, 2:10] = 1
    labels[5:15, 5:15, 10:18] = 2  # touches it
    energy = np.where(labels == 1, 6550.0, 6560.0).astype(np.float32)
    energy[labels == 0] = np.nan
    energy[:, 5:7] = np.nan  # a skin without an edge energy
    surface = st.particle_surface(labels, 1, values=energy, voxel_size=10.0)
    assert np.all(surface.values == 6550.0)


def test_values_stay_on_their_side_of_the_particle():
    body = ellipsoid()
    along = np.broadcast_to(np.arange(body.shape[2], dtype=float), body.shape)
    surface = st.particle_surface(body, values=along)
    assert np.abs(surface.values - surface.vertices[:, 2]).max() <= 1.5


def test_a_particle_without_any_finite_value_is_coloured_by_none():
    body = ellipsoid()
    assert np.isnan(st.particle_surface(body, values=np.full(body.shape, np.nan)).values).all()
    assert st.particle_surface(body).values is None


@pytest.mark.parametrize(
    ("labels", "keywords", "words"),
    [
        (np.zeros((4, 4, 4), int), {}, "no particle"),
        (np.ones((4, 4, 4), int), {"particle": 7}, "particle 7"),
        (np.ones((4, 4, 4), int), {"particle": 0}, "particle 0"),
        (np.ones((4, 4), int), {}, "2 axes"),
        (np.ones((4, 4, 4)), {}, "float64"),
        (np.ones((4, 4, 4), int), {"values": np.ones((3, 4, 4))}, "one grid"),
        (np.ones((4, 4, 4), int), {"voxel_size": 0.0}, "positive"),
    ],
)
def test_what_has_no_surface_is_refused_in_words(labels, keywords, words):
    with pytest.raises(st.DataError, match=words):
        st.particle_surface(labels, **keywords)
