"""The stated error of an edge energy is what repeats of the scan scatter by."""

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.simulate.standards import oxide_spectrum
from napari_spectrotomo.spectra import edge_energy

SCAN = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
REPEATS = (4, 40, 40)
METHODS = [
    {"method": "half-height"},
    {"method": "half-height", "between": "fit"},
    {"method": "derivative"},
    {"method": "white-line"},
    {"method": "white-line", "white_line": "gaussian"},
    {"method": "centroid"},
    {"method": "edge-integral"},
]


@pytest.fixture(scope="module")
def repeats():
    rng = np.random.default_rng(3)
    clean = 1 + 0.7 * oxide_spectrum("Mn2O3", SCAN) + 0.3 * oxide_spectrum("MnO2", SCAN)
    noise = rng.standard_normal((len(SCAN), *REPEATS))
    return lambda ratio: EnergyStack.from_arrays((clean[:, None, None, None] + noise / ratio).astype(np.float32), SCAN)


def share_within(emap):
    centre = np.nanmean(emap.energy)
    known = np.isfinite(emap.error)
    assert known.mean() > 0.99
    return float(np.mean(np.abs(emap.energy - centre)[known] < emap.error[known]))


@pytest.mark.parametrize("ratio", [20, 100])
@pytest.mark.parametrize("how", METHODS, ids=lambda m: " ".join(m.values()))
def test_68_per_cent_of_repeats_lie_within_one_stated_error(repeats, how, ratio):
    assert share_within(edge_energy(repeats(ratio), e0=6550.0, **how)) == pytest.approx(0.683, abs=0.05)


@pytest.mark.parametrize(
    "how", [m for m in METHODS if not m["method"].startswith(("white", "deriv"))], ids=lambda m: " ".join(m.values())
)
def test_it_holds_at_a_signal_to_noise_of_ten(repeats, how):
    emap = edge_energy(repeats(10), e0=6550.0, **how)
    known = np.isfinite(emap.error)
    within = np.abs(emap.energy - np.nanmedian(emap.energy))[known] < emap.error[known]
    assert within.mean() == pytest.approx(0.683, abs=0.05)


def test_it_holds_where_few_energies_tell_the_noise(repeats):
    stack = repeats(50)
    few = EnergyStack.from_arrays(np.asarray(stack.data)[:-5], SCAN[:-5])
    emap = edge_energy(few, e0=6550.0)
    assert emap.windows["pre_points"] + emap.windows["post_points"] <= 8
    assert share_within(emap) == pytest.approx(0.683, abs=0.05)


def test_a_weak_step_costs_as_much_certainty(repeats):
    strong, weak = (np.nanmedian(edge_energy(repeats(ratio), e0=6550.0).error) for ratio in (100, 25))
    assert weak == pytest.approx(4 * strong, rel=0.05)
