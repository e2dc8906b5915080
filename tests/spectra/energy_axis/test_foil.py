"""Foils, real and made, against the tabulated edge."""

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra import foil_shift, tabulated_edge

GRID = np.arange(7060.0, 7200.0, 0.4)


def _iron(energies, first=7112.0, noise=0.0, seed=0):
    """A metal: a small rise, and 6 eV later a steeper and higher one."""
    small = 0.3 * (0.5 + np.arctan((energies - first) / 0.8) / np.pi)
    steep = 0.7 * (0.5 + np.arctan((energies - first - 6) / 1.2) / np.pi)
    return small + steep + np.random.default_rng(seed).normal(0, noise, len(energies))


def test_the_first_rise_counts_not_the_steepest():
    found = foil_shift(GRID - 1.3, _iron(GRID), "Fe")
    assert found.shift == pytest.approx(1.3, abs=0.1)
    assert np.isnan(found.residual)
    assert found.doubts == ()


@pytest.mark.parametrize(("name", "element"), [("Fe", "Fe"), ("Ni", "Ni"), ("co", "Co"), ("cu", "Cu")])
def test_real_foils_lie_near_the_table_and_follow_their_axis(data_folder, name, element):
    references = read_references(data_folder / "xanes_ref")
    energy, mu = next(s for key, s in references.items() if key.startswith(f"{name}_metal"))
    found = foil_shift(energy, mu, element)
    assert abs(found.shift) < 2  # what beamlines call calibrated
    assert found.doubts == ()
    for moved in (-3.7, 0.25, 5.0):
        assert foil_shift(energy + moved, mu, element).shift == pytest.approx(found.shift - moved, abs=1e-6)
    assert foil_shift(energy, 7 * mu + 1, element).shift == pytest.approx(found.shift, abs=1e-6)


def test_the_uncertainty_is_the_scatter_that_noise_causes():
    found = [foil_shift(GRID, _iron(GRID, noise=0.003, seed=k), "Fe") for k in range(60)]
    scatter = np.std([f.shift for f in found])
    assert 0.6 < scatter / np.mean([f.uncertainty for f in found]) < 1.5


def test_a_coarse_scan_of_a_foil_is_doubted():
    grid = GRID[::8]
    assert any("steps of 3.2 eV" in d for d in foil_shift(grid, _iron(grid), "Fe").doubts)


def test_another_element_is_doubted_or_refused():
    far = foil_shift(GRID, _iron(GRID), "Mn")
    assert far.shift == pytest.approx(tabulated_edge("Mn") - tabulated_edge("Fe"), abs=0.2)
    assert any("tabulated edge" in d for d in far.doubts)
    with pytest.raises(ParameterError, match="no element"):
        foil_shift(GRID, _iron(GRID), "Xx")


def test_a_spectrum_that_falls_is_no_foil():
    with pytest.raises(DataError, match="no rise"):
        foil_shift(GRID, -np.arange(len(GRID), dtype=float), "Fe")
