"""Principal components of spectra whose components are known."""

import threading
from dataclasses import fields
from inspect import signature

import numpy as np
import pytest
from sklearn.decomposition import PCA

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.spectra import (
    CompositionParameters,
    SpectraParameters,
    cluster_spectra,
    nonnegative_components,
    principal_components,
)
from napari_spectrotomo.spectra.normalize.background import background
from napari_spectrotomo.spectra.normalize.windows import map_windows
from napari_spectrotomo.spectra.unmixing.axes import indicated_components

ENERGIES = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
SHAPE = (4, 16, 16)
E0 = 6549.0


@pytest.fixture(scope="module")
def found(mixed):
    return principal_components(mixed.stack, e0=E0)


def test_mixtures_of_two_spectra_have_one_component_above_noise(found):
    assert found.above_noise == 1
    assert found.spectra.shape == (1, len(ENERGIES))
    assert found.explained[0] > 0.7
    assert found.warnings == ()


def test_its_score_is_linear_in_the_fraction(found, mixed):
    assert abs(np.corrcoef(found.scores[0].ravel(), mixed.fraction.ravel())[0, 1]) > 0.99


def test_thickness_is_no_component_once_normalised(found, mixed):
    raw = principal_components(mixed.stack, normalized=False, components=2)
    thickness = np.asarray(mixed.stack.data).mean(axis=0)
    assert abs(np.corrcoef(raw.scores[0].ravel(), thickness.ravel())[0, 1]) > 0.99
    assert raw.above_noise == 2
    assert abs(np.corrcoef(found.scores[0].ravel(), thickness.ravel())[0, 1]) < 0.1


def test_they_are_those_of_scikit_learn_in_memory(mixed):
    found = principal_components(mixed.stack, normalized=False, components=3)
    spectra = np.asarray(mixed.stack.data, np.float64).reshape(len(ENERGIES), -1).T
    truth = PCA(3).fit(spectra)
    signs = np.sign((truth.components_ * found.spectra).sum(axis=1))
    np.testing.assert_allclose(found.spectra, truth.components_ * signs[:, None], atol=1e-4)
    np.testing.assert_allclose(found.scores.reshape(3, -1).T, truth.transform(spectra) * signs, atol=1e-4)
    np.testing.assert_allclose(found.explained[:3], truth.explained_variance_ratio_, atol=1e-6)
    np.testing.assert_allclose(found.mean, truth.mean_, atol=1e-6)


def test_by_variance_alone_they_are_those_of_the_normalised_spectra(mixed):
    found = principal_components(mixed.stack, e0=E0, components=2, noise_adjusted=False)
    lines = background(ENERGIES, map_windows(ENERGIES, E0))
    raw = np.asarray(mixed.stack.data, np.float64).reshape(len(ENERGIES), -1)
    truth = PCA(2).fit((lines.flattened @ raw / (lines.step @ raw)).T)
    np.testing.assert_allclose(np.abs((truth.components_ * found.spectra).sum(axis=1)), 1, atol=1e-4)
    np.testing.assert_allclose(found.explained[:2], truth.explained_variance_ratio_, atol=1e-4)


def test_noise_of_the_edge_step_does_not_hide_the_chemistry(mixtures):
    fraction = np.random.default_rng(5).uniform(0.3, 0.7, (6, 20, 20))
    noisy = mixtures(fraction, 0.06)
    by_variance, adjusted = (
        principal_components(noisy, e0=E0, components=1, noise_adjusted=adjusted) for adjusted in (False, True)
    )
    known = np.isfinite(adjusted.scores[0])
    plain, better = (
        abs(np.corrcoef(found.scores[0][known], fraction[known])[0, 1]) for found in (by_variance, adjusted)
    )
    assert adjusted.above_noise == 1
    assert better > max(0.75, plain + 0.15)


