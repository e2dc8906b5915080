"""SSRL 6-2c's three-dimensional runs: names, flats in the middle, ScanInfo and the run script."""

import numpy as np
import pytest

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import read_scan

ANGLES = [-90.0, -45.0, -1.0, 0.0, 44.0, 89.0]
ENERGIES = [8324.0, 8333.0]


def names_of(energy):
    """Images of an energy in order of acquisition: flats, views below 0°, flats, views from 0° up."""
    name = f"{energy:07.1f}_eV"
    flats = [[f"rep01_{n:06d}_ref_s_{name}_{i:03d}of002.xrm" for i, n in ((1, k), (2, k + 1))] for k in (1, 3)]
    views = [f"rep01_tomo_s_{angle:+07.2f}deg_{name}.xrm" for angle in ANGLES]
    return [*flats[0], *views[:3], *flats[1], *views[3:]]


@pytest.fixture
def run(tmp_path, write_xradia):
    """A folder of such a run; image k of an energy holds the number k (and 100 more at the second energy)."""

    def make(times=None, energy_in_header=0.0, sete=None, info="TOMO 1", named=True):
        listing, script = [], []
        for e, energy in enumerate(ENERGIES):
            script += [f"sete {(sete or ENERGIES)[e]:.2f}"]
            for k, name in enumerate(names_of(energy)):
                shown = name if named else f"{'ref_' if 'ref' in name else ''}image_{e}_{k:02d}.xrm"
                date = {} if times is None else {"Date": times(100 * e + 10 * k)}
                image = np.full((1, 3, 4), 100 * e + k, np.uint16)
                write_xradia(tmp_path / shown, image, 0.0, energy_in_header, **date)
                if "tomo" in name:
                    script += ["setexp 0.5", f"moveto t {name.split('_')[3].removesuffix('deg')}"]
                script += [f"collect {shown}"]
                listing += [shown]
        (tmp_path / "ScanInfo_s_1.txt").write_bytes("\r\n".join(["VERSION 1", info, "FILES", *listing]).encode())
        (tmp_path / "s_script.txt").write_text("\n".join([";; 3D ;;", *script]))
        return tmp_path

    return make


def assert_in_order(scan):
    np.testing.assert_array_equal(scan.energies, ENERGIES)
    for e in range(2):
        np.testing.assert_array_equal(scan.angles[e], ANGLES)
        np.testing.assert_array_equal(np.asarray(scan.projections[e])[:, 0, 0] - 100 * e, [2, 3, 4, 7, 8, 9])
        np.testing.assert_array_equal(np.asarray(scan.flats[e])[:, 0, 0] - 100 * e, [0, 1, 5, 6])
        np.testing.assert_array_equal(scan.flat_positions[e], [0, 0, 3, 3])


def test_flats_in_the_middle_stand_where_the_headers_clock_puts_them(run, xradia_dates):
    scan = read_scan(run(times=xradia_dates))
    assert_in_order(scan)
    assert scan.time[1] - scan.time[0] == 100


def test_without_a_clock_the_listing_gives_the_order(run):
    scan = read_scan(run())
    assert_in_order(scan)
    assert scan.metadata["run"]["TOMO"] == 1
    assert [d for d in scan.metadata["doubts"] if "nominal" not in d] == ["There are no darks at any energy."]


def test_images_without_names_or_headers_take_energy_and_angle_from_the_script(run):
    assert_in_order(read_scan(run(named=False)))


def test_a_script_that_goes_to_another_energy_is_an_error_with_both(run):
    folder = run(sete=[8324.0, 8334.0])
    with pytest.raises(ReadError, match=r"08333\.0.*8333 eV.*8334 eV"):
        read_scan(folder)
    assert_in_order(read_scan(folder, energies=ENERGIES, override=["energies"]))


def test_what_the_run_planned_and_is_not_here_is_said(run):
    folder = run(info="TOMO 0")
    for path in folder.glob("*08333*"):
        path.unlink()
    doubts = " ".join(read_scan(folder).metadata["doubts"])
    assert "10 files that are not here" in doubts
    assert "goes to 2 energies, and 1 of them are not here (8333 eV)" in doubts
    assert "no tomography" in doubts


def test_a_real_run_under_other_names_is_compared_by_its_energies(data_folder):
    scan = read_scan(data_folder / "ssrl62c_nca_2d_xanes", on_bad_file="skip")
    doubts = " ".join(scan.metadata["doubts"])
    assert "806 files under other names" in doubts
    assert "goes to 62 energies" in doubts
    assert scan.metadata["run"]["REFEVERYEXPOSURES"] == 3
    assert scan.metadata["run"]["MULTIEXPOSURE"] == 4
