"""A broken file of any format is one sentence that names the file and the field; never a crash, a hang or a wrong volume."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from napari_spectrotomo.data import Scan
from napari_spectrotomo.errors import DataError, ReadError
from napari_spectrotomo.io import read_scan, read_stack, write_scan

ENERGY = 8333.0
VIEWS, FLATS, DARKS, SHAPE = 5, 2, 2, (6, 8)
ANGLES = np.linspace(-90, 90, VIEWS)


def counts(*shape: int) -> np.ndarray:
    """Counts that compress badly, so that a cut takes some of them."""
    return np.random.default_rng(8).integers(100, 60000, shape).astype(np.uint16)


@dataclass(frozen=True)
class Kind:
    """A format: the fields of its file, and how it is read."""

    data: str
    angles: str = ""
    flats: str = ""
    darks: str = ""
    energy: str = ""
    volumes: bool = False


HDF5 = {
    "fly_scan_id_1.h5": Kind("img_tomo", "angle", "img_bkg", "img_dark", "X_eng"),
    "tomo_zfly_id_1.h5": Kind("Exchange/data", "Exchange/angle", "Exchange/flat", "Exchange/dark", "Experiment/X_eng"),
    "xanes_scan2_id_1.h5": Kind("img_xanes", energy="X_eng"),
    "data_exchange.h5": Kind(
        "exchange/data", "exchange/theta", "exchange/data_white", "exchange/data_dark", "exchange/energy"
    ),
    "nxtomo.nxs": Kind(
        "entry/instrument/detector/data", "entry/sample/rotation_angle", energy="entry/instrument/beam/incident_energy"
    ),
    "recon_scan_1_bin1.h5": Kind("img", energy="X_eng", volumes=True),
    "sandbox.h5": Kind(
        "registration_results/reg_results/registered_xanes3D",
        energy="registration_results/reg_results/eng_list",
        volumes=True,
    ),
}


def write_hdf5(path: Path) -> Path:
    kind = HDF5[path.name]
    if path.name in ("data_exchange.h5", "nxtomo.nxs", "fly_scan_id_1.h5"):
        sets = [[counts(n, *SHAPE)] for n in (VIEWS, FLATS, DARKS)]
        scan = Scan.from_arrays(sets[0], [ENERGY], ANGLES, flats=sets[1], darks=sets[2], pixel_size=30.0)
        form = {"data_exchange.h5": "data-exchange", "nxtomo.nxs": "nxtomo", "fly_scan_id_1.h5": "fxi"}[path.name]
        (written,) = write_scan(scan, path.parent, form)
        written.rename(path)
        if form == "data-exchange":
            with h5py.File(path, "r+") as file:
                file["exchange/energy"] = ENERGY / 1e3
                del file["measurement/instrument/monochromator"]
        return path
    with h5py.File(path, "w") as file:
        if kind.volumes or "xanes" in path.name:
            several = path.name != "recon_scan_1_bin1.h5"
            shape = (3, 4, *SHAPE) if kind.volumes and several else (3, *SHAPE)
            file.create_dataset(kind.data, data=counts(*shape).astype(np.float32), chunks=(1, *shape[1:]))
            file[kind.energy] = [8.33, 8.34, 8.35] if several else 8.333
        else:
            file.create_dataset(kind.data, data=counts(VIEWS, *SHAPE), chunks=(1, *SHAPE), compression="gzip")
            file[kind.flats], file[kind.darks] = counts(FLATS, *SHAPE), counts(DARKS, *SHAPE)
            file[kind.angles], file[kind.energy] = ANGLES, ENERGY / 1e3
    return path


def everything(path: Path, volumes: bool) -> list[np.ndarray]:
    """Every array there is in a scan or stack, read."""
    if volumes:
        return [np.asarray(read_stack(path, energies=None if path.suffix == ".h5" else [8330, 8340, 8350]).data)]
    scan = read_scan(path, energies=[ENERGY] if path.suffix in (".tif", ".txrm") and path.stem == "bare" else None)
    return [np.asarray(a) for group in (scan.projections, scan.flats, scan.darks) for a in group]


def assert_refused(path: Path, volumes: bool, says: str = ".") -> None:
    with pytest.raises((ReadError, DataError), match=says) as seen:
        everything(path, volumes)
    assert path.name in str(seen.value), str(seen.value)
    assert len(str(seen.value).splitlines()) == 1


def assert_refused_or_the_same(path: Path, volumes: bool, whole: list[np.ndarray]) -> bool:
    """A file cut short either says so or gives what it gave; tell whether it said so."""
    try:
        found = everything(path, volumes)
    except (ReadError, DataError) as error:
        seen = str(error)
    else:
        assert len(found) == len(whole)
        for a, b in zip(found, whole, strict=True):
            np.testing.assert_array_equal(a, b)
        return False
    assert path.name in seen, seen
    assert len(seen.splitlines()) == 1
    return True


@pytest.fixture(
    params=[*HDF5, "images.txrm", "image.xrm", "tomo_8333eV.tif", "packed_8333eV.tif", "volume.tiff", "pages.tiff"]
)
def any_file(request, tmp_path, write_xradia) -> tuple[Path, bool]:
    """A whole file of each format, and whether it holds volumes."""
    path: Path = tmp_path / request.param
    if request.param in HDF5:
        return write_hdf5(path), HDF5[request.param].volumes
    if path.suffix == ".xrm":
        return write_xradia(path, counts(1, 60, 80), 12.0), False
    if path.suffix == ".txrm":
        return write_xradia(path, counts(VIEWS, 60, 80), ANGLES), False
    if path.suffix == ".tiff":
        if path.stem == "volume":
            tifffile.imwrite(path, counts(3, 4, *SHAPE), photometric="minisblack")
        else:  # every page with its directory beside it
            with tifffile.TiffWriter(path) as tiff:
                for image in counts(3, *SHAPE):
                    tiff.write(image, photometric="minisblack", contiguous=False, metadata=None)
        return path, True
    zipped: dict[str, Any] = {"compression": "zlib"} if "packed" in path.name else {}
    tifffile.imwrite(path, counts(1, 60, 80)[0], photometric="minisblack", **zipped)
    return path, False


def test_a_file_cut_short_anywhere_says_so(any_file):
    path, volumes = any_file
    content, whole = path.read_bytes(), everything(path, volumes)
    said = 0
    for part in np.linspace(0, 1, 10, endpoint=False):
        path.write_bytes(content[: int(part * len(content))])
        said += assert_refused_or_the_same(path, volumes, whole)
    path.write_bytes(content[:-1])
    said += assert_refused_or_the_same(path, volumes, whole)
    assert said >= 9


def test_a_file_cut_short_after_it_was_opened_says_so_as_its_pixels_are_read(any_file):
    path, volumes = any_file
    content = path.read_bytes()
    opened = (
        read_stack(path, energies=None if path.suffix == ".h5" else [8330, 8340, 8350]) if volumes else read_scan(path)
    )
    arrays = [opened.data] if volumes else list(opened.projections)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ReadError, match=path.name):
        [np.asarray(a) for a in arrays]


def test_damage_anywhere_never_crashes(any_file):
    path, volumes = any_file
    content = path.read_bytes()
    random = np.random.default_rng(9)
    for _ in range(12):
        damaged = bytearray(content)
        for at in random.integers(0, min(len(content), 6000), 12):
            damaged[at] = random.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(ReadError, DataError):
            everything(path, volumes)


def replaced(path: Path, field: str, value: Any) -> None:
    with h5py.File(path, "r+") as file:
        del file[field]
        if value is not None:
            file[field] = value


FIELDS = [
    (name, role, field)
    for name, kind in HDF5.items()
    for role, field in vars(kind).items()
    if role != "volumes" and field
]


@pytest.mark.parametrize(("name", "role", "field"), FIELDS)
def test_a_missing_dataset_is_named(tmp_path, name, role, field):
    path = write_hdf5(tmp_path / name)
    replaced(path, field, None)
    if role in ("flats", "darks"):
        scan = read_scan(path)
        assert any(f"no {role}" in d for d in scan.metadata["doubts"])
        return
    assert_refused(path, HDF5[name].volumes, {"angles": "angles", "energy": "energ", "data": "."}[role])


@pytest.mark.parametrize(("name", "role", "field"), FIELDS)
def test_a_dataset_of_another_shape_is_named(tmp_path, name, role, field):
    several = name in ("xanes_scan2_id_1.h5", "sandbox.h5")
    wrong = {
        "data": counts(3),
        "angles": np.arange(VIEWS + 2.0),
        "flats": counts(2, 3, 3),
        "darks": counts(2, 3, 3),
        "energy": [8.3, 8.31] if several or HDF5[name].volumes else counts(3, 3, 3) / 1e6,
    }[role]
    path = write_hdf5(tmp_path / name)
    replaced(path, field, wrong)
    assert_refused(path, HDF5[name].volumes)


@pytest.mark.parametrize(("name", "role", "field"), [f for f in FIELDS if f[1] in ("angles", "energy")])
def test_a_number_that_is_none_is_named(tmp_path, name, role, field):
    path = write_hdf5(tmp_path / name)
    with h5py.File(path, "r+") as file:
        values = np.atleast_1d(np.asarray(file[field], np.float64))
        shape = file[field].shape
    for bad in (np.nan, np.inf, -1e4 if role == "energy" else np.nan):
        values[0] = bad
        replaced(path, field, values.reshape(shape))
        assert_refused(path, HDF5[name].volumes, "energ|angle")


@pytest.mark.parametrize("name", [n for n, kind in HDF5.items() if kind.flats])
def test_flats_of_no_frames_are_no_flats(tmp_path, name):
    path = write_hdf5(tmp_path / name)
    for empty in (np.zeros((0, *SHAPE), np.uint16), np.zeros(0, np.uint16)):
        replaced(path, HDF5[name].flats, empty)
        scan = read_scan(path)
        assert len(scan.flats[0]) == 0
        assert any("no flats" in d for d in scan.metadata["doubts"])


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"ImageHeight": None}, "ImageHeight"),
        ({"DataType": None}, "DataType"),
        ({"NoOfImages": None}, "NoOfImages"),
        ({"NoOfImages": 0}, "0 images"),
        ({"NoOfImages": 2**31 - 1}, "2147483647 images and holds 5"),
        ({"ImageWidth": 90}, "90 pixels need"),
        ({"ImageWidth": -80}, "-80 pixels"),
        ({"Angles": [0.0, 1.0]}, "2 angles for 5 images"),
        ({"Angles": [0.0, 1.0, float("nan"), 3.0, 4.0]}, "angle of projection 2 is not a number"),
        ({"Energy": None}, "photon energy"),
        ({"Energy": [float("nan")] * 5}, "photon energy"),
        ({"Energy": [-8333.0] * 5}, "energy"),
        ({"Energy": [8333.0, 0, 0, 0, 8340.0]}, "energies of only 2 of its 5"),
    ],
)
def test_a_header_of_an_xradia_file_that_cannot_be_is_named(tmp_path, write_xradia, header, says):
    path = write_xradia(tmp_path / "bad.txrm", counts(VIEWS, 60, 80), **{"Angles": ANGLES.tolist(), **header})
    assert_refused(path, False, says)


def test_tiff_lists_that_cannot_be_are_named(tmp_path):
    for i in range(3):
        tifffile.imwrite(tmp_path / f"v_{i}_8333eV.tif", counts(*SHAPE), photometric="minisblack")
    for text in ("0\nnan\n2\n", "one\ntwo\n", "", "0\n1\n", "0 1\n2\n"):
        (tmp_path / "angles.txt").write_text(text)
        with pytest.raises(ReadError, match=r"angles\.txt"):
            read_scan(tmp_path)
    (tmp_path / "angles.txt").write_text("0\n1\n2\n")
    shutil.copy(tmp_path / "v_0_8333eV.tif", tmp_path / "flat_8333eV.tif")
    tifffile.imwrite(tmp_path / "flat_8333eV.tif", counts(3, 3), photometric="minisblack")
    with pytest.raises(ReadError, match=r"flat_8333eV\.tif: flats have 3 x 3"):
        read_scan(tmp_path)
