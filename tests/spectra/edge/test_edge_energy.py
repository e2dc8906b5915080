"""Edge energies of spectra whose edge is known."""

import numpy as np
import pandas as pd
import pytest

from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.spectra import edge_energy_of
from napari_spectrotomo.spectra.edge.kernels import find_edges

ENERGIES = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
FINE = np.arange(6480.0, 6710.0, 0.25)
OXIDES = {"MnO": 6543.95, "Mn3O4": 6546.06, "Mn2O3": 6549.12, "MnO2": 6552.42}


def edge(at, energies=ENERGIES, width=2.0, white_line=0.0):
    jump = 0.5 + np.arctan((energies - at) / width) / np.pi
    return 2 - 0.001 * (energies - 6500) + jump + white_line * np.exp(-(((energies - at - 8) / 4) ** 2))


def oxide(folder, name):
    energies, before, after = np.loadtxt(folder / "xanes_ref" / f"{name}_rt_01.xdi", comments="#", usecols=(0, 1, 2)).T
    return energies, -np.log(after / before)


def test_half_height_orders_manganese_oxides_by_valence(data_folder):
    found = [float(edge_energy_of(*oxide(data_folder, name), pre=(-20, -8), post=(30, 75), nnorm=1)) for name in OXIDES]
    assert found == sorted(found)
    assert found == pytest.approx(list(OXIDES.values()), abs=0.1)


def test_the_maps_own_windows_bias_a_real_mixture_by_less_than_a_tenth_of_an_ev(data_folder):
    truth = np.load(data_folder / "scan_dev" / "truth.npz")
    inside = np.flatnonzero(truth["labels"])
    f = truth["f"].ravel()[inside]
    pure = np.outer(truth["spectrum_mn2o3"], 1 - f) + np.outer(truth["spectrum_mno2"], f)
    mu = truth["mu_pre_cm1"][:, None] + truth["mu_jump_cm1"][:, None] * pure
    bias = np.median(edge_energy_of(truth["energies_eV"], mu) - truth["edge_eV"].ravel()[inside])
    assert bias == pytest.approx(-0.09, abs=0.01)


@pytest.mark.parametrize("method", ["half-height", "derivative", "white-line"])
def test_an_edge_moved_in_energy_is_found_moved(method):
    # fine enough that the sampling bias of every method is small
    moved = np.array([0.0, 0.7, 1.9, 3.3])
    mu = np.stack([edge(6549 + d, FINE, white_line=0.6) for d in moved], axis=1)
    found = edge_energy_of(FINE, mu, method, e0=6549.0)
    np.testing.assert_allclose(found - found[0], moved, atol=0.06)


def test_the_derivative_finds_the_middle_of_an_arctangent_between_samples():
    assert edge_energy_of(FINE, edge(6549.1, FINE), "derivative") == pytest.approx(6549.1, abs=0.02)


def test_the_white_line_is_never_fitted_across_two_peaks():
    mu = edge(6545.0, FINE) + np.exp(-(((FINE - 6553) / 1.5) ** 2)) + 0.9 * np.exp(-(((FINE - 6558) / 1.5) ** 2))
    assert edge_energy_of(FINE, mu, "white-line") == pytest.approx(6553.1, abs=0.3)


def test_a_bump_of_the_pre_edge_is_not_taken_for_the_edge():
    bump = 0.8 * np.exp(-(((FINE - 6538) / 1.5) ** 2))
    assert edge_energy_of(FINE, edge(6552, FINE) + bump, e0=6552) == pytest.approx(
        edge_energy_of(FINE, edge(6552, FINE), e0=6552), abs=0.01
    )


def test_gain_and_background_line_do_not_move_the_edge():
    plain = edge_energy_of(ENERGIES, edge(6550))
    assert edge_energy_of(ENERGIES, 7 * edge(6550) - 3 + 0.002 * ENERGIES) == pytest.approx(plain, abs=1e-6)


