"""The rotation axis is found to a small part of a pixel, also where the last view is not at 180°."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import find_center_of

HALF_TURN = np.arange(-90, 91, 2.0)


@pytest.mark.parametrize("offset", [-11.3, -0.25, 0.0, 7.62])
def test_the_axis_of_an_analytic_phantom_is_found_within_a_twentieth_of_a_pixel(sinogram, offset):
    center = 63.5 + offset
    views = np.repeat(sinogram(128, HALF_TURN, center)[:, None], 3, axis=1)
    assert find_center_of(views, HALF_TURN) == pytest.approx(center, abs=0.05)


@pytest.mark.parametrize(
    "angles",
    [
        np.arange(0, 180, 1.0),
        np.arange(0, 180, 3.0),
        np.arange(0, 360, 2.0),
        np.arange(5, 230, 1.5),
        np.arange(90, -91, -2.0),
    ],
    ids=["stops at 179", "stops at 177", "whole turn", "odd span", "backwards"],
)
def test_no_view_need_be_at_180_degrees(sinogram, angles):
    views = np.repeat(sinogram(128, angles, 66.4)[:, None], 2, axis=1)
    assert find_center_of(views, angles) == pytest.approx(66.4, abs=0.1)


def test_a_missing_wedge_still_gives_the_axis_within_a_pixel(sinogram):
    angles = np.arange(-75, 76, 2.0)
    views = np.repeat(sinogram(128, angles, 66.4)[:, None], 3, axis=1)
    assert find_center_of(views, angles) == pytest.approx(66.4, abs=1.0)


@pytest.mark.parametrize("reach", [60, 80, 85])
def test_a_sample_that_is_seen_whole_gives_the_axis_to_a_tenth_of_a_pixel_without_a_half_turn(sinogram, reach):
    angles = np.arange(-reach, reach + 1, 2.0)
    views = np.zeros((len(angles), 12, 96), np.float32)
    views[:, :, 16:80] = sinogram(64, angles, 34.6)[:, None] / 64
    views += 0.01 + np.random.default_rng(2).normal(0, 0.01, views.shape)
    assert find_center_of(views, angles) == pytest.approx(50.6, abs=0.1)


def test_noise_moves_the_axis_little(sinogram):
    rng = np.random.default_rng(3)
    views = np.repeat(sinogram(128, HALF_TURN, 61.2)[:, None] / 64, 8, axis=1)
    noisy = views + rng.normal(0, 0.05 * views.max(), views.shape)
    assert find_center_of(noisy, HALF_TURN) == pytest.approx(61.2, abs=0.1)


def test_nothing_to_be_seen_asks_for_the_axis():
    empty = np.random.default_rng(0).normal(0, 0.01, (91, 20, 64))
    with pytest.raises(st.ReconstructionError, match="give its column"):
        find_center_of(empty, HALF_TURN)


def test_one_view_has_no_axis():
    with pytest.raises(st.ReconstructionError, match="2-D XANES"):
        find_center_of(np.ones((1, 4, 8)), np.array([0.0]))


def test_counts_are_to_be_corrected_first():
    scan = st.Scan.from_arrays([np.ones((91, 4, 8))], [6700.0], HALF_TURN)
    with pytest.raises(st.ReconstructionError, match="correct the scan first"):
        st.find_center(scan)


def test_a_small_noisy_detector_gives_its_axis_at_every_energy(data_folder):
    od = st.correct(st.read_scan(data_folder / "scan_tiny"))
    found = [st.find_center(od, e) for e in range(len(od))]
    np.testing.assert_allclose(found, 16.90, atol=0.05)
