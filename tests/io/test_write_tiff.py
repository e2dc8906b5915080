"""TIFF as Fiji, Avizo and Dragonfly take it, read back by readers that know nothing of us."""

import threading

import dask.array as da
import numpy as np
import pytest
import SimpleITK as sitk
import tifffile
from PIL import Image

import napari_spectrotomo as st
from napari_spectrotomo.io.tiff import write

ENERGIES = [6540.0, 6550.0, 6560.25]


@pytest.fixture
def stack():
    data = np.random.default_rng(0).random((3, 4, 5, 6), dtype=np.float32)
    data[0, 0, 0, 0] = np.nan
    return st.EnergyStack.from_arrays(data, ENERGIES, voxel_size=(20.0, 10.0, 10.0))


def test_a_stack_is_a_hyperstack_with_its_energies_and_its_size(stack, tmp_path):
    path = st.write_tiff(stack, tmp_path / "s.tif", unit="µm", display=(0.1, 0.9))
    with tifffile.TiffFile(path) as file:
        series, about = file.series[0], file.imagej_metadata
        assert (series.axes, series.shape, series.dtype) == ("TZYX", (3, 4, 5, 6), np.float32)
        assert np.array_equal(series.asarray(), stack.data.compute(), equal_nan=True)
        assert file.pages[0].resolution == pytest.approx((100, 100))
    assert (about["spacing"], about["unit"]) == (0.02, "micron")
    assert (about["min"], about["max"]) == (0.1, 0.9)
    assert about["Labels"][::4] == ["6540.00 eV", "6550.00 eV", "6560.25 eV"]


def test_readers_that_only_know_pages_see_every_slice(stack, tmp_path):
    path = st.write_tiff(stack, tmp_path / "s.tif")
    expected = stack.data.compute().reshape(12, 5, 6)
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), expected, equal_nan=True)
    with Image.open(path) as image:
        assert image.n_frames == 12
        image.seek(11)
        assert np.array_equal(np.asarray(image), expected[11])


def test_beyond_4_gb_it_is_a_bigtiff_with_the_same_energies_and_sizes(stack, tmp_path, monkeypatch):
    monkeypatch.setattr(write, "MOST", 100)
    path = st.write_tiff(stack, tmp_path / "s.tif", unit="µm")
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        assert (file.series[0].axes, len(file.pages)) == ("CZYX", 12)
        assert np.array_equal(file.asarray(), stack.data.compute(), equal_nan=True)
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    assert [c["Name"] for c in pixels["Channel"]] == ["6540.00 eV", "6550.00 eV", "6560.25 eV"]
    assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeZ"]) == (0.01, 0.02)
    assert pixels["PhysicalSizeXUnit"] == "µm"


@pytest.mark.parametrize(
    ("values", "kind", "largest"),
    [
        (np.array([[[True, False]]]), np.uint8, 255),
        (np.array([[[7, 0]]], np.int32), np.uint16, 7),
        (np.array([[[7, 0]]], np.uint8), np.uint8, 7),
        (np.array([[[6550.3, np.nan]]]), np.float32, np.float32(6550.3)),
    ],
)
def test_masks_are_0_and_255_labels_keep_their_numbers_and_maps_their_gaps(values, kind, largest, tmp_path):
    found = tifffile.imread(st.write_tiff(values, tmp_path / "v.tif", voxel_size=10))
    assert found.dtype == kind
    assert np.nanmax(found) == largest
    assert np.array_equal(np.isnan(found).ravel(), np.isnan(values.astype(float)).ravel())


def test_an_image_has_its_pixel_size_and_a_volume_no_time(tmp_path):
    with tifffile.TiffFile(st.write_tiff(np.ones((5, 6)), tmp_path / "i.tif", voxel_size=(1, 25, 25))) as file:
        assert file.asarray().shape == (5, 6)
        assert file.pages[0].resolution == pytest.approx((0.04, 0.04))
    with tifffile.TiffFile(st.write_tiff(np.ones((4, 5, 6)), tmp_path / "v.tif")) as file:
        assert file.series[0].axes == "ZYX"
        assert "unit" not in file.imagej_metadata


def test_a_lazy_stack_is_read_an_energy_at_a_time_and_told_of(stack, tmp_path):
    read, told = [], []

    def volume(block_info=None):
        read.append(block_info[None]["array-location"][0][0])
        assert len(read) == len(told) + 1
        return np.ones((1, 4, 5, 6), np.float32)

    lazy = da.map_blocks(volume, chunks=((1, 1, 1), 4, 5, 6), dtype=np.float32, meta=np.empty((0,) * 4, np.float32))
    read.clear()
    st.write_tiff(lazy, tmp_path / "s.tif", energies=ENERGIES, progress=told.append)
    assert read == [0, 1, 2]
    assert [p.energy for p in told] == ENERGIES
    assert (told[-1].done, told[-1].total) == (3, 3)


def test_stopping_leaves_the_file_of_before(stack, tmp_path):
    path, abort = tmp_path / "s.tif", threading.Event()
    path.write_bytes(b"before")
    with pytest.raises(st.Aborted):
        st.write_tiff(stack, path, progress=lambda _: abort.set(), abort=abort)
    assert [p.name for p in tmp_path.iterdir()] == ["s.tif"]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("values", "name", "keywords", "words"),
    [
        (np.ones((2, 2)), "a.png", {}, "tif or .tiff"),
        (np.ones((2, 2)), "a.tif", {"unit": "mm"}, "'mm'"),
        (np.ones(2), "a.tif", {}, "1 axes"),
        (np.ones((2, 2), complex), "a.tif", {}, "must be numbers"),
        (np.full((2, 2), 70000), "a.tif", {}, "70000"),
        (np.full((2, 2), -1), "a.tif", {}, "-1"),
        (np.ones((2, 2, 2, 2)), "a.tif", {"energies": ENERGIES}, "3 energies do not fit 2"),
        (np.ones((2, 2)), "nowhere/a.tif", {}, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words_and_leaves_nothing(values, name, keywords, words, tmp_path):
    with pytest.raises(st.SpectrotomoError, match=words):
        st.write_tiff(values, tmp_path / name, **keywords)
    assert not list(tmp_path.iterdir())
