"""Folders of TIFF images."""

import numpy as np
import pytest
import tifffile

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import identify, read_scan


def write(path, value, shape=(3, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.full(shape, value, np.uint16), photometric="minisblack")


def test_the_real_folder_has_its_views_among_the_angles_of_all_frames(data_folder):
    scan = read_scan(data_folder / "tiff_tomo_savu24737", energies=[53000.0])
    assert scan.projections[0].shape == (91, 135, 160)
    assert len(scan.flats[0]) == len(scan.darks[0]) == 1
    np.testing.assert_allclose(scan.angles[0], np.linspace(-88.2, 91.8, 91), atol=0.01)
    assert any("24888_image_key.nxs" in d for d in scan.metadata["doubts"])
    assert identify(data_folder / "tiff_tomo_savu24737") == ("scan", "tiff")
    first = tifffile.imread(data_folder / "tiff_tomo_savu24737" / "tiffs" / "raw_00090.tiff")
    np.testing.assert_array_equal(np.asarray(scan.projections[0][90]), first)


def test_a_folder_an_energy_is_one_scan(tmp_path):
    for e, name in enumerate(("8350.0eV", "8340.0eV")):
        for i in range(12):
            write(tmp_path / name / f"view_{i}.tif", 100 * e + i)
        write(tmp_path / name / "flat_0.tif", 1000 + e)
    (tmp_path / "angles.txt").write_text("\n".join(map(str, range(12))))
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.energies, [8340, 8350])
    np.testing.assert_array_equal(np.asarray(scan.projections[0])[:, 0, 0], 100 + np.arange(12))
    assert int(np.asarray(scan.flats[1])[0, 0, 0]) == 1000


def test_energies_come_from_a_list_in_kev_or_from_the_caller(tmp_path):
    for name in ("a_1", "a_2", "a_10"):
        for i in range(3):
            write(tmp_path / name / f"view_{i}.tif", i)
    (tmp_path / "angles.txt").write_text("0\n60\n120\n")
    with pytest.raises(ReadError, match="energ"):
        read_scan(tmp_path)
    np.testing.assert_array_equal(read_scan(tmp_path, energies=[8000, 8010, 8020]).energies, [8000, 8010, 8020])
    (tmp_path / "eng_list.txt").write_text("1 8.30\n2 8.31\n3 8.32\n")
    np.testing.assert_allclose(read_scan(tmp_path).energies, [8300, 8310, 8320])


def test_angles_that_do_not_fit_are_an_error_with_both_numbers(tmp_path):
    for i in range(3):
        write(tmp_path / f"view_{i}_8000eV.tif", i)
    with pytest.raises(ReadError, match="angles"):
        read_scan(tmp_path)
    (tmp_path / "theta.txt").write_text("0\n60\n120\n180\n")
    with pytest.raises(ReadError, match=r"4 angles for 3 projections"):
        read_scan(tmp_path)
    (tmp_path / "theta.txt").write_text("0\n0\n60\n120\n120\n")
    np.testing.assert_array_equal(read_scan(tmp_path).angles[0], [0, 60, 120])
    with pytest.raises(ReadError, match=r"60.*61"):
        read_scan(tmp_path, angles=[0, 61, 120])


def test_an_image_of_another_size_or_cut_short_is_named(tmp_path):
    for i in range(3):
        write(tmp_path / f"view_{i}_8000eV.tif", i)
    write(tmp_path / "view_1_8000eV.tif", 1, (5, 4))
    with pytest.raises(ReadError, match="view_1_8000eV"):
        read_scan(tmp_path, angles=[0, 1, 2])
    write(tmp_path / "view_1_8000eV.tif", 1)
    whole = (tmp_path / "view_2_8000eV.tif").read_bytes()
    (tmp_path / "view_2_8000eV.tif").write_bytes(whole[:-8])
    with pytest.raises(ReadError, match="view_2_8000eV"):
        read_scan(tmp_path, angles=[0, 1, 2])


def test_one_file_of_pages_an_energy_is_read_page_by_page(tmp_path):
    for e in (8000, 8010):
        tifffile.imwrite(tmp_path / f"flat_{e}eV.tif", np.full((2, 3, 4), 9, np.uint16), photometric="minisblack")
        tifffile.imwrite(
            tmp_path / f"tomo_{e}eV.tif",
            np.arange(5 * 12, dtype=np.uint16).reshape(5, 3, 4) + e,
            photometric="minisblack",
        )
    scan = read_scan(tmp_path, angles=range(5))
    assert [p.shape for p in scan.projections] == [(5, 3, 4)] * 2
    np.testing.assert_array_equal(np.asarray(scan.projections[1][2:4])[:, 0, 0], [8010 + 24, 8010 + 36])
    assert [len(f) for f in scan.flats] == [2, 2]
    assert identify(tmp_path) == ("scan", "tiff")


def test_a_scan_folder_called_ref_holds_projections_and_one_below_it_flats(tmp_path):
    for i in range(3):
        write(tmp_path / "ref_sample" / "views" / f"v_{i}.tif", i)
    write(tmp_path / "ref_sample" / "flats" / "0.tif", 9)
    scan = read_scan(tmp_path / "ref_sample", energies=[8000], angles=[0, 1, 2])
    assert scan.projections[0].shape == (3, 3, 4)
    assert len(scan.flats[0]) == 1
