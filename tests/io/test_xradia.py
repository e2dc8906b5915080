"""Xradia files, whole and broken, and what SSRL keeps in names."""

import shutil
import struct

import numpy as np
import olefile
import pytest

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import identify, read_scan
from napari_spectrotomo.io.names import angle_in, energy_in, place_in, role_in
from napari_spectrotomo.io.series import Image, tomograms_of
from napari_spectrotomo.io.tomogram import Frames
from napari_spectrotomo.io.xradia.compound import CompoundFile


@pytest.fixture
def ssrl(data_folder):
    return data_folder / "ssrl62c_nca_2d_xanes"


def test_ssrl_names_say_energy_angle_role_and_place():
    name = "tomo_x_-090.00deg_08324.0_eV_001of010.xrm"
    assert energy_in(name) == 8324.0
    assert angle_in(name) == -90.0
    assert place_in(name) == (1, 10)
    assert role_in(name) == "projections"
    assert role_in("rep01_000051_ref_x_08324.0_eV_001of010.xrm") == "flats"
    assert energy_in("x_8.3335keV.tif") == 8333.5
    assert np.isnan(energy_in("scan_8000eV_to_8100eV.h5"))
    assert np.isnan(energy_in("level_12_reveal.tif"))
    assert np.isnan(angle_in("scan_0001.tif"))


def test_truncated_images_are_named_or_left_out_with_their_energies(ssrl):
    with pytest.raises(ReadError, match="rep02_000072"):
        read_scan(ssrl)
    scan = read_scan(ssrl, on_bad_file="skip")
    np.testing.assert_array_equal(scan.energies, [8324, 8354])
    reasons = {file.split("/")[-1][:12]: reason for file, reason in scan.metadata["skipped"]}
    assert "1 image and holds 0" in reasons["rep02_000072"]
    assert "truncated" in reasons["rep02_000182"]
    assert scan.exposure.tolist() == [0.5, 0.5]
    assert scan.flat_exposure.tolist() == [0.3, 0.3]
    doubts = " ".join(scan.metadata["doubts"])
    assert "nominal" in doubts
    assert "10 flats, and 3 are here" in doubts


def test_flats_stand_where_the_headers_times_put_them(ssrl):
    scan = read_scan(ssrl, on_bad_file="skip")
    assert scan.flat_positions[0].tolist() == [3, 3, 3]  # 15:03:16, after the views of 15:02:37
    assert scan.flat_positions[1].tolist() in ([0, 0, 0], [3, 3, 3])
    assert scan.time[1] > scan.time[0]


def test_flats_of_an_energy_without_projections_are_reported(ssrl, tmp_path):
    for path in ssrl.glob("rep01*8324*.xrm"):
        shutil.copy(path, tmp_path)
    for path in ssrl.glob("rep01*ref*8354*.xrm"):
        shutil.copy(path, tmp_path)
    with pytest.raises(ReadError, match="8354 eV there are flats"):
        read_scan(tmp_path)
    scan = read_scan(tmp_path, on_bad_file="skip")
    assert scan.energies == [8324]
    assert len(scan.metadata["skipped"]) == 3


def test_a_single_file_is_projections_whatever_its_name(ssrl):
    scan = read_scan(next(ssrl.glob("rep01_000051_ref*")))
    assert scan.projections[0].shape == (1, 1024, 1024)
    assert len(scan.flats[0]) == 0
    flats = sorted(ssrl.glob("rep01*ref*8324*"))
    scan = read_scan(next(ssrl.glob("rep01_2016*8324*001of003.xrm")), flats=flats)
    assert len(scan.flats[0]) == 3
    assert scan.flat_exposure == [0.3]