def test_a_missing_value_leaves_only_its_own_spectrum_undefined():
    mu = np.stack([edge(6549), edge(6551), edge(6551)], axis=1).reshape(-1, 3, 1)
    mu[np.argmin(np.abs(ENERGIES - 6545)), 1] = np.nan
    found = edge_energy_of(ENERGIES, mu)
    assert found.shape == (3, 1)
    assert np.isfinite(found[[0, 2]]).all()
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("method", ["half-height", "derivative", "white-line", "centroid", "edge-integral"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_inside_the_edge_is_never_read_as_an_edge(method, wrong):
    mu = np.repeat(edge(6550, white_line=1.0)[:, None], 2, axis=1)
    mu[np.argmin(np.abs(ENERGIES - 6551)), 1] = wrong
    mu[np.argmin(np.abs(ENERGIES - 6557)), 1] = wrong
    assert np.isfinite(edge_energy_of(ENERGIES, mu, method, e0=6550)).tolist() == [True, False]


def test_masked_values_are_missing_ones():
    mu = np.ma.array(np.stack([edge(6549), edge(6551)], axis=1))
    mu[np.argmin(np.abs(ENERGIES - 6550)), 1] = np.ma.masked
    assert np.isfinite(edge_energy_of(ENERGIES, mu)).tolist() == [True, False]


def test_pandas_numbers_that_may_be_missing_are_read():
    mu = pd.Series(edge(6550), dtype="Float64")
    assert edge_energy_of(pd.Series(ENERGIES), mu) == edge_energy_of(ENERGIES, edge(6550))
    mu[int(np.argmin(np.abs(ENERGIES - 6551)))] = None
    assert np.isnan(edge_energy_of(ENERGIES, mu, e0=6550))


def test_energies_in_any_order_give_the_same_edge():
    shuffled = np.random.default_rng(0).permutation(len(ENERGIES))
    assert edge_energy_of(ENERGIES[shuffled], edge(6550)[shuffled]) == edge_energy_of(ENERGIES, edge(6550))


def test_a_named_element_looks_only_in_its_own_window():
    assert edge_energy_of(ENERGIES, edge(6551), element="Mn") == pytest.approx(6551, abs=0.3)
    assert np.isnan(edge_energy_of(ENERGIES, edge(6542), element="Mn"))


@pytest.mark.parametrize("name", ["mn", "MN", "Manganese"])
def test_an_element_is_the_same_in_any_spelling(name):
    for middle in (6551, 6542):
        expected = edge_energy_of(ENERGIES, edge(middle), element="Mn")
        np.testing.assert_equal(edge_energy_of(ENERGIES, edge(middle), element=name), expected)


def test_read_only_spectra_are_not_compiled_for_anew():
    mu = np.repeat(edge(6550)[:, None], 3, axis=1)
    found, known = edge_energy_of(ENERGIES, mu), len(find_edges.signatures)
    mu.setflags(write=False)
    np.testing.assert_array_equal(edge_energy_of(ENERGIES, mu), found)
    assert len(find_edges.signatures) == known


def test_a_step_within_the_noise_is_no_edge_when_steps_are_judged():
    rng = np.random.default_rng(3)
    mu = np.stack([np.ones(len(ENERGIES)), edge(6550)], axis=1) + 0.02 * rng.standard_normal((len(ENERGIES), 2))
    mu[:, 0] -= 0.05 * (ENERGIES > 6550)
    found = edge_energy_of(ENERGIES, mu, e0=6550, least_step=3)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(6550, abs=0.5)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"method": "middle"}, ParameterError, "method"),
        ({"element": "Xx"}, ParameterError, "element"),
        ({"element": "Ni"}, DataError, "not inside the scan"),
        ({"pre": (-200, -150)}, DataError, "pre-edge window"),
        ({"nnorm": 9}, ParameterError, "nnorm"),
    ],
)
def test_what_cannot_be_done_is_refused_with_advice(options, error, words):
    with pytest.raises(error, match=words):
        edge_energy_of(ENERGIES, edge(6550), **options)
