"""The stated errors, against the scatter that noise causes."""

import numpy as np
import pytest

from napari_spectrotomo.spectra import fit_references_of

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
REPEATS = 3000
STEP = 1.5
SHARES = np.array([0.35, 0.35, 0.3])


def repeated(mixed, shares, signal_to_noise, repeats=REPEATS):
    noise = np.random.default_rng(int(signal_to_noise)).normal(0, STEP / signal_to_noise, (len(SCAN), repeats))
    return mixed(np.array(shares))[:, None] + noise


@pytest.mark.parametrize("sum_to_one", [False, True])
@pytest.mark.parametrize("signal_to_noise", [10, 30, 100])
def test_two_thirds_of_repeats_lie_within_one_sigma(references, mixed, signal_to_noise, sum_to_one):
    two = {name: references[name] for name in ("low", "high")}
    spectra = repeated(mixed, [0.5, 0, 0.5], signal_to_noise)
    found = fit_references_of(SCAN, spectra, two, e0=6550, sum_to_one=sum_to_one)
    off = np.abs(found.fractions - 0.5) / found.error
    within = (off < 1).mean(axis=1)
    assert within == pytest.approx([0.68, 0.68], abs=0.05)


def test_where_the_step_itself_hardly_stands_out_errors_are_too_large_rather_than_too_small(references, mixed):
    two = {name: references[name] for name in ("low", "high")}
    found = fit_references_of(SCAN, repeated(mixed, [0.5, 0, 0.5], 5), two, e0=6550)
    defined = np.isfinite(found.residual)
    assert 0.7 < defined.mean() < 0.95
    within = (np.abs(found.fractions - 0.5) / found.error < 1)[:, defined].mean(axis=1)
    assert np.all((within > 0.66) & (within < 0.76))


@pytest.mark.parametrize("max_shift", [0.0, 2.0])
def test_so_they_do_with_three_references_and_a_shift(references, mixed, max_shift):
    found = fit_references_of(SCAN, repeated(mixed, SHARES, 100, 1000), references, e0=6550, max_shift=max_shift)
    within = (np.abs(found.fractions - SHARES[:, None]) / found.error < 1).mean(axis=1)
    assert within == pytest.approx([0.68] * 3, abs=0.05)


@pytest.mark.parametrize("signal_to_noise", [20, 100])
def test_noise_biases_no_fraction(references, mixed, signal_to_noise):
    two = {name: references[name] for name in ("low", "high")}
    found = fit_references_of(SCAN, repeated(mixed, [0.6, 0, 0.4], signal_to_noise), two, e0=6550)
    standard_error = found.fractions.std(axis=1) / np.sqrt(REPEATS)
    assert np.all(np.abs(found.fractions.mean(axis=1) - [0.6, 0.4]) < 5 * standard_error + 0.2 / signal_to_noise**2)


def test_a_fraction_at_zero_has_the_error_of_a_fit_that_lets_it_go_below(references, mixed):
    found = fit_references_of(SCAN, repeated(mixed, [0.5, 0, 0.5], 30), references, e0=6550)
    at_zero = found.fractions[1] == 0
    assert 0.4 < at_zero.mean() < 0.6
    inside = found.error[1][~at_zero]
    assert np.median(found.error[1][at_zero]) == pytest.approx(np.median(inside), rel=0.1)
    assert found.fractions[1].max() < 6 * np.median(inside)


def test_with_the_sum_held_a_fraction_of_one_is_as_uncertain_as_what_may_stand_beside_it(references, mixed):
    two = {name: references[name] for name in ("low", "high")}
    found = fit_references_of(SCAN, repeated(mixed, [1, 0, 0], 30), two, e0=6550, sum_to_one=True)
    pure = found.fractions[0] == 1
    assert 0.4 < pure.mean() < 0.6
    np.testing.assert_array_equal(found.error[0][pure], found.error[1][pure])
    assert np.median(found.error[0][pure]) == pytest.approx(np.median(found.error[0][~pure]), rel=0.25)
    np.testing.assert_allclose(found.fractions.sum(axis=0), 1, atol=1e-6)


def test_misfit_counts_as_noise(references, mixed):
    two = {name: references[name] for name in ("low", "middle")}
    right = fit_references_of(SCAN, repeated(mixed, [0.5, 0.5, 0], 100), two, e0=6550)
    wrong = fit_references_of(SCAN, repeated(mixed, [0.2, 0.3, 0.5], 100), two, e0=6550)
    assert np.median(wrong.error[0]) > 2 * np.median(right.error[0])
    assert np.median(wrong.residual) > 10 * np.median(right.residual)


def test_errors_are_unknown_without_degrees_of_freedom(references, mixed):
    few = np.flatnonzero(np.isin(SCAN, [6480, 6545, 6551, 6557, 6620, 6680]))
    found = fit_references_of(SCAN[few], mixed(SHARES)[few], references, e0=6551, window=(-10, 75), nnorm=1)
    assert np.isnan(found.error).all()
    assert np.isfinite(found.fractions).all()
    assert any("no degree of freedom" in w for w in found.warnings)
