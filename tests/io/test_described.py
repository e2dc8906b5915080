"""What `spectrotomo info` says of a scan: all that was found, and every doubt."""

import numpy as np
import pytest

from napari_spectrotomo.data import Scan
from napari_spectrotomo.io import write_scan
from napari_spectrotomo.workflow import describe, in_words


def scan_of(angles, energies=(8300.0, 8350.0), **more):
    frames = [np.ones((len(angles), 3, 4), np.uint16)] * len(energies)
    return Scan.from_arrays(frames, list(energies), np.asarray(angles, float), **more)


@pytest.mark.parametrize(
    ("angles", "says"),
    [
        (np.arange(-90, 91, 1), "-90.00 to 90.00°, every 1°"),
        (np.arange(0, 360, 2), "0.00 to 358.00°, every 2°"),
        (np.arange(-60, 61, 1), "-60.00 to 60.00°, every 1°, a wedge of 59° is missing"),
        (np.r_[-90:-10, -4:90], "every 1°, 1 gap, the widest of 7° after -11.00°, a wedge of 6° is missing"),
        (np.repeat(np.arange(0, 180, 3), 2), "every 3°, 60 of them again"),
        ([12.5], "12.50°"),
        ([7.0, 7.0, 7.0], "7.00°, 3 times"),
    ],
)
def test_angles_are_told_with_what_they_leave_out(angles, says):
    words = in_words(scan_of(angles))["angles"]
    assert words.endswith(says), words
    assert ("wedge" in words) == ("wedge" in says)


def test_energies_of_other_angles_are_counted():
    frames = [np.ones((n, 3, 4), np.uint16) for n in (5, 3)]
    scan = Scan.from_arrays(frames, [8300.0, 8350.0], [np.linspace(-90, 90, 5), np.linspace(-90, 90, 3)])
    assert "other angles at 1 of 2 energies" in in_words(scan)["angles"]


def test_exposure_current_time_and_places_of_flats_are_told():
    flats = [np.ones((4, 3, 4), np.uint16)] * 2
    scan = scan_of(
        np.arange(-90, 90, 1),
        flats=flats,
        pixel_size=30.0,
        exposure=0.5,
        flat_exposure=[0.3, 0.4],
        time=[1.7e9 + 7200, 1.7e9],
        flat_positions=[[0, 0, 90, 180]] * 2,
        current=[300.0, 299.0],
        flat_current=301.5,
    )
    words = in_words(scan)
    assert words["flats"] == "4 an energy: 2 before the first projection, 1 after 90 projections, 1 after the last"
    assert words["exposure"] == "of projections 0.5 s, of flats 0.3 to 0.4 s"
    assert words["ring current"] == "of projections 299 to 300 mA, of flats 301.5 mA"
    assert words["time"] == "from the highest energy down, 2.0 h from the first tomogram's start to the last one's"
    assert words["pixel size"].endswith("nm, proportional to the energy")
    assert words["energies"] == "2, 8300.00 to 8350.00 eV, 50 eV apart"


def test_what_is_not_known_is_said():
    words = in_words(scan_of([0.0, 90.0]))
    for name in ("pixel size", "exposure", "ring current", "time"):
        assert words[name] == "unknown"
    same = in_words(scan_of([0.0, 90.0], pixel_size=[31.2, 31.2]))["pixel size"]
    assert same == "31.2 nm at all energies, so nominal unless the detector was moved"
    apart = in_words(scan_of([0.0, 90.0], pixel_size=[31.2, 31.5]))["pixel size"]
    assert "up to 0.36% from proportional" in apart


def test_every_doubt_and_every_file_left_out_is_told(small_scan, tmp_path):
    files = write_scan(small_scan, tmp_path, format="fxi")
    files[1].write_bytes(b"")
    (tmp_path / "frames.raw").write_bytes(b"\0" * 64)
    told = describe(tmp_path)
    assert told.facts["energies"].startswith("2, 6540.25")
    assert any("frames.raw was not read" in d for d in told.doubts)
    assert [d for d in told.doubts if d.startswith("left out: ") and files[1].name in d]
    assert len(set(told.doubts)) == len(told.doubts)


def test_a_real_run_is_told_with_its_plan(data_folder):
    told = describe(data_folder / "ssrl62c_nca_2d_xanes")
    assert "TOMO 0, ENERGY 1" in told.facts["run"]
    assert told.facts["exposure"] == "of projections 0.5 s, of flats 0.3 s"
    assert any("rep02_000182" in d for d in told.doubts)
