"""The volume is where it must be, in the unit it must be in, whichever engine makes it."""

import subprocess
import sys
import threading

import dask
import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import ReconstructParameters, reconstruct_volume, view_warnings
from napari_spectrotomo.reconstruct.geometry import Geometry, resample_projections, view_weights

HALF_TURN = np.arange(-90, 91, 1.0)
ENGINES = ("numba", "algotom", "skimage")


def offset_and_scale(image, truth):
    """Displacement (y, x) in pixels and scale of an image against the truth, by least squares over a smoothed pair."""
    from scipy.ndimage import gaussian_filter

    a, b = gaussian_filter(image, 1.5), gaussian_filter(truth, 1.5)
    gy, gx = np.gradient(b)
    n = len(truth)
    inside = np.hypot(*(np.indices(truth.shape) - (n - 1) / 2)) < 0.93 * n / 2
    scale, y, x = np.linalg.lstsq(np.c_[b[inside], -gy[inside], -gx[inside]], a[inside], rcond=None)[0]
    return np.array([y, x]) / scale, scale


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("columns", [95, 96])
def test_every_slice_is_in_place_and_to_scale(sinogram, phantom_slice, engine, columns):
    center = (columns - 1) / 2 + 4.3
    factor = np.array([1.0, 2.0, 0.5])  # every row its own, so that rows mixed up are seen
    views = sinogram(columns, HALF_TURN, center)[:, None] * factor[:, None]
    volume = reconstruct_volume(views, HALF_TURN, center, parameters=ReconstructParameters(engine=engine))
    assert volume.shape == (3, columns, columns)
    assert volume.dtype == np.float32
    for row in range(3):
        moved, scale = offset_and_scale(volume[row] / factor[row], phantom_slice(columns))
        np.testing.assert_allclose(moved, 0, atol=0.05)
        assert scale == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("filter_name", ["ramp", "shepp-logan", "cosine", "hamming", "hann"])
def test_engines_agree(sinogram, filter_name):
    views = sinogram(64, HALF_TURN, 33.1)[:, None]
    ours, *theirs = (
        reconstruct_volume(views, HALF_TURN, 33.1, parameters=ReconstructParameters(engine=engine, filter=filter_name))[
            0
        ]
        for engine in ENGINES
    )
    for their in theirs:
        assert np.sqrt(np.mean((ours - their) ** 2)) < 0.03
        assert ours[25:40, 20:44].mean() == pytest.approx(their[25:40, 20:44].mean(), rel=0.005)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_magnified_image_gives_the_same_volume(sinogram, phantom_slice, engine):
    views = np.repeat(sinogram(96, HALF_TURN, 50.2, magnification=1.035)[:, None], 3, axis=1)
    volume = reconstruct_volume(
        views, HALF_TURN, 50.2, magnification=1.035, parameters=ReconstructParameters(engine=engine)
    )
    moved, scale = offset_and_scale(volume[1], phantom_slice(96))
    np.testing.assert_allclose(moved, 0, atol=0.05)
    # the line integrals above are of a disc counted in the fixed grid's pixels
    assert scale == pytest.approx(1, abs=0.015)


def test_magnification_is_about_the_middle_row():
    rows = np.arange(41, dtype=np.float32)
    views = np.broadcast_to(np.exp(-((rows - 25) ** 2) / 8)[None, :, None], (2, 41, 9)).astype(np.float32)
    shrunk = resample_projections(views, Geometry(np.zeros(2), 4.0, 1.25), 4.0)
    profile = shrunk[0, :, 4]
    assert (profile * rows).sum() / profile.sum() == pytest.approx(20 + 5 / 1.25, abs=0.01)


def test_nothing_is_interpolated_where_nothing_moves():
    views = np.random.default_rng(0).random((3, 4, 9), np.float32)
    assert resample_projections(views, Geometry(np.zeros(3), 4.0), 4.0) is views


def test_no_rim_appears_where_the_field_shrinks():
    views = np.ones((2, 20, 20), np.float32)
    np.testing.assert_allclose(resample_projections(views, Geometry(np.zeros(2), 9.0, 1.05), 9.5), 1, atol=1e-5)


