"""Every definition of the edge energy against analytic edges, and against what scans do to it."""

import numpy as np
import pytest
from scipy.special import erf

from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.spectra import edge_energy_of
from napari_spectrotomo.spectra.edge.local_fits import local_cubics

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:12].astype(float)
FINE = np.arange(6480.0, 6720.0, 0.5)
E0 = 6550.0
METHODS = [
    {"method": "half-height"},
    {"method": "half-height", "between": "fit"},
    {"method": "derivative"},
    {"method": "white-line"},
    {"method": "white-line", "white_line": "gaussian"},
    {"method": "centroid"},
    {"method": "edge-integral"},
]
NAMES = [" ".join(m.values()) for m in METHODS]


def step(energies, at, width=3.0):
    return 0.5 * (1 + erf((energies - at) / (width * np.sqrt(2))))


def line(energies, at, height=0.6, width=4.0):
    return height * np.exp(-0.5 * ((energies - at) / width) ** 2)


def spectrum(energies, at):
    return 1.0 + step(energies, at) + line(energies, at + 9)


@pytest.mark.parametrize(("how", "coarse"), [({"between": "fit"}, 0.03), ({"method": "derivative"}, 0.15), ({}, 0.06)])
def test_half_height_and_derivative_of_an_error_function_are_its_middle(how, coarse):
    at = 6549 + np.linspace(0, 3, 31)
    for energies, tolerance in ((FINE, 0.005), (SCAN, coarse)):
        found = edge_energy_of(energies, 1 + step(energies[:, None], at), e0=E0, **how)
        np.testing.assert_allclose(found, at, atol=tolerance)


def test_a_fit_between_energies_takes_away_what_straight_lines_err_on_a_coarse_grid():
    at = 6549 + np.linspace(0, 3, 31)
    mu = 1 + step(SCAN[:, None], at)
    lines, fit = (np.abs(edge_energy_of(SCAN, mu, e0=E0, between=b) - at).max() for b in ("lines", "fit"))
    assert fit < 0.5 * lines


def test_the_edge_integral_of_a_straight_rise_is_the_middle_of_its_levels():
    mu = 1 + np.clip((FINE - 6545) / 10, 0, 1)
    found = edge_energy_of(FINE, mu, "edge-integral", e0=E0, levels=(0.2, 0.9))
    assert found == pytest.approx(6545 + 10 * 0.55, abs=1e-6)


def test_the_edge_integral_of_any_rise_is_its_energy_averaged_over_the_heights():
    at = 6550.3
    mu = 1 + step(FINE, at)
    heights = np.linspace(0.15, 0.9, 2001)
    by_height = np.interp(heights, step(FINE, at), FINE)
    assert edge_energy_of(FINE, mu, "edge-integral", e0=E0) == pytest.approx(by_height.mean(), abs=0.005)


@pytest.mark.parametrize("white_line", ["polynomial", "gaussian"])
def test_the_white_line_of_a_gaussian_is_its_middle(white_line):
    for at in (6559.0, 6559.4, 6560.2):
        for energies, tolerance in ((FINE, 0.01), (SCAN, 0.05)):
            mu = 1 + (energies > 6545) + line(energies, at, width=5)
            found = edge_energy_of(energies, mu, "white-line", e0=E0, white_line=white_line)
            assert found == pytest.approx(at, abs=tolerance)


def test_the_centroid_of_a_triangle_is_a_third_of_the_way():
    # up over 4 eV and down over 8: the centroid of what stands above the foot lies at (0 + 4 + 12) / 3 from the start
    rise = np.interp(FINE, [6552, 6556, 6564], [0, 1, 0])
    mu = 1 + step(FINE, 6545, 0.5) + rise
    assert edge_energy_of(FINE, mu, "centroid", e0=E0, level=1.2) == pytest.approx(
        6552 + 0.2 * 4 + 0.8 * (4 + 12) / 3, abs=1e-3
    )


@pytest.mark.parametrize("how", METHODS, ids=NAMES)
def test_moving_the_whole_spectrum_moves_the_edge_as_far(how):
    found = [float(edge_energy_of(FINE + d, spectrum(FINE, 6549.2), e0=E0 + d, **how)) for d in (0, 0.7, 11.3)]
    assert np.diff(found) == pytest.approx([0.7, 10.6], abs=1e-6)


@pytest.mark.parametrize("how", METHODS, ids=NAMES)
def test_gain_and_a_background_line_change_nothing(how):
    plain = edge_energy_of(SCAN, spectrum(SCAN, 6549.2), e0=E0, **how)
    assert edge_energy_of(SCAN, 7 * spectrum(SCAN, 6549.2) - 3 + 0.002 * SCAN, e0=E0, **how) == pytest.approx(
        plain, abs=2e-3 if how["method"].startswith("white") else 1e-6
    )


