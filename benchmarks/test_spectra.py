"""The edge map against one pass over the same numbers."""

import pytest

from napari_spectrotomo import edge_energy_of


@pytest.mark.benchmark(group="200,000 edge energies")
@pytest.mark.parametrize("method", ["half-height", "derivative", "white-line"])
def test_ours(benchmark, spectra, method):
    benchmark(edge_energy_of, *spectra, method=method)


@pytest.mark.benchmark(group="200,000 edge energies")
def test_one_numpy_sum(benchmark, spectra):
    benchmark(spectra[1].sum, 0)