def test_the_scree_is_of_all_energies_and_what_is_left_is_told(mixed):
    found = principal_components(mixed.stack, e0=E0, components=4)
    assert found.explained.shape == (len(ENERGIES),)
    assert found.explained.sum() == pytest.approx(1)
    assert np.all(np.diff(found.explained) <= 0)
    assert found.residual == pytest.approx(found.explained[4:].sum())
    assert "1 stand above the noise" in found.warnings[-1]


def test_a_uniform_sample_has_no_component_above_noise(mixtures):
    found = principal_components(mixtures(np.full(SHAPE, 0.4), 0.02), e0=E0)
    assert found.above_noise == 0
    assert "noise only" in found.warnings[-1]


def test_without_noise_the_number_is_that_of_the_mixture(mixtures):
    fraction = np.random.default_rng(0).random(SHAPE)
    assert principal_components(mixtures(fraction, 0.0), e0=E0).above_noise == 1


@pytest.mark.parametrize("normalized", [True, False])
def test_the_memory_given_changes_nothing(mixed, normalized):
    whole, small = (
        principal_components(mixed.stack, e0=E0, components=2, normalized=normalized, memory=memory)
        for memory in (1e9, 7e4)
    )
    np.testing.assert_array_equal(small.scores, whole.scores)
    np.testing.assert_array_equal(small.spectra, whole.spectra)


def test_voxels_without_a_spectrum_stay_out(mixed):
    data = np.asarray(mixed.stack.data).copy()
    data[5, 0, 0, 0] = np.nan
    data[:, 1, 2, 3] = 0
    data[:, 2, 3, 4] = 1 + np.random.default_rng(0).normal(0, 0.01, len(ENERGIES))
    mask = np.ones(SHAPE, bool)
    mask[3:] = False
    found = principal_components(EnergyStack.from_arrays(data, ENERGIES), mask=mask, e0=E0)
    out = ~mask
    out[0, 0, 0] = out[1, 2, 3] = out[2, 3, 4] = True
    np.testing.assert_array_equal(np.isnan(found.scores[0]), out)
    assert found.voxels == (~out).sum()
    assert found.above_noise == 1


def test_fewer_voxels_than_energies_are_said_to_be_few(mixed):
    mask = np.zeros(SHAPE, bool)
    mask[0, 0, :5] = True
    found = principal_components(mixed.stack, mask=mask, e0=E0)
    assert np.isfinite(found.scores[:, mask]).all()
    assert any("too few" in w for w in found.warnings)


def test_the_indicator_function_finds_the_rank():
    rng = np.random.default_rng(0)
    data = rng.random((500, 3)) @ rng.random((3, 30)) + rng.normal(0, 0.01, (500, 30))
    variance = np.linalg.eigvalsh(np.cov(data.T))[::-1]
    assert indicated_components(variance, 500) == 3


def test_the_work_is_stopped_and_told_of(mixed):
    abort, said = threading.Event(), []

    def stop_at_two(progress):
        said.append((progress.done, progress.total))
        if progress.done == 2:
            abort.set()

    with pytest.raises(Aborted):
        principal_components(mixed.stack, e0=E0, memory=1.0, progress=stop_at_two, abort=abort)
    assert said == [(1, 8), (2, 8)]


def test_nothing_to_look_at_is_said(mixed):
    empty = EnergyStack.from_arrays(np.zeros((len(ENERGIES), *SHAPE), np.float32), ENERGIES)
    with pytest.raises(DataError, match="No voxel"):
        principal_components(empty, normalized=False)
    with pytest.raises(ParameterError, match="components"):
        principal_components(mixed.stack, components=99)


def test_its_defaults_are_those_of_the_parameters():
    expected = {f.name: f.default for f in fields(SpectraParameters)} | {
        f.name: f.default for f in fields(CompositionParameters) if f.name in ("components", "clusters")
    }
    for function in (principal_components, nonnegative_components, cluster_spectra):
        for name, given in signature(function).parameters.items():
            if name in expected and name != "method" and given.default is not given.empty:
                assert given.default == expected[name], (function, name)
    assert signature(cluster_spectra).parameters["method"].default == CompositionParameters().cluster_by
