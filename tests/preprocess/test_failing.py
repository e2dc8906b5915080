"""Pixels that fail in all projections are found though the flats do not show them, and the sample is never taken for one."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import correct_tomogram
from napari_spectrotomo.preprocess.failing import failing_pixels

VIEWS, SHAPE = 40, (48, 56)


def transmission() -> np.ndarray:
    """A pillar that sways as it turns, with a needle one pixel wide on top, (angle, row, column)."""
    view, row, column = np.ogrid[:VIEWS, : SHAPE[0], : SHAPE[1]]
    middle = 28 + 8 * np.cos(np.pi * view / VIEWS)
    density = 0.05 * np.sqrt(np.clip(14.0**2 - (column - middle) ** 2, 0, None)) * (row > 12)
    needle = (np.abs(column - middle) <= 0.5) & (row > 4) & (row <= 12)
    return np.exp(-density - 1.0 * needle)


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    return np.random.default_rng(0).poisson(3000 * transmission()).astype(np.uint16)


def scan_of(counts) -> st.Scan:
    flats = np.random.default_rng(1).poisson(3000, (6, *SHAPE)).astype(np.uint16)
    return st.Scan.from_arrays([counts], [7000.0], np.arange(VIEWS) * 4.5, [flats])


def test_stuck_and_flickering_pixels_are_found_and_filled(counts):
    broken, rng = counts.copy(), np.random.default_rng(2)
    broken[:, 20, 30] = 2900
    broken[:, 30:32, 10:12] = [[2500, 2501], [2502, 2503]]
    broken[:, 3, 50] = rng.normal(3000, 1000, VIEWS).clip(0)
    broken[:, 40, 28] = rng.choice([600, 1900], VIEWS)
    marked = np.zeros(SHAPE, bool)
    marked[20, 30] = marked[30:32, 10:12] = marked[3, 50] = marked[40, 28] = True
    np.testing.assert_array_equal(failing_pixels(broken), marked)
    result, whole = correct_tomogram(scan_of(broken), 0), correct_tomogram(scan_of(counts), 0)
    assert result.repaired == whole.repaired + VIEWS * marked.sum()
    assert any("7 pixels of the detector are stuck or flicker" in w for w in result.warnings)
    error = (result.optical_density + np.log(transmission()))[:, marked]
    assert np.abs(np.median(error, axis=0)).max() < 0.03
    assert error.std() < 0.06


@pytest.mark.parametrize("noise", [True, False])
def test_the_sample_is_no_failing_pixel(counts, noise):
    assert not failing_pixels(counts if noise else np.rint(3000 * transmission()).astype(np.uint16)).any()


def test_stray_photons_are_no_failing_pixels(counts):
    hit = counts.copy()
    hit[np.random.default_rng(3).random(hit.shape) < 0.01] = 65535
    assert not failing_pixels(hit).any()


def test_a_few_projections_tell_nothing(counts):
    assert not failing_pixels(np.zeros_like(counts[:10])).any()


@pytest.mark.parametrize(
    ("file", "energies", "most"), [("dxchange_h5/tooth.h5", [25000.0], 0), ("tiff_tomo_savu24737", [53000.0], 2)]
)
def test_detectors_of_real_scans_hardly_fail(data_folder, file, energies, most):
    scan = st.read_scan(data_folder / file, energies=energies)
    assert failing_pixels(np.asarray(scan.projections[0])).sum() <= most
