"""FXI, Data Exchange and NXtomo: what is read from each, and what is said of a broken one."""

import contextlib

import h5py
import numpy as np
import pytest

from napari_spectrotomo.errors import ReadError, SpectrotomoError
from napari_spectrotomo.io import identify, read_scan, write_scan


@pytest.fixture
def fxi(small_scan, tmp_path):
    """A folder of three FXI files."""
    folder = tmp_path / "scan"
    write_scan(small_scan, folder, format="fxi")
    return folder


@pytest.fixture
def one(fxi):
    """One of those files, to be damaged."""
    return fxi / "fly_scan_id_2.h5"


def test_the_real_scan_is_read_as_its_truth_says(data_folder):
    scan = read_scan(data_folder / "scan_tiny")
    truth = np.load(data_folder / "scan_tiny" / "truth.npz")
    np.testing.assert_allclose(scan.energies, truth["energies_eV"])
    np.testing.assert_allclose(scan.pixel_size, truth["pixel_size_nm"])
    np.testing.assert_allclose(scan.angles[0], np.linspace(-90, 90, 31))
    assert [p.shape for p in scan.projections] == [(31, 24, 32)] * 9
    assert [len(f) for f in scan.flats] == [4] * 9
    assert [len(d) for d in scan.darks] == [2] * 9
    assert all(np.all(p == 31) for p in scan.flat_positions)  # flats are taken after the tomogram
    assert np.all(np.diff(scan.time) > 0)
    assert scan.metadata["doubts"] == []
    assert scan.metadata["skipped"] == []
    assert len(scan.metadata["files"]) == 9


def test_a_glob_a_list_and_a_folder_give_the_same(fxi):
    for path in (str(fxi / "fly*.h5"), sorted(fxi.iterdir())):
        np.testing.assert_array_equal(read_scan(path).energies, read_scan(fxi).energies)


def test_the_new_fxi_layout_is_read(tmp_path):
    path = tmp_path / "tomo_zfly_id_7.h5"
    with h5py.File(path, "w") as file:
        file["Exchange/data"] = np.ones((3, 2, 2), np.uint16)
        file["Exchange/flat"] = np.ones((2, 2, 2), np.uint16)
        file["Exchange/angle"] = [0.0, 1, 2]
        file["Experiment/X_eng"] = 8.35
        file["Experiment/Pixel Size"] = "20.6nm"
    scan = read_scan(path)
    assert scan.energies == [8350.0]
    np.testing.assert_allclose(scan.pixel_size, 20.6)
    assert scan.metadata["format"] == "fxi"


def test_fxi_averages_serve_where_frames_were_not_kept_and_pixels_come_from_the_magnification(tmp_path):
    path = tmp_path / "fly_scan_id_7.h5"
    with h5py.File(path, "w") as file:
        file["img_tomo"], file["angle"], file["X_eng"] = np.ones((3, 2, 2), np.uint16), [0.0, 1, 2], 8.35
        file["img_bkg_avg"], file["img_dark_avg"] = np.full((1, 2, 2), 9.5, np.float32), np.full((1, 2, 2), 0.5)
        file["Magnification"] = 325.0
    scan = read_scan(path)
    assert np.asarray(scan.flats[0])[0, 0, 0] == 9.5
    assert np.asarray(scan.darks[0])[0, 0, 0] == 0.5
    np.testing.assert_allclose(scan.pixel_size, 20.0)
    assert any("magnification" in d for d in scan.metadata["doubts"])
    for said, expected in ((b"20.1nm", 20.1), (20.1, 20.1), (b"0.0201um", 20.1), (b"40.0nm", 40.0)):
        with h5py.File(path, "r+") as file:
            if "Pixel Size" in file:
                del file["Pixel Size"]
            file["Pixel Size"] = said
        scan = read_scan(path)
        np.testing.assert_allclose(scan.pixel_size, expected)
        assert any("40 nm, and its magnification 20 nm" in d for d in scan.metadata["doubts"]) == (expected == 40)


