"""The model spectra stand where the measured standards stand."""

import numpy as np
import pytest

from napari_spectrotomo.simulate.standards import HALF_HEIGHTS, half_heights, oxide_spectrum
from napari_spectrotomo.spectra import edge_energy_of

FINE = np.arange(6400.0, 6800.0, 0.05)


@pytest.mark.parametrize("oxide", HALF_HEIGHTS)
def test_half_heights_are_the_published_ones(oxide):
    assert half_heights(FINE, oxide_spectrum(oxide, FINE)[:, None])[0] == pytest.approx(HALF_HEIGHTS[oxide], abs=1e-3)


def test_the_edge_map_orders_the_oxides_by_valence():
    energies = np.arange(6480.0, 6711.0, 3.0)
    found = [float(edge_energy_of(energies, oxide_spectrum(o, energies))) for o in ("MnO", "Mn3O4", "Mn2O3", "MnO2")]
    assert found == sorted(found)
    assert found == pytest.approx(list(HALF_HEIGHTS.values()), abs=0.25)


def test_a_spectrum_is_flat_before_and_after_its_edge_and_has_a_white_line():
    spectrum = oxide_spectrum("Mn2O3", FINE)
    assert np.abs(spectrum[FINE < 6530]).max() < 1e-3
    assert np.abs(spectrum[FINE > 6600] - 1).max() < 1e-3
    assert spectrum.max() == pytest.approx(1.55, abs=0.05)
