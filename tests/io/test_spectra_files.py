"""Spectra written to files."""

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError, ParameterError, SpectrotomoError
from napari_spectrotomo.io import read_references, spectra_as_text, write_spectra

ENERGIES = np.array([6500.0, 6510.25, 6520.123456789, 6530.0])
MU = np.array([0.1, 0.5, 1.0 / 3.0, 0.9])
MN = {"Element.symbol": "Mn", "Element.edge": "K", "Mono.d_spacing": 3.1355}


@pytest.mark.parametrize("suffix", ["csv", "xdi"])
def test_a_spectrum_written_is_read_back(tmp_path, suffix):
    error, count = np.full(4, 0.01), np.array([5, 5, 5, 4])
    path = tmp_path / f"MnO.{suffix}"
    written = write_spectra(path, ENERGIES, {"MnO": (MU, error, count)}, unit="1/µm", metadata=MN)
    assert written == [path]
    (name, (energy, mu)) = next(iter(read_references(path).items()))
    assert name == "MnO"
    np.testing.assert_allclose(energy, ENERGIES, rtol=1e-11)
    np.testing.assert_allclose(mu, MU, rtol=1e-11)


def test_names_that_are_no_file_names_are_made_safe_and_stay_apart(tmp_path):
    spectra = {"a/b: c": MU, "a b c": 2 * MU, "../../x": 3 * MU, "???": 4 * MU}
    written = write_spectra(tmp_path / "roi.xdi", ENERGIES, spectra)
    assert len(set(written)) == 4
    assert all(p.parent == tmp_path and p.exists() for p in written)
    factors = [read_references(p)[p.stem][1][0] / MU[0] for p in written]
    np.testing.assert_allclose(factors, [1, 2, 3, 4])


def test_a_table_holds_every_spectrum_with_gaps_where_they_have_none(tmp_path):
    gap = np.where(ENERGIES == 6530.0, np.nan, MU)
    spectra = {"Mn, oxide": (gap, np.full(4, np.nan), np.full(4, 9)), "plain": MU}
    (path,) = write_spectra(tmp_path / "two.csv", ENERGIES, spectra, unit="1/µm")
    found = read_references(path)
    assert list(found) == ["Mn, oxide", "plain"]
    np.testing.assert_allclose(found["Mn, oxide"][0], ENERGIES[:3])
    np.testing.assert_allclose(found["plain"][1], MU)
    (path,) = write_spectra(tmp_path / "gap.xdi", ENERGIES, {"gap": gap})
    assert len(read_references(path)["gap"][0]) == 3


def test_an_xdi_file_begins_as_its_specification_says(tmp_path):
    (path,) = write_spectra(tmp_path / "x.xdi", ENERGIES, {"MnO": (MU, 0 * MU, 0 * MU)}, unit="1/µm", metadata=MN)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# XDI/1.0 ")
    assert {"# Column.1: energy eV", "# Column.2: mutrans 1/um", "# Element.symbol: Mn", "# Element.edge: K"} <= {
        *lines
    }
    assert all(line.startswith("#") for line in lines[: lines.index("# ---")])
    assert lines.index("# ///") < lines.index("# ---")


def test_what_cannot_be_written_is_refused_with_a_word(tmp_path):
    with pytest.raises(ParameterError, match=r"\.csv or \.xdi"):
        write_spectra(tmp_path / "a.txt", ENERGIES, {"a": MU})
    with pytest.raises(DataError, match="shape"):
        write_spectra(tmp_path / "a.csv", ENERGIES, {"a": MU[:2]})
    with pytest.raises(DataError, match="no spectra"):
        write_spectra(tmp_path / "a.csv", ENERGIES, {})
    with pytest.raises(ParameterError, match=r"Family\.key"):
        write_spectra(tmp_path / "a.xdi", ENERGIES, {"a": MU}, metadata={"element": "Mn"})
    with pytest.raises(DataError, match="dict by name"):
        write_spectra(tmp_path / "a.xdi", ENERGIES, {"a": MU}, metadata=["Mn"])
    with pytest.raises(SpectrotomoError, match="cannot be written"):
        write_spectra(tmp_path / "nowhere" / "a.csv", ENERGIES, {"a": MU})
    assert not list(tmp_path.iterdir())


def test_three_numbers_in_a_tuple_are_a_spectrum_of_three_energies(tmp_path):
    (path,) = write_spectra(tmp_path / "a.csv", ENERGIES[:3], {"a": (0.1, 0.5, 0.9)})
    np.testing.assert_allclose(read_references(path)["a"][1], [0.1, 0.5, 0.9])


def test_a_table_for_the_clipboard_has_tabs_between_its_columns():
    head, *rows = spectra_as_text(ENERGIES, {"MnO": MU}, unit="1/µm").splitlines()
    assert head == "energy_eV\tMnO [1/µm]"
    np.testing.assert_allclose([[float(x) for x in row.split("\t")] for row in rows], np.column_stack([ENERGIES, MU]))
