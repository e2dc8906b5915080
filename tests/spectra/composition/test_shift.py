"""References of another energy calibration."""

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.spectra import fit_references, fit_references_of

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
SHARES = np.array([[0.2, 0.3, 0.5], [0.0, 0.4, 0.6], [1 / 3, 1 / 3, 1 / 3]]).T


@pytest.mark.parametrize("shift", [-2.9, -1.13, 0.0, 0.06, 2.4])
def test_a_known_shift_is_found_and_fractions_with_it(references, mixed, shift):
    found = fit_references_of(SCAN, mixed(SHARES, shift), references, e0=6550, max_shift=3)
    np.testing.assert_allclose(found.shift, shift, atol=0.01)
    np.testing.assert_allclose(found.fractions, SHARES, atol=5e-3)


def test_unshifted_references_mislead_where_the_shift_is_not_looked_for(references, mixed):
    voxels = mixed(SHARES, 2.0)
    still = fit_references_of(SCAN, voxels, references, e0=6550)
    moved = fit_references_of(SCAN, voxels, references, e0=6550, max_shift=3)
    assert np.abs(still.fractions - SHARES).max() > 0.1
    assert np.all(still.residual > 100 * moved.residual)


def test_adding_the_shift_to_the_scan_instead_is_the_same(references, mixed):
    found = fit_references_of(SCAN, mixed(SHARES, 2.0), references, e0=6548, energy_shift=-2.0)
    np.testing.assert_allclose(found.energies, SCAN - 2)
    np.testing.assert_allclose(found.fractions, SHARES, atol=5e-3)


def test_at_the_bound_the_shift_and_errors_are_nan_and_that_is_said(references, mixed):
    voxels = mixed(SHARES, 2.0)[:, :, None, None]
    found = fit_references(EnergyStack.from_arrays(voxels, SCAN), references, e0=6550, max_shift=1)
    assert np.isnan(found.shift).all()
    assert np.isnan(found.error).all()
    assert np.isfinite(found.fractions).all()
    assert any("lies at its bound in 100%" in w for w in found.warnings)


def test_each_voxel_has_its_own_shift_and_the_sum_stays_one(references, mixed):
    truth = np.linspace(-1.5, 1.5, 13)
    voxels = np.stack([mixed(SHARES[:, 0], s) for s in truth], axis=1)
    voxels += np.random.default_rng(0).normal(0, 3e-4, voxels.shape)
    found = fit_references_of(SCAN, voxels, references, e0=6550, max_shift=2, sum_to_one=True)
    np.testing.assert_allclose(found.shift, truth, atol=0.05)
    np.testing.assert_allclose(found.fractions.sum(axis=0), 1, atol=1e-6)
    assert np.isfinite(found.error).all()