def test_a_txrm_holds_the_energy_of_its_one_nonzero_entry(data_folder):
    scan = read_scan(data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm")
    np.testing.assert_allclose(scan.energies, [9200.017])
    assert scan.projections[0].shape == (7, 256, 256)
    np.testing.assert_allclose(scan.angles[0][[0, -1]], [-45.018, 44.986], atol=1e-3)
    np.testing.assert_allclose(scan.pixel_size, 155.78948, rtol=1e-6)
    assert scan.exposure == [5.0]
    image = np.asarray(scan.projections[0][3])
    assert image.dtype == np.uint16
    assert image.std() > 0


def test_an_interrupted_file_shows_both_counts_and_is_left_out_whole(data_folder, tmp_path):
    shutil.copy(data_folder / "xradia_txrm" / "interrupted_9declared_7present.txrm", tmp_path / "a.txrm")
    with pytest.raises(ReadError, match=r"9 images and holds 7"):
        read_scan(tmp_path / "a.txrm")
    shutil.copy(data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm", tmp_path / "b.txrm")
    scan = read_scan(tmp_path, on_bad_file="skip")
    assert len(scan) == 1
    assert "9 images" in scan.metadata["skipped"][0][1]


@pytest.mark.parametrize("part", [0.3, 0.7, 0.95])
def test_a_truncated_txrm_is_named(data_folder, tmp_path, part):
    whole = (data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm").read_bytes()
    (tmp_path / "cut.txrm").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ReadError, match=r"cut\.txrm"):
        np.asarray(read_scan(tmp_path / "cut.txrm").projections[0])


def test_an_image_carries_its_flat_inside(data_folder):
    scan = read_scan(data_folder / "xradia_txrm" / "test_chip00.xrm")
    np.testing.assert_allclose(scan.energies, [7191.0464])
    assert scan.flats[0].shape == (1, 512, 512)
    assert scan.flat_exposure == [40.0]
    assert identify(data_folder / "xradia_txrm") == ("scan", "xradia")


def _image(name, role, energy, angle, time, tmp_path):
    frames = Frames(tmp_path / name, 1, (2, 2), np.dtype("u2"), lambda a, b: np.zeros((b - a, 2, 2), np.uint16))
    return Image(tmp_path / name, role, frames, energy, (angle,), time=time)


def test_views_and_flats_are_put_in_the_order_of_the_runs_listing(tmp_path):
    names = [f"ref_{i}.xrm" for i in (1, 2)] + [f"tomo_{i}.xrm" for i in (1, 2)] + ["ref_3.xrm", "tomo_0.xrm"]
    images = [
        _image(n, "flats" if "ref" in n else "projections", 8324.0, 0.0, np.nan, tmp_path) for n in reversed(names)
    ]
    (tomogram,), lonely = tomograms_of(images, {n: i for i, n in enumerate(names)})
    assert [f.path.name for f in tomogram.projections] == ["tomo_1.xrm", "tomo_2.xrm", "tomo_0.xrm"]
    assert tomogram.flat_positions.tolist() == [0, 0, 2]
    assert lonely == []


def test_without_times_views_go_by_angle_and_flats_have_no_place(tmp_path):
    images = [_image(f"tomo_{a:+07.2f}deg.xrm", "projections", 8324.0, a, np.nan, tmp_path) for a in (5.0, -90.0, -1.0)]
    images.append(_image("ref_1.xrm", "flats", 8324.0, np.nan, np.nan, tmp_path))
    (tomogram,), _ = tomograms_of(images, {})
    assert tomogram.angles.tolist() == [-90.0, -1.0, 5.0]
    assert tomogram.flat_positions is None


def _with_angle(path, angle):
    """A real image with another angle in its header."""
    return path.read_bytes().replace(np.float32(6.974469).tobytes(), np.float32(angle).tobytes())


def test_ssrl_3d_names_give_the_angles_that_headers_leave_at_zero(ssrl, tmp_path):
    real, ref = next(ssrl.glob("rep01_2016*8324*001of003.xrm")), next(ssrl.glob("rep01_000051_ref*"))
    for name in ("-090.00", "-001.00", "+000.00", "+089.00"):
        (tmp_path / f"tomo_s_{name}deg_08324.0_eV.xrm").write_bytes(_with_angle(real, 0.0))
    for i in (1, 2):
        shutil.copy(ref, tmp_path / f"ref_s_08324.0_eV_{i:03d}of002.xrm")
    scan = read_scan(tmp_path)
    assert sorted(scan.angles[0].tolist()) == [-90, -1, 0, 89]
    assert len(scan.flats[0]) == 2
    assert len(scan.metadata["files"]) == 6


def test_an_angle_in_the_name_that_contradicts_the_header_shows_both(ssrl, tmp_path):
    real = next(ssrl.glob("rep01_2016*8324*001of003.xrm"))
    path = tmp_path / "tomo_s_+007.00deg_08324.0_eV.xrm"
    path.write_bytes(_with_angle(real, 6.97))
    assert read_scan(path).angles[0].tolist() == [6.97]
    path.write_bytes(_with_angle(real, 6.9))
    with pytest.raises(ReadError, match=r"6\.9.*7"):
        read_scan(path)
    assert read_scan(path, angles=[7.0], override=["angles"]).angles[0].tolist() == [7.0]


def _patched(source, target, **fields):
    """A real file with other numbers in its header: name=(struct format, value)."""
    shutil.copyfile(source, target)
    with olefile.OleFileIO(str(target), write_mode=True) as ole:
        for name, (form, value) in fields.items():
            ole.write_stream(f"ImageInfo/{name}", struct.pack(form, *np.atleast_1d(value)))
    return target


def test_the_headers_energy_wins_over_a_nominal_name_that_agrees(ssrl, tmp_path):
    real = next(ssrl.glob("rep01_2016*8324*001of003.xrm"))
    path = _patched(real, tmp_path / "s_08324.0_eV.xrm", Energy=("<f", 8324.25))
    assert read_scan(path).energies == [8324.25]
    path = _patched(real, tmp_path / "s_08324.0_eV.xrm", Energy=("<f", 8325.0))
    with pytest.raises(ReadError, match=r"8325 eV.*8324 eV"):
        read_scan(path)


def test_a_mosaic_is_refused_with_its_rows_and_columns(data_folder, tmp_path):
    whole = data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm"
    path = _patched(whole, tmp_path / "m.txrm", MosiacRows=("<i", 7), MosiacColumns=("<i", 1))
    with pytest.raises(ReadError, match="mosaic of 7 rows and 1 columns"):
        read_scan(path)


def test_an_unknown_data_type_is_named(data_folder, tmp_path):
    whole = data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm"
    with pytest.raises(ReadError, match="data type 99"):
        read_scan(_patched(whole, tmp_path / "t.txrm", DataType=("<i", 99)))


def test_whole_tomograms_and_their_flats_are_told_by_name_in_a_folder(data_folder, tmp_path):
    whole = data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm"
    shutil.copy(whole, tmp_path / "tomo.txrm")
    shutil.copy(whole, tmp_path / "ref_tomo.txrm")
    scan = read_scan(tmp_path)
    assert scan.projections[0].shape == scan.flats[0].shape == (7, 256, 256)
    shutil.copy(whole, tmp_path / "again.txrm")
    with pytest.raises(ReadError, match=r"again\.txrm and .*tomo\.txrm were both"):
        read_scan(tmp_path)


def test_images_past_the_hundredth_are_in_their_own_folders_and_read_in_order(tmp_path, write_xradia):
    images = np.random.default_rng(0).integers(0, 4000, (205, 4, 6)).astype(np.uint16)
    path = write_xradia(tmp_path / "long.txrm", images, np.linspace(-90, 90, 205))
    scan = read_scan(path)
    np.testing.assert_array_equal(np.asarray(scan.projections[0]), images)
    np.testing.assert_array_equal(np.asarray(scan.projections[0][150:203]), images[150:203])
    np.testing.assert_allclose(scan.angles[0], np.linspace(-90, 90, 205), atol=1e-5)
    interrupted = write_xradia(tmp_path / "stopped.txrm", images, np.linspace(-90, 90, 205), NoOfImages=230)
    with pytest.raises(ReadError, match="230 images and holds 205"):
        read_scan(interrupted)


def test_every_stream_of_a_container_reads_as_another_reader_has_it(data_folder, ssrl):
    for path in [*(data_folder / "xradia_txrm").iterdir(), next(ssrl.glob("rep01_000051*"))]:
        with CompoundFile(path) as mine, olefile.OleFileIO(str(path)) as theirs:
            for parts in theirs.listdir():
                name = "/".join(parts)
                assert mine.size(name) == theirs.get_size(parts)
                assert mine.read(name) == theirs.openstream(parts).read(), name
            assert not mine.exists("ImageInfo/NotThere")


def _tiles(rows, columns, shape=(4, 6)):
    """A picture, and its fields of view row by row."""
    picture = np.random.default_rng(5).integers(0, 4000, (rows * shape[0], columns * shape[1])).astype(np.uint16)
    blocks = picture.reshape(rows, shape[0], columns, shape[1]).swapaxes(1, 2)
    return picture, blocks.reshape(-1, *shape)


def _stage(rows, columns, step, pixel=0.03):
    """Positions in µm of the fields of view, `step` pixels (row, column) apart."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    return {"XPosition": (100 + column * step[1] * pixel).tolist(), "YPosition": (-7 + row * step[0] * pixel).tolist()}


def test_a_mosaic_of_fields_of_view_is_laid_out_by_the_headers_rows_and_columns(tmp_path, write_xradia):
    picture, tiles = _tiles(2, 3)
    for name, where in (("unknown", {}), ("known", _stage(2, 3, (4, 6)))):
        path = write_xradia(tmp_path / f"{name}.xrm", tiles, MosiacRows=2, MosiacColumns=3, **where)
        scan = read_scan(path)
        np.testing.assert_array_equal(np.asarray(scan.projections[0]), picture[None])
        assert any("2 x 3" in d and "no overlap" in d for d in scan.metadata["doubts"])


def test_a_mosaic_at_every_angle_is_one_large_view_each(tmp_path, write_xradia):
    pictures, tiles = zip(*(_tiles(1, 2) for _ in range(3)), strict=True)
    stack = np.concatenate([t + i for i, t in enumerate(tiles)]).astype(np.uint16)
    path = write_xradia(tmp_path / "m.txrm", stack, np.repeat([-60, 0, 60], 2), MosiacRows=1, MosiacColumns=2)
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.angles[0], [-60, 0, 60])
    np.testing.assert_array_equal(np.asarray(scan.projections[0])[:, :, :], [p + i for i, p in enumerate(pictures)])


def test_a_stitched_mosaic_is_one_image_and_the_flat_of_one_field_serves_all(tmp_path, write_xradia):
    picture, _ = _tiles(2, 3)
    flat = np.arange(24, dtype="<f4")
    inside = {"ReferenceData/Image": flat.tobytes(), "ReferenceData/DataType": 10, "MosiacRows": 2, "MosiacColumns": 3}
    whole = {"by mode": {"MosiacMode": 1}, "by size": {"ImageHeight": 4, "ImageWidth": 6}}
    for name, how in whole.items():
        scan = read_scan(write_xradia(tmp_path / f"{name}.xrm", picture[None], **inside, **how))
        np.testing.assert_array_equal(np.asarray(scan.projections[0]), picture[None])
        np.testing.assert_array_equal(np.asarray(scan.flats[0])[0], np.tile(flat.reshape(4, 6), (2, 3)))


@pytest.mark.parametrize(
    ("step", "says"), [((4, 5), "columns overlap.*5 pixels"), ((9, 6), "rows lie apart"), ((4, 0), "overlap")]
)
def test_fields_of_view_that_do_not_touch_are_refused(tmp_path, write_xradia, step, says):
    scaled = tuple(10 * s for s in step)
    _, tiles = _tiles(2, 2, (40, 60))
    path = write_xradia(tmp_path / "m.xrm", tiles, MosiacRows=2, MosiacColumns=2, **_stage(2, 2, scaled))
    with pytest.raises(ReadError, match=f"(?s)2 rows and 2 columns.*{says.replace('5 pixels', '50 pixels')}"):
        read_scan(path)


def test_a_mosaic_taken_to_and_fro_is_refused(tmp_path, write_xradia):
    _, tiles = _tiles(2, 2)
    where = _stage(2, 2, (4, 6))
    where["XPosition"] = [where["XPosition"][i] for i in (0, 1, 3, 2)]
    path = write_xradia(tmp_path / "m.xrm", tiles, MosiacRows=2, MosiacColumns=2, **where)
    with pytest.raises(ReadError, match="another order"):
        read_scan(path)


def test_alignment_shifts_in_a_file_are_said_not_to_be_applied(data_folder):
    doubts = read_scan(data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm").metadata["doubts"]
    assert any("shifts of up to 1.3 pixels" in d for d in doubts)


def test_the_monochromators_axis_says_the_energy_that_a_header_leaves_at_zero(data_folder, tmp_path):
    whole = data_folder / "xradia_txrm" / "txrm_test_chip_tomo.txrm"
    with CompoundFile(whole) as file:
        count = file.size("ImageInfo/Energy") // 4  # more than there are images
    path = _patched(whole, tmp_path / "t.txrm", Energy=(f"<{count}f", (0.0,) * count))
    np.testing.assert_allclose(read_scan(path).energies, [9200.0166])


def test_images_of_two_energies_in_one_file_are_two_tomograms(tmp_path, write_xradia):
    images = np.arange(8, dtype=np.uint16)[:, None, None] * np.ones((1, 3, 4), np.uint16)
    energies = np.repeat([8333.24, 8350.0], 4) + np.tile([0, 0.02, 0.01, 0], 2)  # readings on both sides of 8333.25
    scan = read_scan(write_xradia(tmp_path / "two.txrm", images, np.tile([0, 30, 60, 90], 2), energies))
    np.testing.assert_allclose(scan.energies, [8333.2475, 8350.0075], atol=1e-3)
    np.testing.assert_array_equal(np.asarray(scan.projections[1])[:, 0, 0], [4, 5, 6, 7])
    np.testing.assert_array_equal(scan.angles[0], [0, 30, 60, 90])
