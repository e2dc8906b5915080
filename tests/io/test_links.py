"""What a file names elsewhere is not read, unless the user says that the file may be trusted."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import read_scan, read_stack

FRAMES = np.random.default_rng(5).integers(1, 4000, (4, 2, 3)).astype(np.uint16)
OUTSIDE = r"(scan\.h5|step\.hdf).*outside the folder of the scan.*follow_links"


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder of a scan; beside it lies what is none of the scan's business."""
    (tmp_path / "scan").mkdir()
    with h5py.File(tmp_path / "private.h5", "w") as file:
        file["data"], file["angles"] = FRAMES, np.arange(4.0)
    (tmp_path / "private.raw").write_bytes(FRAMES.tobytes())
    return tmp_path / "scan"


def scan_of(folder: Path, **more) -> Path:
    """An FXI file, fields of which are what `more` says instead."""
    with h5py.File(folder / "scan.h5", "w") as file:
        for name, value in ({"img_tomo": FRAMES, "angle": np.arange(4.0), "X_eng": 8.333} | more).items():
            if callable(value):
                value(file, name)
            else:
                file[name] = value
    return folder / "scan.h5"


def gathered(*sources):
    """A virtual dataset of two frames from each of files."""

    def make(file, name):
        layout = h5py.VirtualLayout((4, 2, 3), np.uint16)
        for k, source in enumerate(sources):
            layout[2 * k : 2 * k + 2] = h5py.VirtualSource(source, "data", (4, 2, 3))[2 * k : 2 * k + 2]
        file.create_virtual_dataset(name, layout)

    return make


def numbered(file, name):
    """A virtual dataset of as many files as there are."""
    endless = h5py.h5s.UNLIMITED
    space = h5py.h5s.create_simple((2, 2, 3), (endless, 2, 3))
    space.select_hyperslab((0, 0, 0), (endless, 1, 1), stride=(2, 2, 3), block=(2, 2, 3))
    made_so = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made_so.set_virtual(space, b"../private%b.h5", b"data", h5py.h5s.create_simple((2, 2, 3)))
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.NATIVE_UINT16, space, made_so)


def in_raw_file(path):
    def make(file, name):
        file.create_dataset(name, (4, 2, 3), np.uint16, external=[(str(path), 0, FRAMES.nbytes)])

    return make


def behind_another(file, name):
    """A soft link through a link out of the folder."""
    file["away"] = h5py.ExternalLink("../private.h5", "/")
    file[name] = h5py.SoftLink("/away/data")


def in_two_steps(file, name):
    """A link to a file of the folder, in which there is a link out of it."""
    with h5py.File(Path(file.filename).with_name("step.hdf"), "w") as step:
        step["data"] = h5py.ExternalLink("../private.h5", "data")
    file[name] = h5py.ExternalLink("step.hdf", "data")


def through_a_link_of_the_system(file, name):
    os.symlink("../private.h5", Path(file.filename).with_name("inside.hdf"))
    file[name] = h5py.ExternalLink("inside.hdf", "data")


WAYS = {
    "external link": h5py.ExternalLink("../private.h5", "data"),
    "soft link": behind_another,
    "two links": in_two_steps,
    "link of the system": through_a_link_of_the_system,
    "virtual": gathered("../private.h5", "../private.h5"),
    "numbered": numbered,
}


@pytest.mark.parametrize("way", WAYS)
def test_images_out_of_the_folder_are_refused_whatever_leads_there(folder, way):
    with pytest.raises(ReadError, match=OUTSIDE):
        read_scan(scan_of(folder, img_tomo=WAYS[way]))


@pytest.mark.parametrize("way", [w for w in WAYS if w != "numbered"])
def test_images_out_of_the_folder_are_read_where_that_is_allowed(folder, way):
    scan = read_scan(scan_of(folder, img_tomo=WAYS[way]), follow_links=True)
    np.testing.assert_array_equal(np.asarray(scan.projections[0]), FRAMES)
    assert any("outside the folder" in doubt for doubt in scan.metadata["doubts"])


def test_storage_in_a_raw_file_is_refused_and_read_where_that_is_allowed(folder):
    path = scan_of(folder, img_tomo=in_raw_file(folder.parent / "private.raw"))
    with pytest.raises(ReadError, match=OUTSIDE):
        read_scan(path)
    np.testing.assert_array_equal(np.asarray(read_scan(path, follow_links=True).projections[0]), FRAMES)


@pytest.mark.parametrize("field", ["angle", "X_eng", "img_bkg", "Magnification"])
def test_numbers_out_of_the_folder_are_refused_too(folder, field):
    with pytest.raises(ReadError, match=OUTSIDE):
        read_scan(scan_of(folder, **{field: h5py.ExternalLink("../private.h5", "angles")}))


