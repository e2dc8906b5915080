"""What is written is what is read, in every format; and a file is there whole or not at all."""

import os
import pickle
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from napari_spectrotomo.data import Scan
from napari_spectrotomo.errors import ParameterError, SpectrotomoError
from napari_spectrotomo.io import identify, read_scan, write_scan

FORMATS = ["data-exchange", "nxtomo", "fxi"]


def assert_same(a: Scan, b: Scan) -> None:
    np.testing.assert_array_equal(a.energies, b.energies)
    assert a.kind == b.kind
    for name in ("angles", "projections", "flats", "darks"):
        for one, other in zip(getattr(a, name), getattr(b, name), strict=True):
            np.testing.assert_array_equal(np.asarray(one), np.asarray(other), err_msg=name)
            assert one.dtype == other.dtype
    for name in ("pixel_size", "exposure", "flat_exposure", "time"):
        if getattr(a, name) is None:
            assert getattr(b, name) is None, name
        else:
            np.testing.assert_allclose(getattr(b, name), getattr(a, name), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("format", FORMATS)
def test_a_written_scan_is_read_back_the_same(small_scan, tmp_path, format):
    files = write_scan(small_scan, tmp_path, format=format)
    back = read_scan(tmp_path)
    assert_same(small_scan, back)
    for a, b in zip(small_scan.flat_positions, back.flat_positions, strict=True):
        np.testing.assert_array_equal(a, b)
    assert back.metadata["format"] == format
    assert sorted(back.metadata["files"]) == sorted(map(str, files))
    assert identify(tmp_path) == ("scan", format)
    assert sorted(tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["transmission", "optical_density"])
def test_what_projections_hold_is_kept(tmp_path, format, kind):
    data = np.random.default_rng(0).random((2, 3, 2, 5)).astype(np.float32)
    scan = Scan.from_arrays(list(data), [6500, 6600], [0, 45, 90], kind=kind)
    write_scan(scan, tmp_path, format=format)
    assert_same(scan, read_scan(tmp_path))


@some.composite
def scans(draw) -> Scan:
    """Scans of any shape and type, with any of the facts missing."""
    energies = draw(some.lists(some.integers(5000, 9000), min_size=1, max_size=3, unique=True))
    n, random = len(energies), np.random.default_rng(draw(some.integers(0, 99)))
    shape = (draw(some.integers(1, 4)), draw(some.integers(1, 5)))
    kind = draw(some.sampled_from(["counts", "counts", "transmission", "optical_density"]))
    types = ["u1", "u2", "i2", "u4", "i4", "f4", "f8"] if kind == "counts" else ["f4", "f8"]
    dtype = np.dtype(draw(some.sampled_from(types)))
    views = [draw(some.integers(1, 4)) for _ in energies]
    flats = [draw(some.integers(0, 3))] * n if kind == "counts" else [0] * n
    darks = [draw(some.integers(0, 2))] * n if kind == "counts" else [0] * n

    def images(counts):
        return [random.uniform(0, 120, (count, *shape)).astype(dtype) for count in counts]

    def maybe(value, possible=True):
        return value if possible and draw(some.booleans()) else None

    white = flats[0] > 0
    return Scan.from_arrays(
        images(views),
        energies,
        [random.uniform(-180, 180, count) for count in views],
        flats=images(flats),
        darks=images(darks),
        kind=kind,
        pixel_size=maybe(random.uniform(5, 900, n)),
        exposure=maybe(random.uniform(0.01, 90, n)),
        flat_exposure=maybe(random.uniform(0.01, 90, n), white),
        time=maybe(1e9 * random.permutation(n) + 7.5),
        flat_positions=maybe([np.sort(random.integers(0, v + 1, f)) for v, f in zip(views, flats, strict=True)], white),
        current=maybe([np.where(random.random(v) < 0.2, np.nan, random.uniform(90, 500, v)) for v in views]),
        flat_current=maybe([random.uniform(90, 500, f) for f in flats], white),
    )


@given(scan=scans(), format=some.sampled_from(FORMATS))
@settings(max_examples=25, deadline=None)
def test_any_scan_survives_writing_and_reading(scan, format):
    with tempfile.TemporaryDirectory() as folder:
        write_scan(scan, folder, format=format)
        back = read_scan(folder)
        assert_same(scan, back)
        for name in ("current", "flat_current"):
            known = getattr(scan, name) is not None and np.any(np.isfinite(np.concatenate(getattr(scan, name))))
            assert (getattr(back, name) is not None) == known, name
            for mine, theirs in zip(getattr(scan, name) or (), getattr(back, name) or (), strict=known):
                np.testing.assert_allclose(theirs, mine, rtol=1e-12, err_msg=name)
        if scan.flat_positions is not None:
            for mine, theirs in zip(scan.flat_positions, back.flat_positions, strict=True):
                np.testing.assert_array_equal(theirs, mine)


def test_fxi_files_are_numbered_in_order_of_acquisition(small_scan, tmp_path):
    files = write_scan(small_scan, tmp_path, format="fxi")
    assert [f.name for f in files] == ["fly_scan_id_3.h5", "fly_scan_id_2.h5", "fly_scan_id_1.h5"]


def test_a_real_scan_survives_another_format(data_folder, tmp_path):
    scan = read_scan(data_folder / "scan_tiny").select([0, 4, 8])
    write_scan(scan, tmp_path, format="nxtomo")
    assert_same(scan, read_scan(tmp_path))


def test_lazy_projections_can_be_pickled_and_read_in_threads(small_scan, tmp_path):
    write_scan(small_scan, tmp_path)
    scan = pickle.loads(pickle.dumps(read_scan(tmp_path)))
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(np.asarray, scan.projections * 4))
    for i, array in enumerate(read):
        np.testing.assert_array_equal(array, np.asarray(small_scan.projections[i % 3]))


def test_an_unknown_format_to_write_is_refused(small_scan, tmp_path):
    with pytest.raises(ParameterError, match="data-exchange"):
        write_scan(small_scan, tmp_path, format="tiff")


def test_a_folder_that_cannot_be_made_is_named(small_scan, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpectrotomoError, match="file"):
        write_scan(small_scan, tmp_path / "file")


def test_a_failed_write_leaves_nothing_that_looks_whole(small_scan, tmp_path):
    def fail(block: np.ndarray) -> np.ndarray:
        raise OSError(28, "No space left on device")

    broken = tuple(p.map_blocks(fail, dtype=p.dtype, meta=np.empty((0, 0, 0), p.dtype)) for p in small_scan.projections)
    scan = Scan.from_arrays(broken, small_scan.energies, small_scan.angles)
    with pytest.raises(SpectrotomoError, match="No space left"):
        write_scan(scan, tmp_path)
    assert list(Path(tmp_path).iterdir()) == []


def test_a_folder_that_holds_another_scan_is_not_written_into(small_scan, tmp_path):
    write_scan(small_scan, tmp_path, format="fxi")
    write_scan(small_scan, tmp_path, format="fxi")
    with pytest.raises(SpectrotomoError, match="empty folder"):
        write_scan(small_scan.select([0]), tmp_path, format="fxi")


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="file sizes cannot be limited here")
@pytest.mark.parametrize("format", FORMATS)
def test_a_disk_that_is_full_is_one_sentence_and_leaves_nothing(small_scan, tmp_path, format):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(SpectrotomoError, match="cannot be written") as seen:
            write_scan(small_scan, tmp_path / "full", format=format)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(str(seen.value).splitlines()) == 1
    assert list((tmp_path / "full").iterdir()) == []
