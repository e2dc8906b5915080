"""What the definitions of an edge energy make of four measured manganese oxides: the table in docs/spectra.md."""

import numpy as np
import pytest

from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra import edge_energy_of

OXIDES = ("MnO", "Mn3O4", "Mn2O3", "MnO2")
"""By rising valence."""
WINDOWS = {"pre": (-20, -8), "post": (30, 75), "nnorm": 1}
TOLD = {
    "half-height": (6544.0, 6546.1, 6549.1, 6552.3),
    "edge-integral": (6544.3, 6546.2, 6549.3, 6552.6),
    "centroid": (6553.9, 6558.8, 6562.6, 6566.6),
    "white-line": (6554.7, 6558.7, 6558.4, 6559.6),
    "derivative": (6543.9, 6546.2, 6552.8, 6551.7),
}


@pytest.mark.parametrize("method", TOLD)
def test_the_documented_edge_energies_of_measured_oxides_hold(data_folder, method):
    given = {"level": 1.2} if method == "centroid" else {}
    found = []
    for oxide in OXIDES:
        ((energies, mu),) = read_references(data_folder / "xanes_ref" / f"{oxide}_rt_01.xdi").values()
        found.append(edge_energy_of(energies, mu, method, **WINDOWS, **given))
    assert np.allclose(found, TOLD[method], atol=0.1)
    assert np.all(np.diff(found) > 0) == (method not in ("white-line", "derivative"))
