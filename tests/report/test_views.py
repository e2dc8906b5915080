"""What is shown is chosen so that the page shows what matters."""

import numpy as np
import pytest

from napari_spectrotomo.report.figures.canvas import round_length
from napari_spectrotomo.report.figures.overlays import overlay
from napari_spectrotomo.report.marks import pick, spectra_at
from napari_spectrotomo.report.views import coarsened, look_at


def test_the_moving_energy_is_the_one_that_was_farthest_from_the_fixed_one(make_phantom):
    data = make_phantom()
    assert data.moving == 0
    data.registration.matrices[0] = np.nan
    assert data.moving == 1


def test_planes_go_through_the_particle_that_moved(make_phantom):
    data = make_phantom()
    planes = look_at(data).planes
    middle = tuple(p.index for p in planes)
    assert data.labels[middle] == 1


def test_picked_voxels_lie_on_the_planes_shown_and_have_an_edge_energy(make_phantom):
    data = make_phantom()
    planes = look_at(data).planes
    marks = pick(data, planes)
    assert set(marks.particles) == {1, 2}
    for voxel in marks.voxels:
        assert any(voxel[p.axis] == p.index for p in planes)
        assert np.isfinite(data.edge_map.energy[voxel])


def test_spectra_of_picked_voxels_are_normalised_to_one_step(make_phantom):
    data = make_phantom()
    marks = pick(data, look_at(data).planes)
    assert marks.normalized
    assert marks.registered[0] == pytest.approx(0.0, abs=0.01)
    assert marks.registered[-1] == pytest.approx(1.0, abs=0.01)


def test_one_energy_at_a_time_is_read(make_phantom):
    data = make_phantom()
    now, most = [0], [0]

    def counted(block):
        most[0] = max(most[0], block.shape[0])
        now[0] += 1
        return block

    lazy = data.raw.data.map_blocks(counted, dtype=np.float32, meta=np.empty((0, 0, 0, 0), np.float32))
    spectra_at(lazy, ((5, 10, 10), (6, 10, 10)))
    assert most[0] == 1
    assert now[0] == len(data.energies)


def test_equal_pictures_overlay_to_grey_and_unknown_ones_to_slate():
    one = np.array([[0.5, 0.2, np.nan]])
    picture = overlay(one, 2 * one, 1.0, 2.0)
    assert np.ptp(picture[0, :2], axis=-1) == pytest.approx(0.0)
    assert picture[0, 2] == pytest.approx([0.30, 0.32, 0.36])


def test_what_only_one_shows_is_magenta_or_green():
    picture = overlay(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), 1.0, 1.0)
    assert picture.tolist() == [[[1, 0, 1], [0, 1, 0]]]


def test_coarse_volumes_are_means_of_what_is_known():
    volume = np.arange(5 * 4 * 4, dtype=np.float32).reshape(5, 4, 4)
    assert coarsened(volume, (2, 2, 2)).shape == (2, 2, 2)
    assert coarsened(volume, (2, 2, 2))[0, 0, 0] == pytest.approx(volume[:2, :2, :2].mean())
    volume[:2, :2, :2] = np.nan
    volume[0, 0, 0] = 3
    assert coarsened(volume, (2, 2, 2))[0, 0, 0] == 3


@pytest.mark.parametrize(("width", "length"), [(22.4, 5), (10, 2), (100, 20), (0.9, 0.2)])
def test_scale_bars_are_round(width, length):
    assert round_length(width) == pytest.approx(length)