def test_a_2d_spectrum_is_one_view_an_energy_and_divided_already(tmp_path):
    with h5py.File(tmp_path / "xanes_scan2_id_5.h5", "w") as file:
        file["img_xanes"] = np.random.default_rng(0).random((4, 3, 3)).astype(np.float32)
        file["X_eng"] = [8.30, 8.31, 8.32, 8.33]
    scan = read_scan(tmp_path)
    assert scan.kind == "transmission"
    np.testing.assert_array_equal(scan.energies, [8300, 8310, 8320, 8330])
    assert [len(p) for p in scan.projections] == [1] * 4


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("angle", [0.0, 1, 2, 3], "4 angles for 5 projections"),
        ("angle", [0.0, 1, np.nan, 3, 4], "angle of projection 2 is not a number"),
        ("img_bkg", np.ones((2, 5, 6), np.uint16), "flats have 5 x 6 pixels"),
        ("img_dark", np.ones((2, 4, 7), np.uint16), "darks have 4 x 7 pixels"),
        ("img_tomo", None, "img_tomo"),
        ("img_tomo", np.ones(5), "img_tomo"),
        ("angle", None, "angles"),
        ("X_eng", 0.0, "energ"),
        ("X_eng", None, "energ"),
    ],
)
def test_a_broken_field_is_named_with_its_file(one, field, value, says):
    with h5py.File(one, "r+") as file:
        del file[field]
        if value is not None:
            file[field] = value
    with pytest.raises(ReadError, match=says) as seen:
        read_scan(one.parent)
    assert one.name in str(seen.value)
    assert len(str(seen.value).splitlines()) == 1


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_a_damaged_file_is_named_or_left_out(fxi, one, damage):
    content = {"truncated": one.read_bytes()[:3000], "text": b"not HDF5", "empty": b""}[damage]
    one.write_bytes(content)
    with pytest.raises(ReadError, match=one.name):
        read_scan(fxi)
    scan = read_scan(fxi, on_bad_file="skip")
    assert len(scan) == 2
    (skipped,) = scan.metadata["skipped"]
    assert skipped[0] == str(one)


def test_energies_given_for_all_files_are_those_of_the_good_ones_when_one_is_skipped(fxi, one):
    for path in fxi.iterdir():
        with h5py.File(path, "r+") as file:
            del file["X_eng"]
    one.write_bytes(b"")
    np.testing.assert_array_equal(
        read_scan(fxi, energies=[7000, 7100, 7200], on_bad_file="skip").energies, [7000, 7200]
    )


def test_a_disagreement_shows_both_values_unless_overridden(one, fxi):
    with pytest.raises(ReadError, match=r"6550.*6555"):
        read_scan(one, energies=[6555.0])
    assert read_scan(one, energies=[6555.0], override=["energies"]).energies == [6555.0]
    assert read_scan(one, energies=[6550.4]).energies == [6550.0]
    with pytest.raises(ReadError, match=r"-45.*-44"):
        read_scan(one, angles=[-90, -44, 0, 45, 90])
    assert read_scan(one, angles=[-90, -44, 0, 45, 90], override=["angles"]).angles[0][1] == -44
    with pytest.raises(ReadError, match=r"40\.2.*41"):
        read_scan(one, pixel_size=41)
    assert read_scan(one, pixel_size=41, override=["pixel_size"]).pixel_size == [41]
    with pytest.raises(ReadError, match="its own flats"):
        read_scan(one, flats=np.ones((4, 6)))
    given = read_scan(one, flats=np.ones((4, 6)), override=["flats"])
    np.testing.assert_array_equal(np.asarray(given.flats[0]), np.ones((1, 4, 6)))


def test_a_zero_is_missing_and_no_disagreement(one):
    with h5py.File(one, "r+") as file:
        file["X_eng"][()] = 0.0
        file["angle"][()] = 0.0
    scan = read_scan(one, energies=[7000.0], angles=[1, 2, 3, 4, 5])
    assert scan.energies == [7000.0]
    np.testing.assert_array_equal(scan.angles[0], [1, 2, 3, 4, 5])


def test_a_name_that_contradicts_the_header_is_an_error(one):
    path = one.rename(one.with_name("fly_6553.0eV.h5"))
    with pytest.raises(ReadError, match=r"6550.*6553"):
        read_scan(path)
    assert read_scan(path, energies=[6550.0], override=["energies"]).energies == [6550.0]


def test_energies_in_kev_are_not_taken_for_ev(data_folder):
    with pytest.raises(ReadError, match="keV"):
        read_scan(data_folder / "dxchange_h5" / "tooth.h5", energies=[30.0])


def test_two_files_of_one_energy_are_named(fxi, one):
    (fxi / "fly_scan_id_9.h5").write_bytes(one.read_bytes())
    with pytest.raises(ReadError, match=r"fly_scan_id_2\.h5 and .*fly_scan_id_9\.h5"):
        read_scan(fxi)


