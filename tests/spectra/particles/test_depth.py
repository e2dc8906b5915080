"""Profiles against depth of particles whose depth is known."""

import threading

import numpy as np
import pytest

from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.spectra import depth_profile


def slab():
    """A plate across the volume, 12 voxels thick, whose surfaces are its two faces."""
    labels = np.zeros((20, 8, 9), int)
    labels[4:16] = 6
    z = np.indices(labels.shape)[0]
    return labels, np.minimum(z - 4, 15 - z) + 0.5


def test_a_profile_is_what_the_map_is_at_each_depth(edge_map):
    labels, depth = slab()
    table = depth_profile(edge_map(6550 + 0.1 * depth, error=np.full(depth.shape, 0.2)), labels)
    assert list(table.columns) == [
        "label", "depth_voxel", "mean_eV", "median_eV", "std_eV", "standard_error_eV", "low_eV", "high_eV", "error_eV",
        "voxels",
    ]  # fmt: skip
    assert (table["label"] == 6).all()
    np.testing.assert_allclose(table["depth_voxel"], np.arange(6) + 0.5)
    np.testing.assert_allclose(table["mean_eV"], 6550 + 0.1 * table["depth_voxel"], atol=1e-3)
    np.testing.assert_allclose(table["error_eV"], 0.2)
    assert (table["voxels"] == 2 * 72).all()


def test_depth_is_in_nm_along_axes_of_unequal_voxels():
    labels, depth = slab()
    table = depth_profile(50 * depth, labels, voxel_size=(50, 100, 100), bin_width=50)
    assert "mean" in table.columns
    np.testing.assert_allclose(table["depth_nm"], [25, 75, 125, 175, 225, 275])
    np.testing.assert_allclose(table["mean"], table["depth_nm"])
    turned = depth_profile((50 * depth).swapaxes(0, 2), labels.swapaxes(0, 2), voxel_size=(100, 100, 50), bin_width=50)
    np.testing.assert_allclose(turned["mean"], table["mean"])


def test_cracks_and_pores_are_surfaces_unless_only_the_outer_one_is_asked_for():
    labels = np.zeros((40, 40, 40), int)
    labels[4:36, 4:36, 4:36] = 1
    labels[4:30, 20:22, 4:36] = 0  # a crack that opens to the outside
    labels[14:24, 8:16, 8:16] = 0  # a closed pore
    everything = depth_profile(np.ones(labels.shape), labels)
    outer = depth_profile(np.ones(labels.shape), labels, surfaces="outer", crack_width=4)
    solid = depth_profile(np.ones(labels.shape), (np.pad(np.ones((32, 32, 32), int), 4)))
    assert everything["depth_voxel"].max() < 9
    assert outer["depth_voxel"].max() == solid["depth_voxel"].max() == 15.5
    assert outer["voxels"].sum() == everything["voxels"].sum() == (labels == 1).sum()
    assert outer["voxels"].iloc[0] == pytest.approx(solid["voxels"].iloc[0], rel=0.05)
    wide = depth_profile(np.ones(labels.shape), labels, surfaces="outer", crack_width=1)
    assert wide["voxels"].iloc[0] > outer["voxels"].iloc[0]
    assert wide["depth_voxel"].max() > everything["depth_voxel"].max()  # the closed pore is filled all the same


def test_the_standard_error_of_a_shell_is_the_scatter_of_its_mean_between_repeats(ball, smooth_field):
    rng = np.random.default_rng(0)
    labels = np.pad(ball(7).astype(int), 1)
    tables = [depth_profile(smooth_field(rng, labels.shape, 1.0), labels, bin_width=2.0) for _ in range(60)]
    means = np.array([table["mean"] for table in tables])
    told = np.median([table["standard_error"] for table in tables], axis=0)
    naive = np.median([table["std"] / np.sqrt(table["voxels"]) for table in tables], axis=0)
    np.testing.assert_allclose(told[:3], means.std(axis=0)[:3], rtol=0.3)
    assert (means.std(axis=0)[:3] > 2 * naive[:3]).all()


def test_the_band_holds_68_percent_of_a_shells_voxels(edge_map):
    labels, _ = slab()
    value = 6550 + np.random.default_rng(1).normal(0, 0.5, labels.shape)
    first = depth_profile(edge_map(value), labels, bin_width=100).iloc[0]
    inside = value[labels == 6]
    assert np.mean((inside > first["low_eV"]) & (inside < first["high_eV"])) == pytest.approx(0.6827, abs=0.005)
    assert first["voxels"] == len(inside)


def test_unknown_values_are_left_out_and_particles_keep_their_labels():
    labels = np.zeros((1, 20, 40), int)
    labels[0, 2:18, 2:18], labels[0, 5:9, 25:29], labels[0, 12:14, 30:32] = 4, 1_000, 70
    value = np.where(labels == 4, 1.0, 2.0)
    value[0, 2] = np.nan
    value[labels == 70] = np.nan
    table = depth_profile(value, labels)
    assert sorted(set(table["label"])) == [4, 1_000]
    assert table["voxels"].sum() == 15 * 16 + 16
    np.testing.assert_allclose(table["mean"], np.where(table["label"] == 4, 1.0, 2.0))
    small = table[table["label"] == 1_000]
    assert list(small["voxels"]) == [12, 4]


def test_a_particle_without_a_surface_has_no_depth():
    assert len(depth_profile(np.ones((4, 5, 6)), np.ones((4, 5, 6), int))) == 0
    assert len(depth_profile(np.ones((4, 5, 6)), np.ones((4, 5, 6), int), surfaces="outer")) == 0


def test_what_fits_no_map_is_refused():
    labels, depth = slab()
    with pytest.raises(ParameterError, match="outer"):
        depth_profile(depth, labels, surfaces="inner")
    for width in (0, "wide", 1e-9):
        with pytest.raises(ParameterError, match="bin_width"):
            depth_profile(depth, labels, bin_width=width)
    with pytest.raises(DataError, match="do not fit"):
        depth_profile(depth, labels[1:])
    with pytest.raises(DataError, match="do not fit"):
        depth_profile(depth, labels, error=np.ones((2, 2, 2)))


def test_the_work_stops_on_request():
    stop = threading.Event()
    stop.set()
    labels, depth = slab()
    with pytest.raises(Aborted):
        depth_profile(depth, labels, abort=stop)
