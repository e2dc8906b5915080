"""Clusters of spectra in regions that are known."""

import threading

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, ParameterError
from napari_spectrotomo.spectra import cluster_spectra

ENERGIES = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
SHAPE = (4, 16, 16)
E0 = 6549.0
METHODS = ("k-means", "gaussian-mixture")


@pytest.fixture(scope="module")
def regions():
    label = np.full(SHAPE, 3)
    label[:, 6:, :] = 2
    label[:, 6:, 5:] = 1
    return label


@pytest.fixture(scope="module")
def stack(regions, mixtures):
    return mixtures(np.choose(regions, [0, 0.0, 0.5, 1.0]), 0.02)


@pytest.fixture(scope="module")
def clustered(stack):
    return {method: cluster_spectra(stack, 3, method=method, e0=E0) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_known_regions_are_found_by_falling_size(clustered, regions, method):
    found = clustered[method]
    assert adjusted_rand_score(regions.ravel(), found.labels.ravel()) > 0.95
    assert found.labels.dtype == np.int32
    np.testing.assert_array_equal(found.sizes, np.bincount(found.labels.ravel())[1:])
    assert np.all(np.diff(found.sizes) <= 0)
    assert found.warnings == ()


def test_mean_spectra_and_their_errors_are_those_of_the_members(stack, regions):
    found = cluster_spectra(stack, 3, normalized=False, components=3)
    data = np.asarray(stack.data, np.float64)
    for k, (mean, error) in enumerate(zip(found.spectra, found.errors, strict=True), 1):
        members = data[:, found.labels == k]
        np.testing.assert_allclose(mean, members.mean(axis=1), rtol=1e-5)
        np.testing.assert_allclose(error, members.std(axis=1, ddof=1) / np.sqrt(members.shape[1]), rtol=1e-4)


def test_the_mean_of_a_pure_region_is_the_pure_spectrum(clustered, spectrum):
    distance = np.abs(clustered["k-means"].spectra[0] - spectrum(6547.0, 0.4))
    assert distance.max() < 0.03


def test_voxels_without_a_spectrum_have_no_label(stack, regions):
    data = np.asarray(stack.data).copy()
    data[3, 0, 0, :4] = np.nan
    data[:, 1, 1, 1] = 0
    mask = np.ones(SHAPE, bool)
    mask[:, :, -2:] = False
    found = cluster_spectra(EnergyStack.from_arrays(data, ENERGIES), 3, mask=mask, e0=E0)
    out = ~mask
    out[0, 0, :4] = out[1, 1, 1] = True
    np.testing.assert_array_equal(found.labels == 0, out)
    assert adjusted_rand_score(regions[~out], found.labels[~out]) > 0.95


@pytest.mark.parametrize("method", METHODS)
def test_the_memory_given_changes_nothing(clustered, stack, method):
    small = cluster_spectra(stack, 3, method=method, e0=E0, memory=7e4)
    np.testing.assert_array_equal(small.labels, clustered[method].labels)
    np.testing.assert_array_equal(small.spectra, clustered[method].spectra)


def test_more_clusters_than_voxels_are_refused(stack):
    mask = np.zeros(SHAPE, bool)
    mask[0, 0, :4] = True
    with pytest.raises(ParameterError, match="5 clusters cannot be made of 4 different spectra"):
        cluster_spectra(stack, 5, mask=mask, e0=E0)
    assert sorted(cluster_spectra(stack, 4, mask=mask, e0=E0).labels[mask]) == [1, 2, 3, 4]


def test_silly_requests_are_said(stack):
    with pytest.raises(ParameterError, match="whole number"):
        cluster_spectra(stack, 0)
    with pytest.raises(ParameterError, match="k-means or gaussian-mixture"):
        cluster_spectra(stack, 2, method="dbscan")


def test_clusters_of_nothing_but_noise_are_doubted(mixtures):
    found = cluster_spectra(mixtures(np.full(SHAPE, 0.5), 0.02), 2, e0=E0)
    assert "noise only" in found.warnings[-1]


def test_the_work_is_stopped(stack):
    abort = threading.Event()
    abort.set()
    with pytest.raises(Aborted):
        cluster_spectra(stack, 3, abort=abort)
