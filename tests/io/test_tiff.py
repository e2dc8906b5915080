"""Folders of TIFF images."""

import numpy as np
import pytest
import tifffile

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import identify, read_scan, read_stack


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


def pages(path, stack):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, stack, photometric="minisblack")


@pytest.fixture
def stack():
    """Four energies of five slices (or views) of 3 x 6 pixels."""
    return np.random.default_rng(6).integers(0, 4000, (4, 5, 3, 6)).astype(np.uint16)


def test_a_file_a_slice_that_holds_all_energies_is_a_stack(tmp_path, stack):
    for z in range(5):
        pages(tmp_path / f"slice_{z:02d}.tiff", stack[:, z])
    (tmp_path / "eng_list.txt").write_text("0 8.30\n1 8.32\n2 8.31\n3 8.33\n")
    assert identify(tmp_path) == ("stack", "tiff-stack")
    read = read_stack(tmp_path)
    np.testing.assert_array_equal(read.energies, [8300, 8310, 8320, 8330])
    np.testing.assert_array_equal(np.asarray(read.data), stack[[0, 2, 1, 3]])
    (tmp_path / "eng_list.txt").unlink()
    np.testing.assert_array_equal(np.asarray(read_stack(tmp_path, energies=[1000, 1001, 1002, 1003]).data), stack)
    with pytest.raises(ReadError, match="3 energies were given for 5"):
        read_stack(tmp_path, energies=[1000, 1001, 1002])


def test_files_and_pages_as_many_as_energies_are_doubted_unless_the_format_is_said(tmp_path, stack):
    for z in range(4):
        pages(tmp_path / f"s_{z}.tif", stack[:, z])
    energies = [8300, 8310, 8320, 8330]
    read = read_stack(tmp_path, energies=energies)
    np.testing.assert_array_equal(np.asarray(read.data), stack[:, :4].swapaxes(0, 1))
    assert any("tiff-slices" in d for d in read.metadata["doubts"])
    certain = read_stack(tmp_path, format="tiff-slices", energies=energies)
    np.testing.assert_array_equal(np.asarray(certain.data), stack[:, :4])
    assert certain.metadata["doubts"] == []


def test_a_file_an_energy_is_one_though_a_list_names_the_energies(tmp_path, stack):
    for e in range(4):
        pages(tmp_path / f"v_{e}.tif", stack[e])
    (tmp_path / "energies.txt").write_text("8300\n8310\n8320\n8330\n")
    np.testing.assert_array_equal(np.asarray(read_stack(tmp_path).data), stack)


def test_slices_of_different_depth_are_named(tmp_path, stack):
    for z in range(3):
        pages(tmp_path / f"s_{z}.tif", stack[: 3 if z == 1 else 4, z])
    with pytest.raises(ReadError, match=r"s_1\.tif has 3 pages.*s_0\.tif 4"):
        read_stack(tmp_path, format="tiff-slices", energies=[1000, 1001, 1002, 1003])


def test_a_file_a_view_that_holds_all_energies_is_a_scan(tmp_path, stack):
    for i in range(5):
        pages(tmp_path / f"view_{i}.tif", stack[:, i])
    pages(tmp_path / "flat.tif", stack[:, 0] + 1)
    (tmp_path / "dark.tif").write_bytes(b"")
    pages(tmp_path / "dark.tif", stack[0, 0])
    (tmp_path / "eng_list.txt").write_text("8300\n8310\n8320\n8330\n")
    (tmp_path / "angles.txt").write_text("\n".join(map(str, range(0, 50, 10))))
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.energies, [8300, 8310, 8320, 8330])
    for e in range(4):
        np.testing.assert_array_equal(scan.angles[e], range(0, 50, 10))
        np.testing.assert_array_equal(np.asarray(scan.projections[e]), stack[e])
        np.testing.assert_array_equal(np.asarray(scan.flats[e]), stack[e, :1] + 1)
        np.testing.assert_array_equal(np.asarray(scan.darks[e]), stack[:1, 0])


def test_one_file_of_all_energies_is_a_2d_scan_or_a_stack_of_one_slice(tmp_path, stack):
    pages(tmp_path / "xanes.tif", stack[:, 0])
    energies = [8300, 8310, 8320, 8330]
    scan = read_scan(tmp_path / "xanes.tif", energies=energies)
    assert [p.shape for p in scan.projections] == [(1, 3, 6)] * 4
    np.testing.assert_array_equal(np.concatenate(scan.projections), stack[:, 0])
    np.testing.assert_array_equal(np.asarray(read_stack(tmp_path / "xanes.tif", energies=energies).data), stack[:, :1])


def test_a_list_that_contradicts_the_names_is_an_error_with_both(tmp_path):
    for e in (8000, 8010):
        for i in range(3):
            write(tmp_path / f"view_{i}_{e}eV.tif", i)
    (tmp_path / "angles.txt").write_text("0\n60\n120\n")
    (tmp_path / "eng_list.txt").write_text("8000\n8011\n")
    with pytest.raises(ReadError, match=r"8010 eV.*8011 eV"):
        read_scan(tmp_path)
    (tmp_path / "eng_list.txt").write_text("8000\n8010\n8020\n")
    assert any("lists 3 energies and there are 2" in d for d in read_scan(tmp_path).metadata["doubts"])
