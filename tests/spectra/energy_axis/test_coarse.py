"""Scans too coarse, or too short, for what is asked of them."""

import re

import numpy as np
import pytest

from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra.energy_axis.coarse import grid_warnings

RISES = ("half-height", "derivative", "edge-integral")
LINES = ("white-line", "centroid")
SCAN = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
E0 = 6550.0


@pytest.mark.parametrize("oxide", ["MnO_", "Mn3O4", "Mn2O3", "MnO2"])
@pytest.mark.parametrize("method", RISES)
def test_steps_of_3_ev_will_do_for_the_rise_of_manganese_oxides(data_folder, oxide, method):
    references = read_references(data_folder / "xanes_ref")
    energy, mu = next(s for name, s in references.items() if name.startswith(oxide))
    assert grid_warnings(SCAN, np.interp(SCAN, energy, mu), E0, method) == ()


@pytest.mark.parametrize("method", RISES + LINES)
def test_steps_of_half_an_ev_will_do_for_all(edge, method):
    grid = np.arange(6480.0, 6710.0, 0.5)
    assert grid_warnings(grid, edge(grid), E0, method) == ()


@pytest.mark.parametrize("method", RISES + LINES)
def test_steps_of_8_ev_will_do_for_none(edge, method):
    grid = np.arange(6482.0, 6710.0, 8.0)
    (said,) = grid_warnings(grid, edge(grid), E0, method)
    assert "steps of 8.0 eV" in said
    assert method in said


@pytest.mark.parametrize("method", RISES + LINES)
def test_the_step_it_asks_for_is_fine_enough(edge, method):
    grid = np.arange(6482.0, 6710.0, 8.0)
    while said := grid_warnings(grid, edge(grid), E0, method):
        needed = float(re.search(r"needs steps of ([\d.]+) eV", said[0])[1])
        assert needed < np.diff(grid)[0]
        grid = np.arange(6480.0, 6710.0, needed)
    assert np.diff(grid)[0] > 0.5


def test_one_wide_gap_in_the_rise_is_seen(edge):
    grid = np.arange(6480.0, 6710.0, 1.0)
    grid = grid[(grid < 6547) | (grid > 6555)]
    assert "steps of 10.0 eV" in grid_warnings(grid, edge(grid), E0, "half-height")[0]


def test_a_scan_that_ends_on_the_white_line_is_told():
    grid = np.arange(6480.0, 6590.0, 1.0)
    mu = 0.5 + np.arctan((grid - E0) / 2) / np.pi + 1.5 * np.exp(-(((grid - 6588) / 12) ** 2))
    for method in LINES:
        assert any("cannot be trusted" in said for said in grid_warnings(grid, mu, E0, method))


def test_an_edge_without_a_white_line_is_told():
    grid = np.arange(6480.0, 6710.0, 1.0)
    bare = 0.5 + np.arctan((grid - E0) / 1.0) / np.pi
    assert "No white line" in grid_warnings(grid, bare, E0, "white-line")[0]
    assert grid_warnings(grid, bare, E0, "half-height") == ()