def test_other_files_are_left_alone_and_other_formats_are_doubts(fxi, small_scan, tmp_path):
    (fxi / "README.md").write_text("a scan")
    (fxi / "truth.json").write_text("{}")
    (fxi / "frames.raw").write_bytes(b"\0" * 64)
    (other,) = write_scan(small_scan.select([0]), tmp_path / "other", format="data-exchange")
    other.rename(fxi / other.name)
    scan = read_scan(fxi)
    assert len(scan) == 3
    doubts = " ".join(scan.metadata["doubts"])
    assert "data-exchange" in doubts
    assert "frames.raw" in doubts
    assert "README" not in doubts


def test_a_file_that_vanishes_before_it_is_read_is_named(one):
    scan = read_scan(one)
    one.unlink()
    with pytest.raises(ReadError, match=one.name):
        scan.projections[0].compute()


def test_a_pixel_size_the_same_at_all_energies_is_doubted(fxi):
    for path in fxi.iterdir():
        with h5py.File(path, "r+") as file:
            del file["Pixel Size"]
            file["Pixel Size"] = "31.2nm"
    scan = read_scan(fxi)
    np.testing.assert_array_equal(scan.pixel_size, [31.2] * 3)
    assert any("nominal" in d for d in scan.metadata["doubts"])


def test_data_exchange_knows_apertures_of_the_beamline(tmp_path):
    path = tmp_path / "aps.h5"
    with h5py.File(path, "w") as file:
        file["exchange/data"] = np.ones((3, 2, 2), np.uint16)
        file["exchange/energy"] = 8.333
        file["process/acquisition/rotation/rotation_start"] = -10.0
        file["process/acquisition/rotation/rotation_step"] = 10.0
        file["process/acquisition/rotation/num_angles"] = 3
        file["measurement/instrument/detector/pixel_size"] = 6.5
        file["measurement/instrument/detector/pixel_size"].attrs["units"] = "micron"
        file["measurement/instrument/detection_system/objective/magnification"] = 100.0
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.angles[0], [-10, 0, 10])
    assert scan.energies == [8333.0]
    np.testing.assert_allclose(scan.pixel_size, 65.0)
    assert identify(path) == ("scan", "data-exchange")


def test_nxtomo_is_found_by_its_definition_and_sorted_by_its_key(tmp_path):
    path = tmp_path / "diamond.nxs"
    frames = np.arange(7, dtype=np.uint16)[:, None, None] * np.ones((1, 2, 3), np.uint16)
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry1/tomo_entry")
        entry["definition"] = np.array([b"NXtomo"])
        entry["instrument/detector/data"] = frames
        entry["instrument/detector/image_key"] = [2, 1, 0, 0, 1, 3, 0]
        entry["sample/rotation_angle"] = [0.0, 0, 0, 60, 60, 90, 120]
        entry["instrument/beam/incident_energy"] = 53.0
    scan = read_scan(path)
    assert scan.energies == [53000.0]
    np.testing.assert_array_equal(np.asarray(scan.projections[0])[:, 0, 0], [2, 3, 6])
    np.testing.assert_array_equal(np.asarray(scan.flats[0])[:, 0, 0], [1, 4])
    np.testing.assert_array_equal(np.asarray(scan.darks[0])[:, 0, 0], [0])
    np.testing.assert_array_equal(scan.angles[0], [0, 60, 120])
    np.testing.assert_array_equal(scan.flat_positions[0], [0, 2])


def test_nxtomo_without_the_file_its_images_lie_in_names_that_file(data_folder):
    with pytest.raises(ReadError, match=r"pco1-24888\.hdf"):
        read_scan(data_folder / "tiff_tomo_savu24737" / "24888_image_key.nxs")


def test_hdf5_of_another_kind_says_what_is_in_it(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["spectra"] = [1, 2]
    with pytest.raises(ReadError, match="spectra"):
        read_scan(tmp_path / "other.h5")
    with pytest.raises(ReadError, match=r"other\.h5"):
        identify(tmp_path / "other.h5")


def test_damage_inside_a_file_is_a_sentence_too(one):
    whole = one.read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(40):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 32):
            damaged[at] = rng.integers(256)
        one.write_bytes(damaged)
        with contextlib.suppress(SpectrotomoError):
            np.asarray(read_scan(one).projections[0])
