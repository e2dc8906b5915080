"""Reference spectra."""

import gzip
import json

import numpy as np
import pytest

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import read_references


def test_real_standards_are_the_log_ratio_of_their_intensities(data_folder):
    found = read_references(data_folder / "xanes_ref")
    assert len(found) == 12
    oracle = np.load(data_folder / "oracle" / "larch.npz")
    names = {k.split("|")[0] for k in json.loads((data_folder / "oracle" / "larch.json").read_text())}
    for name in names & set(found):
        energy, mu = found[name]
        np.testing.assert_allclose(energy, oracle[f"{name}|auto/energy"])
        np.testing.assert_allclose(mu, oracle[f"{name}|auto/mu"], atol=1e-9)


def test_two_columns_in_kev_or_ev_are_told_by_size(tmp_path):
    (tmp_path / "a.txt").write_text("# energy mu\n8.30 0.1\n8.32 0.9\n8.31 0.5\n")
    (tmp_path / "b.csv").write_text("energy,mu\n8300,0.1\n8310,0.5\n8320,0.9\n")
    found = read_references(tmp_path)
    for energy, mu in found.values():
        np.testing.assert_allclose(energy, [8300, 8310, 8320])
        np.testing.assert_allclose(mu, [0.1, 0.5, 0.9])


def test_what_is_no_spectrum_is_named(tmp_path):
    (tmp_path / "words.txt").write_text("no numbers here\n")
    with pytest.raises(ReadError, match=r"words\.txt"):
        read_references(tmp_path / "words.txt")
    with pytest.raises(ReadError, match="nowhere"):
        read_references(tmp_path / "nowhere.xdi")
    (tmp_path / "raw.xdi").write_text("# XDI/1.0\n# Column.1: energy eV\n# Column.2: i0\n8300 1\n8310 1\n8320 1\n")
    with pytest.raises(ReadError, match="i0"):
        read_references(tmp_path / "raw.xdi")


def test_an_athena_project_gives_its_groups_by_label_with_their_energy_shift(tmp_path):
    group = "$old_group = 'ab{n}';\n@args = ('label','{label}','bkg_eshift','{shift}','is_xmu','1');\n"
    arrays = "@x = ('6500','6510','6520');\n@y = ('0.1','0.5','{y}');\n[record];\n"
    text = "# Athena project file -- Demeter version 0.9\n"
    text += (group + arrays).format(n=1, label="Mn3O4", shift="19.1", y="0.9") + (group + arrays).format(
        n=2, label="MnO", shift="0", y="0.8"
    )
    with gzip.open(tmp_path / "standards.prj", "wt") as file:
        file.write(text)
    found = read_references(tmp_path / "standards.prj")
    assert list(found) == ["Mn3O4", "MnO"]
    np.testing.assert_allclose(found["Mn3O4"][0], [6519.1, 6529.1, 6539.1])
    np.testing.assert_allclose(found["MnO"][1], [0.1, 0.5, 0.8])
    (tmp_path / "broken.prj").write_bytes((tmp_path / "standards.prj").read_bytes()[:60])
    with pytest.raises(ReadError, match=r"broken\.prj"):
        read_references(tmp_path / "broken.prj")


def test_an_athena_project_is_read_with_bare_numbers_and_escaped_quotes_and_without_chi(tmp_path):
    text = "# Athena project file -- Demeter version 0.9\n"
    text += "@args = ('label','O\\'Neill\\'s MnO','bkg_eshift',-2,'datatype','xmudat');\n"
    text += "@x = (6500,'6510.5',6520,6520);\n@y = ('0.1',.5,9e-1,'1.1');\n[record];\n"
    text += "@args = ('label','k space','datatype','chi');\n@x = ('1','2','3');\n@y = ('0.1','0.5','0.9');\n[record];\n"
    (tmp_path / "standards.prj").write_text(text)
    found = read_references(tmp_path / "standards.prj")
    assert list(found) == ["O'Neill's MnO"]
    energy, mu = found["O'Neill's MnO"]
    np.testing.assert_allclose(energy, [6498, 6508.5, 6518])
    np.testing.assert_allclose(mu, [0.1, 0.5, 1.0])


def test_an_athena_project_written_as_json_is_read(tmp_path):
    group = {"x": [1.0, 2.0, 3.0], "y": [0.1, 0.5, 0.9], "args": {"label": "MnO", "bkg_eshift": 6500.0}}
    content = {"_____header1": "# Athena project", "abc": group, "_____order": ["abc"]}
    (tmp_path / "standards.prj").write_text(json.dumps(content))
    np.testing.assert_allclose(read_references(tmp_path / "standards.prj")["MnO"][0], [6501, 6502, 6503])


def test_values_at_equal_energies_are_averaged_and_energies_sorted(tmp_path):
    (tmp_path / "a.txt").write_text("8320 0.9\n8300 0.1\n8310 0.4\n8310 0.6\n")
    energy, mu = read_references(tmp_path / "a.txt")["a"]
    np.testing.assert_allclose(energy, [8300, 8310, 8320])
    np.testing.assert_allclose(mu, [0.1, 0.5, 0.9])


@pytest.mark.parametrize(
    "text",
    [
        "8300,5;0,1\n8310,5;0,5\n8320,5;0,9\n",
        "Energie\tmu\n8300,5\t0,1\n8310,5\t0,5\n8320,5\t0,9\n",
        "8300.5, 0.1\n8310.5, 0.5\n8320.5, 0.9\n",
        "8300.5,0.1,\n8310.5,0.5,\n8320.5,0.9,\n,,\n",
        "# Energy(keV) mu\n8.3005 0.1\n8.3105 0.5\n8.3205 0.9\n",
        "# energy i0 xmu\n8300.5 7 0.1\n8310.5 7 0.5\n8320.5 7 0.9\n",
        "# energy i0 ifluor\n8300.5 10 1\n8310.5 10 5\n8320.5 10 9\n",
    ],
    ids=[
        "semicolons and decimal commas",
        "tabs and decimal commas",
        "comma and space",
        "empty cells",
        "keV",
        "named",
        "fluorescence",
    ],
)
def test_columns_are_told_apart_as_people_write_them(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    energy, mu = read_references(tmp_path / "a.txt")["a"]
    np.testing.assert_allclose(energy, [8300.5, 8310.5, 8320.5])
    np.testing.assert_allclose(mu, [0.1, 0.5, 0.9])


def test_columns_that_say_they_are_something_else_are_not_taken_for_attenuation(tmp_path):
    (tmp_path / "a.txt").write_text("# energy i0 foo\n8300 1 2\n8310 1 2\n8320 1 2\n")
    with pytest.raises(ReadError, match=r"foo.*name the first one energy_eV"):
        read_references(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("8300 1 2\n8310 1 2\n8320 1 2\n8330 1\n")
    with pytest.raises(ReadError, match="8330 1"):
        read_references(tmp_path / "b.txt")
