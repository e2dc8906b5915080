"""Maps of volumes whose every edge is known."""

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.spectra import edge_energy, edge_energy_of

ENERGIES = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
SHAPE = (6, 8, 8)
NOISE = 0.01


@pytest.fixture(scope="module")
def truth():
    return 6548 + 4 * np.random.default_rng(0).random(SHAPE)


@pytest.fixture(scope="module")
def volumes(truth):
    at = ENERGIES[:, None, None, None]
    return (1 + 0.5 + np.arctan((at - truth) / 2) / np.pi - 0.0005 * (at - 6500)).astype(np.float32)


@pytest.fixture(scope="module")
def noisy(volumes):
    noise = np.random.default_rng(1).normal(0, NOISE, volumes.shape)
    return EnergyStack.from_arrays((volumes + noise).astype(np.float32), ENERGIES, voxel_size=100)


def test_the_map_is_what_each_voxels_spectrum_gives(volumes):
    emap = edge_energy(EnergyStack.from_arrays(volumes, ENERGIES), e0=6550)
    np.testing.assert_allclose(emap.energy, edge_energy_of(ENERGIES, volumes, e0=6550), atol=1e-3)
    assert emap.energy.dtype == np.float32
    assert emap.warnings == ()


def test_it_is_undefined_outside_the_mask_and_without_an_edge(noisy, volumes):
    mask = np.zeros(SHAPE, bool)
    mask[1:5, 2:6, 2:6] = True
    data = np.asarray(noisy.data).copy()
    data[:, 2, 3, 3] = 1.0 + np.random.default_rng(0).normal(0, NOISE, len(ENERGIES)) - 0.001 * (ENERGIES > 6550)
    data[7, 3, 3, 3] = np.nan
    emap = edge_energy(EnergyStack.from_arrays(data, ENERGIES), mask=mask)
    assert np.isnan(emap.energy[~mask]).all()
    assert np.isnan(emap.step[~mask]).all()
    assert np.isnan(emap.energy[2, 3, 3])
    assert np.isfinite(emap.step[2, 3, 3])
    assert np.isnan(emap.energy[3, 3, 3])
    assert np.isfinite(emap.energy[mask]).sum() == mask.sum() - 2


def test_steps_below_the_one_asked_for_leave_no_edge_energy_and_nothing_else_changes(noisy):
    whole = edge_energy(noisy)
    least = float(np.median(whole.step))
    emap = edge_energy(noisy, step_above=least)
    below = whole.step < least
    assert 0.4 < below.mean() < 0.6
    assert np.isnan(emap.energy[below]).all()
    assert np.isnan(emap.error[below]).all()
    np.testing.assert_array_equal(emap.energy[~below], whole.energy[~below])
    np.testing.assert_array_equal(emap.step, whole.step)
    assert any("as was asked for" in w for w in emap.warnings)


@pytest.mark.parametrize("method", ["half-height", "derivative"])
def test_the_stated_error_is_the_scatter_that_noise_causes(method):
    rng = np.random.default_rng(4)
    clean = 1 + 0.5 + np.arctan((ENERGIES - 6550) / 2) / np.pi
    data = clean[:, None, None, None] + rng.normal(0, NOISE, (len(ENERGIES), 4, 20, 20))
    emap = edge_energy(EnergyStack.from_arrays(data.astype(np.float32), ENERGIES), method, e0=6550)
    assert np.median(emap.error) == pytest.approx(np.std(emap.energy), rel=0.15)


def test_structure_that_all_spectra_share_is_not_taken_for_noise(volumes):
    wiggle = (0.05 * np.sin(ENERGIES / 9))[:, None, None, None]
    emap = edge_energy(EnergyStack.from_arrays((volumes + wiggle).astype(np.float32), ENERGIES))
    assert np.nanmedian(emap.error) < 0.03


def test_little_memory_changes_nothing_but_the_slabs(noisy):
    reports = []
    whole = edge_energy(noisy)
    slabs = edge_energy(noisy, memory=1.0, progress=reports.append)
    np.testing.assert_allclose(slabs.energy, whole.energy, atol=1e-3)
    assert [r.done for r in reports] == [1, 2, 3, 4, 5, 6]


def test_each_volume_is_read_once_when_memory_allows(noisy):
    reads = []

    def count(block):
        reads.append(block.shape)
        return block

    data = noisy.data.map_blocks(count, dtype=np.float32, meta=np.empty((0,) * 4, np.float32))
    edge_energy(EnergyStack(data, ENERGIES), e0=6550)
    assert len(reads) == len(ENERGIES)


