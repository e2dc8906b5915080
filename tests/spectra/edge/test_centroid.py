"""The centroid of the white line's area, of voxels whose edges lie on either side of the e0 they share."""

import numpy as np
import pytest

from napari_spectrotomo.simulate.standards import HALF_HEIGHTS, oxide_spectrum
from napari_spectrotomo.spectra import edge_energy_of

ENERGIES = np.arange(6480.0, 6711.0, 1.0)


@pytest.mark.parametrize("element", [None, "Mn"])
def test_a_white_line_that_begins_below_e0_has_its_centroid(element):
    spectra = np.stack([oxide_spectrum(oxide, ENERGIES) for oxide in HALF_HEIGHTS], axis=1)
    found = edge_energy_of(ENERGIES, 1 + spectra, "centroid", element=element)
    apart = np.diff(list(HALF_HEIGHTS.values()))
    assert np.allclose(np.diff(found), apart, atol=0.1)
