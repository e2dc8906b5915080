"""One energy of the demo's scan, by each engine, against the libraries' own calls on the same sinograms."""

import numpy as np
import pytest

from napari_spectrotomo import correct
from napari_spectrotomo.reconstruct import ReconstructParameters, reconstruct_volume


@pytest.fixture(scope="module")
def one_energy(simulated):
    od = correct(simulated[0])
    projections = np.asarray(od.projections[-1])
    return projections, od.angles[-1], (projections.shape[2] - 1) / 2


@pytest.mark.benchmark(group="a volume by filtered back-projection")
@pytest.mark.parametrize("engine", ["numba", "algotom", "skimage"])
def test_ours(benchmark, one_energy, engine):
    projections, angles, center = one_energy
    parameters = ReconstructParameters(engine=engine, filter="ramp")
    benchmark(reconstruct_volume, projections, angles, center, parameters=parameters)


@pytest.mark.benchmark(group="a volume by filtered back-projection")
def test_peer_algotom(benchmark, one_energy):
    from algotom.rec.reconstruction import fbp_reconstruction

    projections, angles, center = one_energy
    options = {"angles": np.deg2rad(angles), "apply_log": False, "gpu": False, "filter_name": None, "ratio": None}
    benchmark(lambda: [fbp_reconstruction(projections[:, r], center, **options) for r in range(projections.shape[1])])


@pytest.mark.benchmark(group="a volume by filtered back-projection")
def test_peer_skimage(benchmark, one_energy):
    from skimage.transform import iradon

    projections, angles, _ = one_energy
    benchmark(lambda: [iradon(projections[:, r].T, theta=angles) for r in range(projections.shape[1])])