def test_the_map_says_which_energies_it_used(noisy):
    emap = edge_energy(noisy, e0=6551.0)
    assert emap.windows["pre"] == (6480.0, 6525.0)
    assert emap.windows["post"][0] == 6605.0
    assert emap.windows["nnorm"] == 1
    assert emap.e0 == 6551.0
    np.testing.assert_array_equal(emap.voxel_size, [100, 100, 100])


def test_a_tiny_step_and_short_windows_are_warned_about(volumes):
    short = (ENERGIES > 6529) & (ENERGIES < 6600)
    said = " ".join(edge_energy(EnergyStack.from_arrays(volumes[short], ENERGIES[short]), e0=6549.0).warnings)
    assert "the pre-edge line is fitted up to" in said
    assert "the post-edge line is fitted from" in said
    faint = 30 + 0.01 * volumes + np.random.default_rng(0).normal(0, 0.02, volumes.shape).astype(np.float32)
    said = " ".join(edge_energy(EnergyStack.from_arrays(faint, ENERGIES), e0=6550.0).warnings)
    assert "rest on very little" in said
    assert "have no edge energy" in said


def test_what_cannot_be_mapped_is_refused_with_advice(noisy):
    with pytest.raises(DataError, match="mask is empty"):
        edge_energy(noisy, mask=np.zeros(SHAPE))
    with pytest.raises(DataError, match="does not fit"):
        edge_energy(noisy, mask=np.ones((2, 2, 2)))
    with pytest.raises(DataError, match="at least 4"):
        edge_energy(EnergyStack.from_arrays(np.ones((1, 2, 2, 2)), [6550.0]))
    empty = da.full((len(ENERGIES), 2, 2, 2), np.nan, np.float32)
    with pytest.raises(DataError, match="every energy"):
        edge_energy(EnergyStack.from_arrays(empty, ENERGIES))


@pytest.mark.parametrize("memory", ["1 GB", None, 0, -1.0, np.nan])
def test_memory_is_a_number_of_bytes(noisy, memory):
    with pytest.raises(ParameterError, match="memory cannot be"):
        edge_energy(noisy, memory=memory)


def test_it_stops_on_request(noisy):
    import threading

    abort = threading.Event()
    abort.set()
    with pytest.raises(Aborted):
        edge_energy(noisy, abort=abort)


def test_a_scan_that_ends_soon_after_the_edge_is_not_carried_back_by_a_line_through_two_points():
    energies = np.arange(6530.0, 6595.0, 3.0)
    mean = 1 + 0.5 * (1 + np.tanh((energies - 6551) / 4)) / 2
    noise = np.random.default_rng(5).normal(0, 0.01, (len(energies), 4, 8, 8))
    emap = edge_energy(EnergyStack.from_arrays(mean[:, None, None, None] + noise, energies))
    assert emap.windows["nnorm"] == 0
    assert emap.windows["post_points"] >= 3
    assert np.nanmedian(np.abs(emap.energy - 6551)) < 0.3  # 1.2 with a line through the last two
    assert "a constant was taken" in " ".join(emap.warnings)


def test_another_edge_inside_a_window_is_warned_about():
    energies = np.arange(6400.0, 7400.0, 4.0)
    iron = 0.6 * (0.5 + np.arctan((energies - 7118) / 2) / np.pi)
    both = 1 + 0.5 + np.arctan((energies - 6551) / 2) / np.pi + iron
    both = EnergyStack.from_arrays(both[:, None, None, None], energies)
    said = " ".join(edge_energy(both, element="Mn", e0=6551.0).warnings)
    assert "another edge" in said
    assert "another edge" not in " ".join(edge_energy(both, element="Mn", e0=6551.0, post=(60, 400)).warnings)


def test_windows_on_the_wrong_side_of_the_edge_are_refused_and_across_it_warned_about(noisy):
    with pytest.raises(DataError, match="wholly below the edge"):
        edge_energy(noisy, e0=6550.0, post=(-60, -20))
    with pytest.raises(DataError, match="wholly above the edge"):
        edge_energy(noisy, e0=6550.0, pre=(20, 60))
    for windows in ({"pre": (-60, 10)}, {"post": (-5, 100)}):
        assert any("across the edge" in said for said in edge_energy(noisy, e0=6550.0, **windows).warnings)