def test_links_within_the_folder_that_was_named_are_followed(folder):
    (folder / "raw").mkdir()
    (folder / "master").mkdir()
    (folder.parent / "private.h5").rename(folder / "raw" / "data.nxdata")
    scan_of(folder / "master", img_tomo=h5py.ExternalLink("../raw/data.nxdata", "data"))
    scan = read_scan(folder)
    np.testing.assert_array_equal(np.asarray(scan.projections[0]), FRAMES)
    assert not any("outside" in doubt for doubt in scan.metadata["doubts"])


def test_files_of_a_list_reach_no_further_than_the_folder_of_each(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (folder.parent / "private.h5").rename(tmp_path / "private.hdf")
    one = scan_of(folder, img_tomo=h5py.ExternalLink("../private.hdf", "data"))
    other = scan_of(tmp_path / "other", X_eng=8.35)
    with pytest.raises(ReadError, match=OUTSIDE):
        read_scan([one, other])


def test_words_of_many_frames_are_no_lie(folder):
    """Detectors write a text of 256 bytes beside every frame."""
    times = np.full(20_000, b"2020-01-01T00:00:00", "S256")
    assert read_scan(scan_of(folder, scan_time=times)).time is not None


def test_a_scan_that_is_itself_a_link_is_read_with_what_lies_beside_the_file(folder, tmp_path):
    (folder.parent / "private.h5").rename(folder / "data.hdf")
    path = scan_of(folder, img_tomo=h5py.ExternalLink("data.hdf", "data"))
    os.symlink(path, tmp_path / "named_by_me.h5")
    np.testing.assert_array_equal(np.asarray(read_scan(tmp_path / "named_by_me.h5").projections[0]), FRAMES)


def test_links_that_go_in_a_circle_are_said(folder):
    for way in (h5py.SoftLink("/img_tomo"), h5py.ExternalLink("scan.h5", "img_tomo")):
        with pytest.raises(ReadError, match=r"scan\.h5.*circle"):
            read_scan(scan_of(folder, img_tomo=way))


def test_pixels_that_no_file_gives_are_never_zeros(folder):
    (folder.parent / "private.h5").rename(folder / "data.hdf")
    with pytest.raises(ReadError, match="has 24 pixels, of which 12 lie nowhere"):
        read_scan(scan_of(folder, img_tomo=gathered("data.hdf")))


def test_volumes_out_of_the_folder_are_refused_and_read_where_that_is_allowed(folder):
    with h5py.File(folder / "recon_scan_1.h5", "w") as file:
        file["img"], file["X_eng"] = h5py.ExternalLink("../private.h5", "data"), 8.333
    with pytest.raises(ReadError, match="outside the folder of the scan"):
        read_stack(folder / "recon_scan_1.h5", format="hdf5")
    stack = read_stack(folder / "recon_scan_1.h5", format="hdf5", follow_links=True)
    np.testing.assert_array_equal(np.asarray(stack.data[0]), FRAMES)


def test_a_link_in_a_zarr_folder_that_leads_out_of_it_is_refused(folder):
    values = np.random.default_rng(1).random((2, 3, 4, 5)).astype(np.float32)
    zarr.save_array(str(folder.parent / "elsewhere" / "deep"), values)
    os.symlink(folder.parent / "elsewhere" / "deep", folder / "stack.zarr")
    np.testing.assert_array_equal(read_stack(folder / "stack.zarr", energies=[8330, 8340]).data, values)
    (folder / "group.zarr").mkdir()
    (folder / "group.zarr" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    os.symlink(folder.parent / "elsewhere" / "deep", folder / "group.zarr" / "data")
    with pytest.raises(ReadError, match=r"group\.zarr.*outside the folder of the stack.*follow_links"):
        read_stack(folder / "group.zarr", energies=[8330, 8340])
    allowed = read_stack(folder / "group.zarr", energies=[8330, 8340], follow_links=True)
    np.testing.assert_array_equal(allowed.data, values)


@pytest.mark.parametrize("way", ["../../private", "/etc", "a/../../b"])
def test_an_image_of_ome_zarr_is_in_its_group(folder, way):
    group = zarr.open_group(folder / "group.zarr", mode="w")
    group.create_array("0", data=np.ones((2, 3, 4, 5), np.float32))
    group.attrs["ome"] = {"multiscales": [{"datasets": [{"path": way}], "axes": []}]}
    with pytest.raises(ReadError, match=r"group\.zarr"):
        read_stack(folder / "group.zarr", energies=[8330, 8340])
