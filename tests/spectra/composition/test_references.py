"""References put onto the grid of a scan."""

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError
from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra import fit_references_of

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
DENSE = np.arange(6440.0, 6760.0, 0.25)
OXIDES = ("MnO_rt_01.xdi", "Mn2O3_rt_01.xdi", "MnO2_rt_01.xdi")


@pytest.fixture(scope="module")
def oxides(data_folder):
    return read_references([data_folder / "xanes_ref" / name for name in OXIDES])


@pytest.fixture(scope="module")
def short_scan():
    """Energies, 3 eV apart, that the standards cover."""
    return np.arange(6521.0, 6629.0, 3.0)


@pytest.fixture(scope="module")
def made_of_oxides(oxides, short_scan):
    """A function that mixes the standards, each with an edge step of one by windows of its own, on a background."""
    from napari_spectrotomo.spectra import normalize_spectra

    pure = []
    for energy, mu in oxides.values():
        normal = normalize_spectra(
            energy, mu, e0=6550, pre=(-29, -15), post=(55, 78), nnorm=0, flatten=False
        ).normalized
        pure.append(np.interp(short_scan, energy, normal))
    return lambda shares: 1.0 - 2e-4 * (short_scan - 6500)[:, None] + 0.8 * np.array(pure).T @ np.asarray(shares)


SHARES = np.array([[0.5, 0.3, 0.2], [0.0, 0.6, 0.4], [0.1, 0.1, 0.8], [1.0, 0.0, 0.0]]).T


def test_mixtures_of_measured_manganese_oxides_are_recovered(oxides, short_scan, made_of_oxides):
    found = fit_references_of(short_scan, made_of_oxides(SHARES), oxides, e0=6550)
    np.testing.assert_allclose(found.fractions, SHARES, atol=0.015)
    assert found.residual.max() < 1e-4


@pytest.mark.parametrize("sum_to_one", [False, True])
def test_noise_does_not_bias_fractions_of_manganese_oxides(oxides, short_scan, made_of_oxides, sum_to_one):
    clean = made_of_oxides(SHARES[:, :1])
    noise = np.random.default_rng(0).normal(0, 0.8 / 300, (len(short_scan), 2000))
    exact = fit_references_of(short_scan, clean, oxides, e0=6550, pre=(-30, -14), sum_to_one=sum_to_one).fractions[:, 0]
    found = fit_references_of(
        short_scan, clean + noise, oxides, e0=6550, pre=(-30, -14), sum_to_one=sum_to_one
    ).fractions
    np.testing.assert_allclose(found.mean(axis=1), exact, atol=0.005)


def test_broadening_references_to_the_scans_resolution_removes_the_misfit(oxides, short_scan):
    from scipy.ndimage import gaussian_filter1d

    grid = np.arange(6521.0, 6629.0, 0.05)
    energy, mu = oxides["MnO_rt_01"]
    blurred = gaussian_filter1d(np.interp(grid, energy, mu), 4.0 / 2.3548 / 0.05, mode="nearest")
    voxel = np.interp(short_scan, grid, blurred)[:, None]
    sharp = fit_references_of(short_scan, voxel, oxides, e0=6550)
    broad = fit_references_of(short_scan, voxel, oxides, e0=6550, broadening=4.0)
    assert broad.residual[0] < 0.1 * sharp.residual[0]
    assert broad.fractions[0, 0] == pytest.approx(1, abs=0.02)


def test_standards_measured_with_another_calibration_are_shifted_into_place(oxides, short_scan, made_of_oxides):
    wrong = {name: (energy + 1.7, mu) for name, (energy, mu) in oxides.items()}
    voxels = made_of_oxides(SHARES[:, :2])
    still = fit_references_of(short_scan, voxels, wrong, e0=6550)
    found = fit_references_of(short_scan, voxels, wrong, e0=6550, max_shift=4)
    np.testing.assert_allclose(found.shift, -1.7, atol=0.1)
    np.testing.assert_allclose(found.fractions, SHARES[:, :2], atol=0.05)
    assert np.all(found.residual < 0.1 * still.residual)


@pytest.mark.parametrize("broadening", [1.0, 5.0])
def test_a_gaussian_broadens_a_step_to_the_error_function(broadening):
    from scipy.special import erf

    from napari_spectrotomo.spectra.composition.references import read_in
    from napari_spectrotomo.spectra.normalize.windows import map_windows

    energies = np.arange(6400.0, 6720.01, 0.02)
    (reference,) = read_in({"step": (energies, 2.0 * (energies > 6550.01))}, SCAN, map_windows(SCAN, 6550.0))
    sigma = broadening / (2 * np.sqrt(2 * np.log(2)))
    at = np.arange(6540.0, 6560.0, 0.5)
    exact = 0.5 * (1 + erf((at - 6550.01) / sigma / np.sqrt(2)))
    np.testing.assert_allclose(reference.at(at, broadening), exact, atol=0.02)
    ends = reference.at(np.array([6400.0, 6720.0, 6900.0]), broadening)
    np.testing.assert_allclose(ends, [0, 1, 1], atol=1e-9)


