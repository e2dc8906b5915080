"""Spectra averaged inside particles before edges are looked for."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.simulate.standards import oxide_spectrum
from napari_spectrotomo.spectra import edge_energy
from napari_spectrotomo.spectra.smoothing import smoother

SCAN = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
SHAPE = (8, 18, 20)
NOISE = 0.05


@pytest.fixture(scope="module")
def labels():
    made = np.zeros(SHAPE, np.int32)
    made[1:7, 2:16, 2:10] = 1
    made[1:7, 2:16, 10:18] = 2  # they touch
    return made


@pytest.fixture(scope="module")
def scan(labels):
    spectra = {1: oxide_spectrum("Mn2O3", SCAN), 2: oxide_spectrum("MnO2", SCAN)}
    volumes = 0.1 * np.random.default_rng(0).standard_normal((len(SCAN), *SHAPE)) * (labels == 0)
    for k, own in spectra.items():
        volumes[:, labels == k] = 1 + own[:, None]
    noise = NOISE * np.random.default_rng(1).standard_normal(volumes.shape)
    return tuple(EnergyStack.from_arrays(v.astype(np.float32), SCAN, voxel_size=40) for v in (volumes, volumes + noise))


@pytest.mark.parametrize("how", [{"smooth": 1.5}, {"binning": 3}, {"smooth": 1.0, "binning": 2}])
def test_averaging_stays_inside_each_particle(scan, labels, how):
    plain, averaged = edge_energy(scan[0], mask=labels, e0=6550), edge_energy(scan[0], mask=labels, e0=6550, **how)
    np.testing.assert_allclose(averaged.energy[labels > 0], plain.energy[labels > 0], atol=2e-3)
    assert np.isnan(averaged.energy[labels == 0]).all()


def test_without_labels_touching_particles_are_one(scan, labels):
    mixed = edge_energy(scan[0], mask=labels > 0, e0=6550, smooth=1.5).energy
    alone = edge_energy(scan[0], mask=labels, e0=6550).energy
    beside = labels.copy()
    beside[:, :, :9] = beside[:, :, 11:] = 0
    assert np.nanmin(np.abs(mixed - alone)[beside > 0]) > 0.2


@pytest.mark.parametrize(("how", "voxels"), [({"smooth": 1.0}, 44.5), ({"binning": 2}, 8.0)])
def test_the_error_falls_with_the_root_of_the_voxels_averaged(scan, labels, how, voxels):
    inner = np.zeros(SHAPE, bool)
    inner[3:5, 6:12, 5:7] = True
    plain, averaged = edge_energy(scan[1], mask=labels, e0=6550), edge_energy(scan[1], mask=labels, e0=6550, **how)
    ratio = np.median(plain.error[inner]) / np.median(averaged.error[inner])
    assert ratio == pytest.approx(np.sqrt(voxels), rel=0.3)


@pytest.mark.parametrize("how", [{"smooth": 1.0}, {"binning": 2}])
@pytest.mark.parametrize("kind", ["float32", "uint64", "high", "masked"])
def test_labels_of_any_type_and_height_keep_particles_apart(scan, labels, how, kind):
    other = {
        "float32": labels.astype(np.float32),
        "uint64": labels.astype(np.uint64) << 40,
        "high": labels * (2**30 - 1),
        "masked": np.ma.array(labels, mask=np.zeros(SHAPE, bool)),
    }
    expected = edge_energy(scan[1], mask=labels, e0=6550, **how)
    found = edge_energy(scan[1], mask=other[kind], e0=6550, **how)
    np.testing.assert_array_equal(found.energy, expected.energy)
    np.testing.assert_array_equal(found.error, expected.error)


@pytest.mark.parametrize("smooth", [0.6, 2.3])
def test_smoothing_is_that_of_each_particle_alone_small_or_large(smooth):
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 60, (12, 30, 24)).astype(np.int32)
    labels[2:10, 5:28, 3:23] = 60
    values = rng.standard_normal(labels.shape).astype(np.float32)
    values[rng.random(labels.shape) < 0.02] = np.nan
    expected = np.full(labels.shape, np.nan, np.float32)
    for k in range(1, 61):
        known = (labels == k) & np.isfinite(values)
        inside, weight = (
            gaussian_filter(a, smooth, mode="constant") for a in (np.where(known, values, 0), 1.0 * known)
        )
        expected[known] = inside[known] / weight[known]
    np.testing.assert_allclose(smoother(labels, smooth)(values), expected, rtol=1e-4, atol=1e-5)


def test_slabs_change_nothing(scan, labels):
    for how in ({"smooth": 1.2}, {"binning": 3}):
        whole = edge_energy(scan[1], mask=labels, e0=6550, **how)
        slabs = edge_energy(scan[1], mask=labels, e0=6550, memory=1.0, **how)
        np.testing.assert_allclose(slabs.energy, whole.energy, atol=2e-3)


def test_a_bin_has_one_edge_energy(scan, labels):
    energy = edge_energy(scan[1], mask=labels, e0=6550, binning=2).energy
    assert np.ptp(energy[2:4, 4:6, 4:6]) == 0


def test_a_missing_value_stays_missing_and_spoils_no_neighbour(scan, labels):
    data = np.asarray(scan[0].data).copy()
    data[10, 3, 8, 5] = np.nan
    for how in ({"smooth": 1.0}, {"binning": 2}):
        energy = edge_energy(EnergyStack.from_arrays(data, SCAN), mask=labels, e0=6550, **how).energy
        assert np.isnan(energy[3, 8, 5])
        assert np.isfinite(energy[labels > 0]).sum() == (labels > 0).sum() - 1


def test_the_map_says_what_it_resolves(scan, labels):
    assert edge_energy(scan[0], mask=labels).averaged == ""
    said = edge_energy(scan[0], mask=labels, smooth=1.0).averaged
    assert "2.4 voxels" in said
    assert "94 nm" in said
    binned = edge_energy(scan[0], mask=labels, binning=4).averaged
    assert "bins of 4" in binned
    assert "4.0 voxels (160 nm)" in binned


def test_energies_may_be_shifted(scan, labels):
    plain = edge_energy(scan[0], mask=labels)
    shifted = edge_energy(scan[0], mask=labels, energy_shift=-6.7)
    np.testing.assert_allclose(shifted.energy, plain.energy - 6.7, atol=2e-3)
    assert shifted.windows["pre"][0] == pytest.approx(6480 - 6.7)
