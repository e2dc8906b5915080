"""NXtomo: images behind links, keys, and monitors of the beam."""

import h5py
import numpy as np
import pytest

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import read_scan

DATA = "instrument/detector/data"


@pytest.fixture
def frames():
    return np.random.default_rng(4).integers(1, 4000, (6, 2, 3)).astype(np.uint16)


def entry_of(file, key=(1, 0, 0, 3, 0, 2)):
    """A Diamond-like entry without its images: flat, two views, an invalid frame, a view, a dark."""
    entry = file.create_group("entry1/tomo_entry")
    entry["definition"] = "NXtomo"
    entry["instrument/detector/image_key"] = list(key)
    entry["sample/rotation_angle"] = [0.0, 0, 60, 90, 120, 0]
    entry["instrument/beam/incident_energy"] = 8.333
    return entry


def assert_read(scan, frames):
    np.testing.assert_array_equal(np.asarray(scan.projections[0]), frames[[1, 2, 4]])
    np.testing.assert_array_equal(np.asarray(scan.flats[0]), frames[[0]])
    np.testing.assert_array_equal(np.asarray(scan.darks[0]), frames[[5]])
    np.testing.assert_array_equal(scan.angles[0], [0, 60, 120])
    np.testing.assert_array_equal(scan.flat_positions[0], [0])


def test_images_behind_a_link_are_read_and_its_file_is_one_of_the_scans(tmp_path, frames):
    (tmp_path / "raw").mkdir()
    with h5py.File(tmp_path / "raw" / "pco.hdf", "w") as file:
        file["entry/instrument/detector/data"] = frames
    with h5py.File(tmp_path / "scan.nxs", "w") as file:
        entry_of(file)[DATA] = h5py.ExternalLink("raw/pco.hdf", "entry/instrument/detector/data")
    scan = read_scan(tmp_path / "scan.nxs")
    assert_read(scan, frames)
    assert [f.rsplit("/", 1)[-1] for f in scan.metadata["files"]] == ["scan.nxs", "pco.hdf"]
    assert not any("outside" in d for d in scan.metadata["doubts"])
    (tmp_path / "raw" / "pco.hdf").unlink()
    with pytest.raises(ReadError, match=r"scan\.nxs|pco\.hdf"):
        np.asarray(scan.projections[0])


def test_a_link_out_of_the_scans_folder_is_refused_and_where_it_is_allowed_doubted(tmp_path, frames):
    (tmp_path / "scan").mkdir()
    with h5py.File(tmp_path / "pco.hdf", "w") as file:
        file["data"] = frames
    with h5py.File(tmp_path / "scan" / "scan.nxs", "w") as file:
        entry_of(file)[DATA] = h5py.ExternalLink("../pco.hdf", "data")
    with pytest.raises(ReadError, match=r"scan\.nxs.*pco\.hdf, outside the folder of the scan.*follow_links"):
        read_scan(tmp_path / "scan" / "scan.nxs")
    scan = read_scan(tmp_path / "scan" / "scan.nxs", follow_links=True)
    assert_read(scan, frames)
    assert any("pco.hdf, outside the folder" in d for d in scan.metadata["doubts"])


@pytest.mark.parametrize("fault", ["no file", "damaged", "no dataset"])
def test_a_link_to_what_is_not_there_names_it(tmp_path, frames, fault):
    with h5py.File(tmp_path / "scan.nxs", "w") as file:
        entry_of(file)[DATA] = h5py.ExternalLink("pco.hdf", "data")
    if fault == "damaged":
        (tmp_path / "pco.hdf").write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    if fault == "no dataset":
        with h5py.File(tmp_path / "pco.hdf", "w") as file:
            file["other"] = frames
    with pytest.raises(ReadError, match=r"scan\.nxs.*pco\.hdf.*" + ("not here" if fault == "no file" else "damaged")):
        read_scan(tmp_path / "scan.nxs")


def test_images_gathered_from_other_files_are_read_and_never_filled_with_zeros(tmp_path, frames):
    layout = h5py.VirtualLayout((6, 2, 3), np.uint16)
    for i in range(2):
        with h5py.File(tmp_path / f"part_{i}.h5", "w") as file:
            file["data"] = frames[3 * i : 3 * i + 3]
        layout[3 * i : 3 * i + 3] = h5py.VirtualSource(f"part_{i}.h5", "data", (3, 2, 3))
    with h5py.File(tmp_path / "scan.nxs", "w") as file:
        entry_of(file).create_virtual_dataset(DATA, layout)
    scan = read_scan(tmp_path / "scan.nxs")
    assert_read(scan, frames)
    (tmp_path / "part_1.h5").rename(tmp_path / "elsewhere")
    for look in (lambda: np.asarray(scan.projections[0]), lambda: read_scan(tmp_path / "scan.nxs")):
        with pytest.raises(ReadError, match=r"scan\.nxs.*part_1\.h5"):
            look()
    with h5py.File(tmp_path / "part_1.h5", "w") as file:
        file["other"] = frames
    with pytest.raises(ReadError, match=r"part_1\.h5, which has no such images"):
        read_scan(tmp_path / "scan.nxs")


def test_the_ring_current_of_every_frame_goes_to_its_view_or_flat(tmp_path, frames):
    with h5py.File(tmp_path / "scan.nxs", "w") as file:
        entry = entry_of(file)
        entry[DATA] = frames
        entry["instrument/source/current"] = [300.0, 299, 298, 297, 296, 0]
        entry["instrument/source/current"].attrs["units"] = "mA"
    scan = read_scan(tmp_path / "scan.nxs")
    np.testing.assert_array_equal(scan.current[0], [299, 298, 296])
    np.testing.assert_array_equal(scan.flat_current[0], [300])


def test_a_beam_monitor_stands_for_the_ring_current_once_its_exposure_is_divided_out(tmp_path, frames):
    with h5py.File(tmp_path / "scan.nxs", "w") as file:
        entry = entry_of(file)
        entry[DATA] = frames
        entry["control/data"] = [600.0, 1000, 990, 980, 970, 0]
        entry["instrument/detector/count_time"] = [0.3, 0.5, 0.5, 0.5, 0.5, 0.5]
    scan = read_scan(tmp_path / "scan.nxs")
    np.testing.assert_allclose(scan.current[0] / scan.flat_current[0], [1.0, 0.99, 0.97])
    assert any("monitor" in d for d in scan.metadata["doubts"])


def test_image_keys_that_do_not_fit_are_named(tmp_path, frames):
    for key, says in (
        ((0, 0, 0), "3 image keys for 6 images"),
        ((1, 1, 1, 2, 2, 3), "none of its 6 images is a projection"),
    ):
        with h5py.File(tmp_path / "scan.nxs", "w") as file:
            entry_of(file, key)[DATA] = frames
        with pytest.raises(ReadError, match=rf"scan\.nxs.*{says}"):
            read_scan(tmp_path / "scan.nxs")
