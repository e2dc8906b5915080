"""The model spectra stand where the measured standards stand."""

import numpy as np
import pytest

from napari_spectrotomo.simulate.standards import HALF_HEIGHTS, half_heights, oxide_spectrum, write_standards
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


def test_standards_that_are_written_give_the_oxides_their_valence(tmp_path):
    from napari_spectrotomo.io import read_references
    from napari_spectrotomo.workflow.standards import read_standards

    energies = np.array([6480.0, 6549.0, 6710.0])
    found = {standard.name: standard for standard in read_standards(write_standards(tmp_path / "s", energies))}
    assert {round(s.valence, 2) for s in found.values()} == {2.0, 2.67, 3.0, 4.0}
    spectra = read_references(tmp_path / "s")
    assert set(spectra) == set(HALF_HEIGHTS)
    for oxide, (at, mu) in spectra.items():
        assert (at.min(), at.max()) == (6480.0, 6710.0)
        assert abs(float(half_heights(at, mu[:, None])[0]) - HALF_HEIGHTS[oxide]) < 0.02
