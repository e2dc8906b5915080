"""Data Exchange: one energy a file, and many in one."""

import h5py
import numpy as np
import pytest

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import read_scan

SOURCE = "measurement/instrument/source/current"


def frames(*shape):
    return np.random.default_rng(3).integers(1, 4000, shape).astype(np.uint16)


def written(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, value in datasets.items():
            file[name.replace("__", "/")] = value
    return path


def test_a_list_of_energies_makes_every_image_a_view_of_its_own(tmp_path):
    data = frames(4, 3, 5)
    white = frames(8, 3, 5)
    path = written(
        tmp_path / "xanes.h5", exchange__data=data, exchange__data_white=white, exchange__energy=[8.3, 8.32, 8.31, 8.33]
    )
    scan = read_scan(path)
    np.testing.assert_allclose(scan.energies, [8300, 8310, 8320, 8330])
    for e, i in enumerate([0, 2, 1, 3]):
        np.testing.assert_array_equal(np.asarray(scan.projections[e]), data[i : i + 1])
        np.testing.assert_array_equal(np.asarray(scan.flats[e]), white[2 * i : 2 * i + 2])
    np.testing.assert_array_equal(np.argsort(scan.time), [0, 2, 1, 3])
    assert any("8 images for 4 energies" in d and "2 of each energy" in d for d in scan.metadata["doubts"])


@pytest.mark.parametrize("layout", ["four axes", "blocks", "an energy a frame"])
def test_many_energies_of_many_angles_are_told_apart(tmp_path, layout):
    data, theta, energies = frames(3, 5, 2, 4), np.linspace(-90, 90, 5), np.array([6.55, 6.54, 6.56])
    if layout == "four axes":
        more = {"exchange__data": data, "exchange__theta": theta, "exchange__energy": energies}
    elif layout == "blocks":
        more = {"exchange__data": data.reshape(15, 2, 4), "exchange__theta": theta, "exchange__energy": energies}
    else:
        turned = data.swapaxes(0, 1).reshape(15, 2, 4)  # at every angle through all energies
        more = {
            "exchange__data": turned,
            "exchange__theta": np.repeat(theta, 3),
            "exchange__energy": np.tile(energies, 5),
        }
    scan = read_scan(written(tmp_path / "all.h5", **more, exchange__data_white=frames(7, 2, 4)))
    np.testing.assert_allclose(scan.energies, [6540, 6550, 6560])
    for e, i in enumerate([1, 0, 2]):
        np.testing.assert_array_equal(np.asarray(scan.projections[e]), data[i])
        np.testing.assert_array_equal(np.asarray(scan.projections[e][1:3]), data[i, 1:3])
        np.testing.assert_allclose(scan.angles[e], theta)
        assert len(scan.flats[e]) == 7


def test_energies_that_do_not_fit_the_images_are_an_error(tmp_path):
    path = written(tmp_path / "a.h5", exchange__data=frames(7, 2, 2), exchange__energy=[8.3, 8.31, 8.32])
    with pytest.raises(ReadError, match=r"a\.h5 has 7 images.*3 energies"):
        read_scan(path)
    path = written(tmp_path / "b.h5", exchange__data=frames(3, 2, 2), exchange__energy=[8.3, np.nan, 8.32])
    with pytest.raises(ReadError, match=r"b\.h5.*energy lists nan"):
        read_scan(path)


def test_an_energy_read_back_at_every_frame_is_one_energy(tmp_path):
    path = written(
        tmp_path / "a.h5",
        exchange__data=frames(3, 2, 2),
        exchange__theta=[0, 1, 2],
        exchange__energy=[8.3330, 8.3331, 8.3329],
        measurement__instrument__monochromator__energy=8.333,
    )
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.energies, [8333.0])
    assert len(scan.projections[0]) == 3


def test_two_places_that_say_different_energies_are_an_error(tmp_path):
    path = written(
        tmp_path / "a.h5",
        exchange__data=frames(1, 2, 2),
        exchange__energy=8.333,
        measurement__instrument__monochromator__energy=8.334,
    )
    with pytest.raises(ReadError, match=r"8334 eV.*8333 eV"):
        read_scan(path)
    assert read_scan(path, energies=[8333.5], override=["energies"]).energies == [8333.5]


def test_the_ring_current_is_read_in_its_unit(tmp_path):
    path = written(tmp_path / "a.h5", exchange__data=frames(3, 2, 2), exchange__theta=[0, 1, 2], exchange__energy=8.333)
    for value, unit, expected in (
        (0.1, None, 100.0),
        (102.0, None, 102.0),
        (0.2, "A", 200.0),
        ([500, 0, 499], "mA", [500, np.nan, 499]),
    ):
        with h5py.File(path, "r+") as file:
            if SOURCE in file:
                del file[SOURCE]
            file[SOURCE] = value
            if unit:
                file[SOURCE].attrs["units"] = unit
        scan = read_scan(path)
        np.testing.assert_allclose(scan.current[0], np.broadcast_to(expected, 3))
        assert scan.flat_current is None
    with h5py.File(path, "r+") as file:
        del file[SOURCE]
    assert read_scan(path).current is None


def test_a_scan_with_room_for_images_that_were_never_taken_is_interrupted(tmp_path):
    path = written(tmp_path / "a.h5", exchange__theta=[0, 1, 2, 3], exchange__energy=8.333)
    for chunks in (None, (1, 2, 2)):
        with h5py.File(path, "r+") as file:
            if "exchange/data" in file:
                del file["exchange/data"]
            data = file.create_dataset("exchange/data", (4, 2, 2), np.uint16, chunks=chunks)
            if chunks:
                data[:3] = 7
        with pytest.raises(ReadError, match=r"a\.h5: /exchange/data.*never written"):
            read_scan(path)


def test_a_rotation_of_more_angles_than_projections_was_interrupted(tmp_path):
    rotation = {
        f"process__acquisition__rotation__{n}": v
        for n, v in zip(("rotation_start", "rotation_step"), (0.0, 1.5), strict=True)
    }
    path = written(tmp_path / "a.h5", exchange__data=frames(4, 2, 2), exchange__energy=8.333, **rotation)
    np.testing.assert_array_equal(read_scan(path).angles[0], [0, 1.5, 3, 4.5])
    with h5py.File(path, "r+") as file:
        file["process/acquisition/rotation/num_angles"] = 5
    with pytest.raises(ReadError, match=r"a\.h5: .*5 angles for 4 projections"):
        read_scan(path)
    assert len(read_scan(path, angles=[0, 1, 2, 3], override=["angles"]).angles[0]) == 4
