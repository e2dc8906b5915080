"""Real and made-up standards, read as a map reads its voxels."""

import dataclasses
import inspect

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra import (
    FILES,
    SpectraParameters,
    calibrate_valence,
    edge_energy,
    normalize_spectra,
    valence_map,
    valence_of_standards,
)

DENSE = np.arange(6460.0, 6730.0, 0.5)
GRID = np.r_[6480:6526:15, 6530:6578:3, 6590:6711:12].astype(float)
NAMES = ("MnO", "Mn3O4", "Mn2O3", "MnO2")
VALENCES = (2.0, 8 / 3, 3.0, 4.0)
WINDOWS = {"e0": 6550.0, "pre": (-28.0, -12.0), "post": (25.0, 72.0), "nnorm": 1}


def rise(energies, at):
    return 0.5 + np.arctan((energies - at) / 2) / np.pi + 0.5 * np.exp(-(((energies - at - 5) / 4) ** 2))


@pytest.fixture(scope="session")
def oxides(data_folder):
    files = [data_folder / "xanes_ref" / f"{name}_rt_01.xdi" for name in NAMES]
    return [next(iter(read_references(file).values())) for file in files]


@pytest.mark.parametrize("grid", [None, np.r_[6520:6530:5, 6533:6578:3, 6590, 6605, 6620].astype(float)])
def test_half_heights_of_the_manganese_oxides_make_a_line_without_doubts(oxides, grid):
    line = valence_of_standards(oxides, VALENCES, names=NAMES, at=grid, **WINDOWS)
    assert line.warnings == ()
    assert line.r2 > 0.9
    np.testing.assert_allclose(line.energies_eV, [6543.95, 6546.06, 6549.12, 6552.42], atol=0.6)


def test_standards_that_end_before_the_scan_are_named_in_one_warning(oxides):
    line = valence_of_standards(oxides, VALENCES, names=NAMES, at=GRID, e0=6550.0)
    (short,) = (w for w in line.warnings if "measured from" in w)
    assert short.startswith("MnO, Mn3O4, Mn2O3, MnO2 were measured from 6520 to 6630 eV")


def test_the_steepest_rises_of_the_manganese_oxides_are_in_disorder_and_that_is_said(oxides):
    steepest = [normalize_spectra(*spectrum).e0 for spectrum in oxides]
    line = calibrate_valence(steepest, VALENCES, names=NAMES)
    assert any("does not rise with the valence" in w and "MnO2" in w for w in line.warnings)


def test_a_voxel_of_a_standard_has_its_valence_whatever_the_grid_does_to_edge_energies():
    edges = (6545.0, 6549.0, 6553.0)
    standards = [(DENSE, 0.3 + 2 * rise(DENSE, at)) for at in edges]
    voxels = np.stack([3 * rise(GRID, at) for at in edges], axis=1).reshape(len(GRID), 1, 1, 3)
    emap = edge_energy(EnergyStack.from_arrays(voxels, GRID), e0=6549.0)
    same = valence_of_standards(standards, [2, 3, 4], at=GRID, e0=emap.e0)
    np.testing.assert_allclose(same.energies_eV, emap.energy.ravel(), atol=0.03)
    np.testing.assert_allclose(valence_map(emap, same).valence.ravel(), same.valence(same.energies_eV), atol=0.01)
    own = valence_of_standards(standards, [2, 3, 4], e0=emap.e0)
    assert np.abs(own.energies_eV - emap.energy.ravel()).max() > 0.05
    other = valence_map(
        emap, valence_of_standards(standards, [2, 3, 4], at=GRID, method="centroid", e0=6549, level=1.1)
    )
    assert any("by centroid and the map by half-height" in w for w in other.warnings)
    moved = valence_map(emap, valence_of_standards(standards, [2, 3, 4], at=GRID, e0=6551.0))
    assert any("e0=6549.0" in w for w in moved.warnings)


def test_energies_given_as_numbers_stand_beside_spectra_with_a_doubt():
    line = valence_of_standards([(DENSE, rise(DENSE, 6545.0)), 6550.0], [2, 3], names=["MnO", "Mn2O3"], e0=6548.0)
    assert line.energies_eV[1] == 6550.0
    assert any("given as numbers (Mn2O3)" in w for w in line.warnings)


def test_without_an_e0_the_standards_share_one_and_it_is_said():
    standards = [(DENSE, rise(DENSE, at)) for at in (6545.0, 6549.0, 6553.0)]
    line = valence_of_standards(standards, [2, 3, 4])
    assert line.e0 == pytest.approx(6549.0, abs=1.5)
    assert any("give the e0 of the map" in w for w in line.warnings)


def test_a_shift_of_the_scan_moves_its_grid():
    standards = [(DENSE, rise(DENSE, at)) for at in (6545.0, 6549.0, 6553.0)]
    plain = valence_of_standards(standards, [2, 3, 4], at=GRID, e0=6549.0)
    shifted = valence_of_standards(standards, [2, 3, 4], at=GRID - 4.0, e0=6549.0, energy_shift=4.0)
    np.testing.assert_allclose(shifted.energies_eV, plain.energies_eV)


def test_a_standard_the_map_would_not_find_is_left_out_with_a_doubt():
    standards = [(DENSE, rise(DENSE, at)) for at in (6540.0, 6549.0, 6551.0, 6553.0)]
    line = valence_of_standards(standards, [2, 3, 3.5, 4], names="ABCD", at=GRID, element="Mn", e0=6549.0)
    assert line.names == ("B", "C", "D")
    assert any("was found in A (for Mn it is looked for from 6547 to 6560 eV" in w for w in line.warnings)


def test_standards_that_cannot_be_read_are_refused_by_name():
    good = (DENSE, rise(DENSE, 6549.0))
    with pytest.raises(DataError, match="MnO is neither"):
        valence_of_standards([good, "6550"], [3, 4], names=["Mn2O3", "MnO"])
    with pytest.raises(DataError, match=r"spectrum of MnO.*do not fit"):
        valence_of_standards([good, (DENSE, [1, 2])], [3, 4], names=["Mn2O3", "MnO"])
    with pytest.raises(DataError, match="one finite number"):
        valence_of_standards([good, (DENSE, np.full(len(DENSE), np.nan))], [3, 4], e0=6549.0)
    with pytest.raises(DataError, match="one valence"):
        valence_of_standards([good, good], [3, 4, 5], e0=6549.0)
    with pytest.raises(DataError, match="names do not fit"):
        valence_of_standards([good, good], [3, 4], names=["MnO"])
    with pytest.raises(DataError, match="Fewer than two standards"):
        valence_of_standards([good, (DENSE, rise(DENSE, 6540.0))], [3, 4], element="Mn", at=GRID, e0=6549.0)
    with pytest.raises(ParameterError, match="method"):
        valence_of_standards([good, good], [3, 4], method="half")


def test_parameters_and_their_defaults_are_those_of_the_map():
    given = inspect.signature(valence_of_standards).parameters
    fields = {f.name: f.default for f in dataclasses.fields(SpectraParameters)}
    shared = set(fields) - {*FILES, "least_step", "step_above", "smooth", "binning"}
    assert {name: given[name].default for name in shared} == {name: fields[name] for name in shared}