@pytest.mark.parametrize("how", METHODS, ids=NAMES)
def test_single_precision_gives_the_same_edges(how):
    mu = spectrum(SCAN[:, None], 6548 + 4 * np.random.default_rng(0).random(300))
    assert edge_energy_of(SCAN, mu.astype(np.float32), e0=E0, **how) == pytest.approx(
        edge_energy_of(SCAN, mu, e0=E0, **how), abs=2e-3
    )


@pytest.mark.parametrize("how", METHODS, ids=NAMES)
def test_voxels_that_are_empty_missing_or_noise_have_no_edge_and_spoil_no_other(how):
    rng = np.random.default_rng(1)
    mu = np.stack([spectrum(SCAN, 6550.0)] * 4, axis=1)
    mu[:, 1] = 0
    mu[:, 2] = np.nan
    mu[:, 3] = 0.05 * rng.standard_normal(len(SCAN))
    found = edge_energy_of(SCAN, mu, e0=E0, least_step=3.0, **how)
    assert np.isfinite(found[0])
    assert np.isnan(found[1:]).all()
    alone = edge_energy_of(SCAN, mu[:, :1], e0=E0, least_step=3.0, **how)[0]
    assert found[0] == pytest.approx(
        alone, abs=0.05 if how["method"] == "centroid" else 1e-9
    )  # whose level is of the mean


def test_a_value_missing_at_an_energy_nothing_uses_costs_nothing():
    mu = spectrum(SCAN, 6550.0)
    mu[np.argmin(np.abs(SCAN - 6581))] = np.nan
    assert edge_energy_of(SCAN, mu, e0=E0, post=(60, 160)) == edge_energy_of(
        SCAN, spectrum(SCAN, 6550.0), e0=E0, post=(60, 160)
    )


@pytest.mark.parametrize("how", METHODS, ids=NAMES)
def test_negative_absorption_is_only_an_offset(how):
    assert edge_energy_of(SCAN, spectrum(SCAN, 6549.2) - 5, e0=E0, **how) == pytest.approx(
        edge_energy_of(SCAN, spectrum(SCAN, 6549.2), e0=E0, **how), abs=1e-6
    )


def test_of_two_edges_in_one_scan_the_one_named_is_found():
    energies = np.arange(6400.0, 7400.0, 1.0)  # Mn and Fe
    mu = 1 + step(energies, 6551) + line(energies, 6560) + 1.5 * step(energies, 7124) + line(energies, 7133)
    iron = edge_energy_of(energies, mu, e0=7126, pre=(-150, -30), post=(60, 200), between="fit")
    manganese = edge_energy_of(energies, mu, e0=6552, pre=(-140, -30), post=(60, 400), between="fit")
    assert iron == pytest.approx(7124, abs=0.6)  # the white line lifts the half height
    assert manganese == pytest.approx(6551, abs=0.6)
    named = edge_energy_of(energies, mu, element="Fe", pre=(-150, -30), post=(60, 200))
    assert 7116 < named < 7134


def test_a_scan_that_stops_before_the_white_line_is_down_has_no_centroid():
    short = SCAN[SCAN < 6562]
    mu = spectrum(short, 6550.0)
    assert np.isnan(edge_energy_of(short, mu, "centroid", e0=E0, post=(5, 11), nnorm=0, level=1.0))


def test_repeated_energies_are_refused_and_unsorted_ones_are_sorted():
    twice = np.sort(np.r_[SCAN, 6551.0])
    with pytest.raises(DataError, match="occurs twice"):
        edge_energy_of(twice, spectrum(twice, 6550.0))
    order = np.random.default_rng(0).permutation(len(SCAN))
    assert edge_energy_of(SCAN[order], spectrum(SCAN, 6550.0)[order]) == edge_energy_of(SCAN, spectrum(SCAN, 6550.0))


@pytest.mark.parametrize(
    "bad", [{"levels": (0.9, 0.2)}, {"levels": (0.2,)}, {"level": -1}, {"method": "middle"}, {"between": "x"}]
)
def test_heights_that_make_no_sense_are_refused(bad):
    with pytest.raises(ParameterError):
        edge_energy_of(SCAN, spectrum(SCAN, 6550.0), **bad)


def test_local_cubics_give_back_a_cubic_and_stay_away_from_gaps():
    nodes, starts, fits = local_cubics(SCAN)
    known = starts >= 0
    spans = np.stack([SCAN[starts[known] + k] for k in range(fits.shape[2])], axis=1) - 6550
    x = nodes[known] - 6550
    value, slope, bend = np.einsum("pcm,pm->cp", fits[known], 1 + 0.2 * spans - 0.01 * spans**2 + 0.002 * spans**3)
    np.testing.assert_allclose(value, 1 + 0.2 * x - 0.01 * x**2 + 0.002 * x**3, atol=1e-6)
    np.testing.assert_allclose(slope, 0.2 - 0.02 * x + 0.006 * x**2, atol=1e-6)
    np.testing.assert_allclose(bend, -0.01 + 0.006 * x, atol=1e-6)
    assert not known[nodes < 6520].any()
