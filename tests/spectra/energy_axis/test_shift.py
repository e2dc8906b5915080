"""Shifts that are known, on many grids."""

import dataclasses

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra import energy_drift, find_energy_shift

FINE = np.arange(6490, 6660, 0.5)
MIDDLE = np.arange(6480.0, 6700.0, 1.0)
COARSE = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)


@pytest.mark.parametrize("shift", [-8.9, 0.37, 4.2])
@pytest.mark.parametrize("reference", [FINE, MIDDLE], ids=["fine", "middle"])
@pytest.mark.parametrize("grid", [FINE, MIDDLE, COARSE], ids=["fine", "middle", "coarse"])
def test_a_known_shift_is_found_on_any_grid(edge, grid, reference, shift):
    found = find_energy_shift(grid - shift, 3 * edge(grid) + 5, reference, edge(reference))
    assert found.shift == pytest.approx(shift, abs=0.05 if grid is COARSE else 0.01)
    assert found.residual < 0.01
    assert found.doubts == ()


def test_a_coarse_reference_serves_a_fine_spectrum(edge):
    found = find_energy_shift(FINE - 1.6, edge(FINE), COARSE, edge(COARSE))
    assert found.shift == pytest.approx(1.6, abs=0.05)


def test_added_to_the_energies_it_brings_the_edges_together(edge):
    volumes = edge(MIDDLE, e0=6547.5)[:, None, None, None]
    stack = EnergyStack.from_arrays(volumes, MIDDLE)
    shift = find_energy_shift(stack.energies, np.asarray(stack.data)[:, 0, 0, 0], FINE, edge(FINE, e0=6550.0))
    moved = dataclasses.replace(stack, energies=stack.energies + shift.shift)
    assert moved.energies[0] == pytest.approx(MIDDLE[0] + 2.5, abs=0.05)


def test_the_uncertainty_is_the_scatter_that_noise_causes(edge):
    reference = edge(FINE)
    found = [
        find_energy_shift(MIDDLE - 1.3, edge(MIDDLE, noise=0.02, seed=k), FINE, reference, max_shift=3)
        for k in range(24)
    ]
    shifts = np.array([f.shift for f in found])
    stated = np.mean([f.uncertainty for f in found])
    assert abs(shifts.mean() - 1.3) < 0.03
    assert 0.6 < shifts.std() / stated < 1.5


def test_noise_in_both_is_borne(edge):
    found = find_energy_shift(MIDDLE - 2.3, edge(MIDDLE, noise=0.04), FINE, edge(FINE, noise=0.04, seed=1))
    assert abs(found.shift - 2.3) < 4 * found.uncertainty
    assert abs(found.shift - 2.3) < 0.5


@pytest.mark.parametrize("white_line", [0.4, 0.9])
def test_another_height_of_the_white_line_moves_it_little(edge, white_line):
    found = find_energy_shift(FINE - 2.3, edge(FINE, white_line=white_line), FINE, edge(FINE))
    assert found.shift == pytest.approx(2.3, abs=0.3)


def test_spectra_that_overlap_in_part_are_matched_and_doubted(edge):
    short = FINE[(FINE > 6541) & (FINE < 6562)]
    found = find_energy_shift(FINE - 2.3, edge(FINE), short, edge(short))
    assert found.shift == pytest.approx(2.3, abs=0.1)
    late = FINE[FINE > 6550]
    assert any("inside the reference" in d for d in find_energy_shift(FINE, edge(FINE), late, edge(late)).doubts)


def test_a_shift_at_the_bound_is_doubted(edge):
    found = find_energy_shift(FINE - 6, edge(FINE), FINE, edge(FINE), max_shift=4)
    assert any("bound" in d for d in found.doubts)


def test_another_substance_is_doubted(data_folder):
    references = read_references(data_folder / "xanes_ref")
    metal = next(s for name, s in references.items() if name.startswith("Ni_metal"))
    oxide = next(s for name, s in references.items() if name.startswith("NiOH2"))
    assert any("match poorly" in d for d in find_energy_shift(*metal, *oxide).doubts)
    other = next(s for name, s in references.items() if name.startswith("Fe_metal"))
    with pytest.raises(DataError, match="same element"):
        find_energy_shift(*metal, *other)


@pytest.mark.parametrize("name", ["Fe_metal", "Ni_metal", "co_metal", "cu_metal"])
def test_a_real_foil_in_steps_of_3_ev_is_laid_over_itself(data_folder, name):
    references = read_references(data_folder / "xanes_ref")
    energy, mu = next(s for key, s in references.items() if key.startswith(name))
    grid = np.arange(energy[0], energy[-1], 3.0)
    found = find_energy_shift(grid - 1.5, np.interp(grid, energy, mu), energy, mu)
    assert found.shift == pytest.approx(1.5, abs=0.08)
    assert found.doubts == ()


def test_drift_is_told_against_the_first_scan(edge):
    truth = np.array([0.0, 0.4, 1.1, -0.7])
    scans = [(MIDDLE - shift, edge(MIDDLE)) for shift in truth]
    np.testing.assert_allclose(energy_drift(scans), truth, atol=0.01)


@pytest.mark.parametrize("spectra", [None, [], [(1, 2, 3)] * 2, [np.arange(5.0)] * 3])
def test_a_drift_is_of_pairs_of_energies_and_attenuation(spectra):
    with pytest.raises(DataError, match="each as"):
        energy_drift(spectra)


def test_the_drift_of_a_scan_that_does_not_match_is_unknown(edge):
    noise = np.random.default_rng(0).normal(1, 0.3, len(MIDDLE))
    found = energy_drift([(MIDDLE, edge(MIDDLE)), (MIDDLE, noise), (MIDDLE - 1, edge(MIDDLE))])
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(1, abs=0.01)


def test_with_two_edges_in_the_scan_the_references_counts(edge):
    grid = np.arange(6480.0, 6900.0, 1.0)
    both = edge(grid) + 3 * edge(grid, e0=6769.0)
    found = find_energy_shift(grid - 1.7, both, FINE, edge(FINE))
    assert found.shift == pytest.approx(1.7, abs=0.05)
    assert found.doubts == ()


def test_order_and_gaps_do_not_matter(edge):
    mu = edge(FINE)
    mu[::50] = np.nan
    found = find_energy_shift(FINE[::-1] - 2, mu[::-1], FINE, edge(FINE))
    assert found.shift == pytest.approx(2, abs=0.02)


def test_what_cannot_be_compared_is_said(edge):
    mu = edge(FINE)
    with pytest.raises(DataError, match="same at all energies"):
        find_energy_shift(FINE, np.ones(len(FINE)), FINE, mu)
    with pytest.raises(DataError, match="one spectrum"):
        find_energy_shift(FINE, np.stack([mu, mu], axis=1), FINE, mu)
    with pytest.raises(ParameterError, match="max_shift"):
        find_energy_shift(FINE, mu, FINE, mu, max_shift=0)
    with pytest.raises(DataError, match="two spectra"):
        energy_drift([(FINE, mu)])