def test_attenuation_is_in_inverse_micrometres_when_the_pixel_size_is_known(sinogram):
    views = sinogram(64, HALF_TURN, 31.5)[:, None]
    pixels = reconstruct_volume(views, HALF_TURN, 31.5)
    micrometres = reconstruct_volume(views, HALF_TURN, 31.5, pixel_size=40.0)
    np.testing.assert_allclose(micrometres, pixels * 25, rtol=1e-5)


def test_views_share_the_half_turn_by_their_gaps():
    np.testing.assert_allclose(view_weights(np.arange(0, 180, 10.0)), np.pi / 18)
    both_ends = view_weights(np.arange(-90, 91, 10.0))
    np.testing.assert_allclose(both_ends[1:-1], np.pi / 18)
    np.testing.assert_allclose(both_ends[[0, -1]], np.pi / 36)
    wedge = view_weights(np.arange(-60, 61, 10.0))
    assert wedge.sum() == pytest.approx(np.pi)
    assert wedge.max() < 2.1 * np.median(wedge)


def test_a_missing_wedge_is_said():
    assert view_warnings(np.arange(-90, 91, 2.0)) == ()
    assert view_warnings(np.arange(0, 180, 1.0)) == ()
    assert view_warnings(np.arange(-180, 180, 1.0)) == ()
    (sentence,) = view_warnings(np.arange(-70, 71, 2.0))
    assert "40°" in sentence


@pytest.mark.parametrize("engine", ENGINES)
def test_views_crowded_at_some_angles_do_not_count_more(sinogram, phantom_slice, engine):
    angles = np.concatenate([np.arange(0, 60, 0.5), np.arange(60, 180, 1.5)])
    views = sinogram(96, angles, 47.5)[:, None]
    volume = reconstruct_volume(views, angles, 47.5, parameters=ReconstructParameters(engine=engine))
    moved, scale = offset_and_scale(volume[0], phantom_slice(96))
    np.testing.assert_allclose(moved, 0, atol=0.05)
    assert scale == pytest.approx(1, abs=0.015)


def test_the_same_projections_give_the_same_volume_every_time(sinogram):
    views = np.repeat(sinogram(64, HALF_TURN, 30.0)[:, None], 8, axis=1)
    with dask.config.set(num_workers=4):
        first = reconstruct_volume(views, HALF_TURN, 30.0)
    with dask.config.set(num_workers=1):
        np.testing.assert_array_equal(first, reconstruct_volume(views, HALF_TURN, 30.0))
    np.testing.assert_array_equal(first[0], first[7])


def test_a_request_to_stop_is_heard(sinogram):
    stop = threading.Event()
    stop.set()
    with pytest.raises(st.Aborted):
        reconstruct_volume(sinogram(32, HALF_TURN, 15.5)[:, None], HALF_TURN, 15.5, abort=stop)


def test_too_few_views_and_an_axis_off_the_detector_are_refused():
    with pytest.raises(st.ReconstructionError, match="2-D XANES"):
        reconstruct_volume(np.ones((1, 4, 8)), np.array([0.0]), 3.5)
    with pytest.raises(st.ReconstructionError, match="not on the detector"):
        reconstruct_volume(np.ones((181, 4, 8)), HALF_TURN, 9.0)


_TWO_AT_ONCE = """
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from napari_spectrotomo.reconstruct import reconstruct_volume
angles = np.arange(0, 180, 10.0)
views = np.ones((18, 4, 16), np.float32)
with ThreadPoolExecutor(3) as pool:
    volumes = list(pool.map(lambda _: reconstruct_volume(views, angles, 7.5), range(6)))
assert all(np.array_equal(v, volumes[0]) for v in volumes)
print("alive")
"""


def test_several_energies_at_once_live_with_numbas_simplest_threading_layer(monkeypatch):
    monkeypatch.setenv("NUMBA_THREADING_LAYER", "workqueue")
    done = subprocess.run([sys.executable, "-c", _TWO_AT_ONCE], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "alive", done.stderr