def test_order_scale_and_a_line_beneath_a_reference_do_not_matter(references, mixed):
    order = np.random.default_rng(0).permutation(len(DENSE))
    other = {
        name: ((energy)[order], (7 * mu + 3 - 0.004 * (energy - 6500))[order])
        for name, (energy, mu) in references.items()
    }
    voxels = mixed(SHARES)
    first, second = (fit_references_of(SCAN, voxels, some, e0=6550) for some in (references, other))
    np.testing.assert_allclose(first.fractions, second.fractions, atol=1e-6)


def test_energies_measured_twice_are_averaged_and_said(references, mixed):
    energy, mu = references["low"]
    twice = {
        **references,
        "low": (np.append(energy, energy[600]), np.append(mu + 0.02 * (energy == energy[600]), mu[600] - 0.02)),
    }
    found = fit_references_of(SCAN, mixed(SHARES), twice, e0=6550)
    np.testing.assert_allclose(found.fractions, SHARES, atol=1e-3)
    assert any("low has 1 energies more than once" in w for w in found.warnings)


def test_a_reference_shorter_than_the_scan_is_used_as_far_as_it_goes(references, mixed):
    short = {name: (e[(e > 6500) & (e < 6640)], mu[(e > 6500) & (e < 6640)]) for name, (e, mu) in references.items()}
    found = fit_references_of(SCAN, mixed(SHARES), short, e0=6550)
    np.testing.assert_allclose(found.fractions, SHARES, atol=0.06)
    (uncovered,) = (w for w in found.warnings if "not cover the windows of the scan" in w)
    assert uncovered.startswith(", ".join(references))
    shorter = {name: (e[e < 6600], mu[e < 6600]) for name, (e, mu) in references.items()}
    found = fit_references_of(SCAN, mixed(SHARES), shorter, e0=6550)
    assert found.windows["window"] == (6530.0, 6590.0)
    assert any("compared from 6530.0 to 6599.8 eV instead of 6530.0 to 6610.0" in w for w in found.warnings)


def test_references_that_are_nearly_the_same_are_said_to_be(references, mixed):
    energy, mu = references["low"]
    alike = {**references, "twin": (energy, mu + 1e-3 * np.exp(-0.5 * ((energy - 6550) / 4) ** 2))}
    found = fit_references_of(SCAN, mixed(SHARES), alike, e0=6550)
    (warning,) = found.warnings
    assert "hard to tell apart" in warning
    assert "low and twin" in warning
    assert found.residual.max() < 1e-6


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda e, mu: (e, np.where(e == 6500, np.nan, mu)), "1 values that are no numbers, the first at 6500.0"),
        (lambda e, mu: (e[e < 6540], mu[e < 6540]), "low does not go across the edge"),
        (lambda e, mu: (e, -mu), "no edge step"),
        (lambda e, mu: (e, np.ones_like(mu)), "no edge step"),
        (lambda e, mu: (e, mu[:-1]), "one value an energy"),
        (lambda e, mu: (e / 1000, mu), "look like keV"),
        (lambda e, mu: e, "no pair of energies"),
        (lambda e, mu: (np.full(9, 6550.0), np.ones(9)), "1 different energies"),
    ],
)
def test_a_reference_that_cannot_be_used_is_said_by_name(references, mixed, spoil, said):
    with pytest.raises(DataError, match=said):
        fit_references_of(SCAN, mixed(SHARES), {**references, "low": spoil(*references["low"])}, e0=6550)


@pytest.mark.parametrize("none", [{}, None, [1, 2], "MnO.xdi"])
def test_without_references_there_is_a_sentence(mixed, none):
    with pytest.raises(DataError, match="References are a dict"):
        fit_references_of(SCAN, mixed(SHARES), none, e0=6550)


def test_references_too_short_for_the_scans_edge_step_are_not_held_at_a_sum(data_folder):
    truth = np.load(data_folder / "scan_dev" / "truth.npz")
    f = np.linspace(0, 1, 11)
    pure = np.outer(truth["spectrum_mn2o3"], 1 - f) + np.outer(truth["spectrum_mno2"], f)
    mu = truth["mu_pre_cm1"][:, None] + truth["mu_jump_cm1"][:, None] * pure
    standards = read_references([data_folder / "xanes_ref" / f"{name}_rt_01.xdi" for name in ("Mn2O3", "MnO2")])
    found = fit_references_of(truth["energies_eV"], mu, standards, element="Mn", sum_to_one=True)
    np.testing.assert_allclose(found.fractions.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(found.fractions[1], f, atol=0.08)
    assert any("divided by their sum" in sentence for sentence in found.warnings)
