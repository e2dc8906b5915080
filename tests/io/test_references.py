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
