"""Non-negative components of mixtures whose substances are known."""

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError
from napari_spectrotomo.spectra import nonnegative_components

ENERGIES = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
SHAPE = (4, 16, 16)
E0 = 6549.0


@pytest.fixture
def pure(spectrum):
    return np.stack([spectrum(6547.0, 0.4), spectrum(6551.0, 0.9)])


@pytest.fixture(scope="module")
def found(mixed):
    return nonnegative_components(mixed.stack, e0=E0)


def _paired(found, truth):
    """The order of the components that fits the truth best."""
    distance = ((found[:, None] - truth) ** 2).sum(axis=2)
    return [int(distance[:, k].argmin()) for k in range(len(truth))]


def test_the_two_pure_spectra_are_found_where_there_are_pure_voxels(found, pure):
    assert len(found.spectra) == 2
    order = _paired(found.spectra, pure)
    assert sorted(order) == [0, 1]
    np.testing.assert_allclose(found.spectra[order], pure, atol=0.1)
    assert np.abs(found.spectra[order] - pure).mean() < 0.02


def test_amounts_are_fractions(found, mixed, pure):
    second = found.scores[_paired(found.spectra, pure)[1]]
    assert np.abs(second - mixed.fraction).mean() < 0.05
    assert found.scores.sum(axis=0).mean() == pytest.approx(1, abs=0.02)
    assert found.scores.min() >= 0
    assert found.spectra.min() >= 0
    assert found.explained.sum() == pytest.approx(1)
    assert found.residual < 0.01


def test_values_below_zero_are_counted(mixed, mixtures):
    noisy = mixtures(mixed.fraction, 0.1)
    said = nonnegative_components(noisy, 2, e0=E0).warnings
    assert any("below zero" in w and "%" in w for w in said)
    clean = mixtures(mixed.fraction, 0.0)
    assert not nonnegative_components(clean, 2, normalized=False).warnings


def test_unnormalised_amounts_follow_the_density(mixed, mixtures):
    density = np.random.default_rng(3).uniform(0.5, 1.5, SHAPE)
    found = nonnegative_components(mixtures(mixed.fraction, 0.001, density=density), 2, normalized=False)
    assert np.corrcoef(found.scores.sum(axis=0).ravel(), density.ravel())[0, 1] > 0.98
    np.testing.assert_allclose(found.spectra.max(axis=1), 1)


def test_the_memory_given_changes_nothing(found, mixed):
    np.testing.assert_array_equal(nonnegative_components(mixed.stack, e0=E0, memory=7e4).scores, found.scores)


def test_one_component_is_the_mean(mixed):
    found = nonnegative_components(mixed.stack, 1, e0=E0)
    flat = np.abs(ENERGIES - E0) < 25
    np.testing.assert_allclose(found.spectra[0][flat], found.mean[flat], atol=0.02)


def test_spectra_all_below_zero_have_no_non_negative_component(mixed):
    negative = EnergyStack.from_arrays(-np.asarray(mixed.stack.data), ENERGIES)
    with pytest.raises(DataError, match="above zero"):
        nonnegative_components(negative, 2, normalized=False)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("normalized", [True, False])
def test_one_voxel_and_voxels_all_alike_have_components_without_a_word_from_numpy(mixed, normalized):
    alike = np.broadcast_to(np.asarray(mixed.stack.data)[:, :1, :1, :1], mixed.stack.data.shape)
    one = np.arange(np.prod(SHAPE)).reshape(SHAPE) == 77
    for stack, mask in ((EnergyStack.from_arrays(alike, ENERGIES), None), (mixed.stack, one)):
        found = nonnegative_components(stack, 1, mask=mask, normalized=normalized)
        assert np.isfinite(found.spectra).all()
