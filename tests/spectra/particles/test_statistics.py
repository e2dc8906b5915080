"""Statistics and distributions of edge energies that are known."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from napari_spectrotomo.data import OPTICAL_DENSITY
from napari_spectrotomo.errors import DataError
from napari_spectrotomo.spectra import EdgeMap, density_table, intrinsic_spread, kernel_density, particle_statistics


def emap(energy, voxel_size=None, error=None, unit="1/voxel"):
    energy = np.asarray(energy, np.float32)
    error = np.full_like(energy, np.nan) if error is None else np.asarray(error, np.float32)
    return EdgeMap(energy, energy, error, 6550.0, "half-height", voxel_size=voxel_size, attenuation_unit=unit)


def test_statistics_are_those_of_each_particles_defined_voxels():
    rng = np.random.default_rng(1)
    energy = np.full((20, 40, 40), np.nan)
    labels = np.zeros(energy.shape, np.int32)
    labels[:10], labels[12:] = 1, 2
    energy[labels == 1] = rng.normal(6549.0, 0.5, 16000)
    energy[labels == 2] = rng.gamma(4.0, 0.5, 12800) + 6550
    energy[0, 0, :10] = np.nan
    table = particle_statistics(emap(energy, np.array([100.0, 100.0, 100.0])), labels)
    assert list(table.columns) == [
        "label", "voxels", "volume_um3", "mean_eV", "median_eV", "std_eV", "fwhm_eV", "skewness",
        "undefined", "error_eV", "heterogeneity_eV",
    ]  # fmt: skip
    assert list(table["voxels"]) == [16000, 12800]
    assert table["volume_um3"][0] == pytest.approx(16.0)
    assert table["mean_eV"][0] == pytest.approx(6549.0, abs=0.02)
    assert table["std_eV"][0] == pytest.approx(0.5, abs=0.02)
    assert table["fwhm_eV"][0] == pytest.approx(2.355 * 0.5, rel=0.06)
    assert table["skewness"][0] == pytest.approx(0.0, abs=0.06)
    assert table["skewness"][1] == pytest.approx(1.0, abs=0.1)


def test_a_particle_without_edge_energies_has_a_row_of_unknowns():
    labels = np.ones((2, 2, 2), int)
    table = particle_statistics(emap(np.full((2, 2, 2), np.nan)), labels)
    assert table["voxels"][0] == 8
    assert table[["volume_um3", "mean_eV", "fwhm_eV", "skewness"]].isna().all(axis=None)


def test_heterogeneity_is_what_the_error_of_measurement_leaves_over():
    rng = np.random.default_rng(2)
    errors = rng.uniform(0.1, 0.9, 20000)
    truth = rng.normal(6549, 0.5, 20000)
    measured = truth + errors * rng.normal(size=20000)
    assert intrinsic_spread(measured, errors) == pytest.approx(0.5, abs=0.02)
    two_phases = 6549 + 2.0 * (rng.random(20000) < 0.5) + errors * rng.normal(size=20000)
    assert intrinsic_spread(two_phases, errors) == pytest.approx(1.0, abs=0.03)


def test_failed_fits_far_off_are_no_heterogeneity():
    rng = np.random.default_rng(3)
    values = rng.normal(6549, np.hypot(0.5, 0.3), 5000)
    values[:100] += 40
    assert intrinsic_spread(values, np.full(5000, 0.3)) == pytest.approx(0.5, abs=0.03)


def test_values_that_differ_by_rounding_alone_have_no_density():
    values = 6550 * (1 + np.spacing(1.0) * np.random.default_rng(6).integers(0, 3, 50))
    assert [len(part) for part in kernel_density(values)] == [0, 0]
    few = kernel_density(np.r_[np.full(500, 6550.0), 6550 + 1e-9 * np.arange(9)])
    assert np.trapezoid(few[1], few[0]) == pytest.approx(1, abs=0.05)


def test_a_uniform_particle_has_no_heterogeneity_and_an_unknown_error_none_that_is_known():
    noise = np.random.default_rng(4).normal(size=5000)
    assert intrinsic_spread(6549 + 0.3 * noise, np.full(5000, 0.35)) == 0
    assert intrinsic_spread(6549 + 0.3 * noise, np.full(5000, 0.3)) < 0.07
    assert np.isnan(intrinsic_spread(6549 + noise, np.full(5000, np.nan)))
    assert np.isnan(intrinsic_spread(noise[:5], np.full(5, 0.3)))
    with pytest.raises(DataError, match="one standard deviation a value"):
        intrinsic_spread(noise, noise[:-1])


def test_a_particle_tells_how_far_to_trust_it():
    labels = np.zeros((10, 20, 20), np.int32)
    labels[:5], labels[5:] = 3, 70
    noise = np.random.default_rng(5).normal(size=labels.shape)
    energy = np.where(labels == 3, 6549.0, 6552.0) + 0.4 * noise
    energy[0, :5] = np.nan
    table = particle_statistics(emap(energy, error=np.where(labels == 3, 0.3, np.nan)), labels)
    assert list(table["label"]) == [3, 70]
    np.testing.assert_allclose(table["undefined"], [0.05, 0.0])
    assert table["error_eV"][0] == pytest.approx(0.3)
    assert table["heterogeneity_eV"][0] == pytest.approx(np.sqrt(0.4**2 - 0.3**2), abs=0.03)
    assert table[["error_eV", "heterogeneity_eV"]].iloc[1].isna().all()


def test_a_particle_of_an_image_has_an_area():
    labels = np.zeros((1, 8, 8), np.int32)
    labels[0, 2:4, 2:7] = 9
    table = particle_statistics(emap(np.full(labels.shape, 6550.0), np.full(3, 100.0), unit=OPTICAL_DENSITY), labels)
    assert list(table["label"]) == [9]
    assert table["area_um2"][0] == pytest.approx(0.1)
    assert np.isnan(table["volume_um3"][0])


def test_the_kernel_density_is_that_of_scipy_at_the_same_bandwidth():
    values = np.random.default_rng(0).normal(6550, 1, 500)
    energy, density = kernel_density(values)
    iqr = np.subtract(*np.percentile(values, (75, 25))) / 1.34
    width = 0.9 * min(values.std(ddof=1), iqr) * 500**-0.2
    peer = gaussian_kde(values, width / values.std(ddof=1))(energy)
    np.testing.assert_allclose(density, peer, atol=0.005)
    assert np.trapezoid(density, energy) == pytest.approx(1, abs=1e-3)


def test_densities_of_all_particles_share_one_axis():
    rng = np.random.default_rng(6)
    labels = np.zeros((1, 40, 60), np.int64)
    labels[:, :, :20], labels[:, :, 30:50], labels[0, 0, 55] = 2, 5_000_000, 7
    energy = np.where(labels == 2, rng.normal(6549, 0.5, labels.shape), rng.normal(6552, 1.0, labels.shape))
    table = density_table(emap(energy), labels)
    assert list(table.columns) == ["energy_eV", "particle_2", "particle_7", "particle_5000000"]
    for name, mean in (("particle_2", 6549), ("particle_5000000", 6552)):
        assert np.trapezoid(table[name], table["energy_eV"]) == pytest.approx(1, abs=0.01)
        assert np.trapezoid(table[name] * table["energy_eV"], table["energy_eV"]) == pytest.approx(mean, abs=0.1)
    assert table["particle_7"].isna().all()
    assert len(density_table(emap(np.full(labels.shape, np.nan)), labels)) == 0
