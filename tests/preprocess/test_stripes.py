"""Stripes known in advance are taken out and the sample is left; stripes that will be seen are said."""

import threading

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import CorrectParameters, correct_tomogram, remove_stripes, stripe_strength
from napari_spectrotomo.preprocess.stripe_strength import VISIBLE
from napari_spectrotomo.preprocess.stripes import stripe_sizes

VIEWS, ROWS, COLUMNS = 90, 6, 240
NAMES = ["sorting", "filtering", "fitting", "normalization", "wavelet", "interpolation", "large", "dead", "all"]


@pytest.fixture(scope="module")
def angles() -> np.ndarray:
    return np.arange(VIEWS) * 2.0


@pytest.fixture(scope="module")
def clean(angles) -> np.ndarray:
    """The optical density of some balls off the axis, with the noise of views but not of flats."""
    rng = np.random.default_rng(0)
    u, theta = np.arange(COLUMNS) - (COLUMNS - 1) / 2, np.deg2rad(angles)[:, None]
    density = np.zeros((VIEWS, ROWS, COLUMNS), np.float32)
    for _ in range(10):
        distance, phase, radius = rng.uniform(0, 55), rng.uniform(0, 2 * np.pi), rng.uniform(12, 40)
        for row in range(ROWS):
            square = radius**2 - (2.0 * row) ** 2 - (u - distance * np.cos(theta - phase)) ** 2
            density[:, row] += 0.006 * np.sqrt(np.clip(square, 0, None))
    return density + rng.normal(0, 0.01, density.shape).astype(np.float32)


@pytest.fixture(scope="module")
def stripes() -> np.ndarray:
    """Single columns of a gain 5 % off, (row, column)."""
    rng = np.random.default_rng(1)
    where = rng.random((ROWS, COLUMNS)) < 0.04
    return np.where(where, rng.choice([-0.05, 0.05], where.shape), 0).astype(np.float32)


def rms(values) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


@pytest.mark.parametrize("name", NAMES)
def test_known_stripes_are_taken_out_and_the_sample_is_left(name, clean, stripes, angles):
    striped, kept = clean + stripes, clean.copy()
    parameters = CorrectParameters(stripes=name)
    assert remove_stripes(striped, angles, parameters) == ()
    marked = stripes != 0
    before, after = rms(stripes[marked]), rms((striped - clean).mean(axis=0)[marked])
    assert after < before / 3
    remove_stripes(kept, angles, parameters)
    assert rms(kept - clean) < 0.01
    assert stripe_strength(striped).amplitude < stripe_strength(clean + stripes).amplitude / 3


@pytest.mark.parametrize("name", ["filtering", "fitting", "dead", "wavelet"])
def test_sinograms_need_not_be_in_order_of_their_angles(name, clean, stripes, angles):
    order = np.random.default_rng(2).permutation(VIEWS)
    straight, mixed = clean + stripes, (clean + stripes)[order]
    remove_stripes(straight, angles, CorrectParameters(stripes=name))
    remove_stripes(mixed, angles[order], CorrectParameters(stripes=name))
    np.testing.assert_array_equal(mixed, straight[order])


def test_few_views_keep_their_stripes_and_it_is_said(clean, angles):
    few = clean[:10].copy()
    (said,) = remove_stripes(few, angles[:10], CorrectParameters(stripes="all"))
    assert "10 views of 240 columns, and 16" in said
    np.testing.assert_array_equal(few, clean[:10])


def test_sinograms_without_noise_are_left_and_counted(angles):
    flat = np.full((VIEWS, 3, COLUMNS), 0.5, np.float32)
    (said,) = remove_stripes(flat, angles, CorrectParameters(stripes="large"))
    assert "from 3 of 3 sinograms" in said
    assert np.ptp(flat) == 0


def test_removal_stops_when_asked(clean, angles):
    abort = threading.Event()
    abort.set()
    with pytest.raises(st.Aborted):
        remove_stripes(clean.copy(), angles, CorrectParameters(stripes="sorting"), abort)


def test_windows_go_with_the_detectors_width():
    assert [stripe_sizes(CorrectParameters(), c) for c in (100, 640, 2048)] == [(5, 13), (13, 31), (23, 57)]
    assert stripe_sizes(CorrectParameters(stripe_size=10), 640) == (11, 25)


def test_the_strength_of_stripes_is_their_root_mean_square(clean, stripes):
    none, some = stripe_strength(clean), stripe_strength(clean + stripes)
    assert some.amplitude == pytest.approx(rms(stripes), rel=0.2)
    assert none.amplitude < 0.15 * some.amplitude
    assert none.noise == pytest.approx(0.01, rel=0.2)
    assert none.visibility < 1.5 < VISIBLE < some.visibility
    assert np.isnan(stripe_strength(clean[:4]).visibility)


@pytest.mark.parametrize("name", ["none", "sorting"])
def test_stripes_are_said_or_taken_out_in_the_correction(name, clean, stripes, angles):
    counts = 4000 * np.exp(-(clean + stripes))
    scan = st.Scan.from_arrays([counts], [7000.0], angles, [np.full((2, ROWS, COLUMNS), 4000.0)])
    result = correct_tomogram(scan, 0, CorrectParameters(stripes=name))
    assert any("rings in the slices" in w for w in result.warnings) == (name == "none")
    if name == "sorting":
        od = st.correct(scan, stripes="sorting").projections[0].compute()
        np.testing.assert_array_equal(od, result.optical_density)
        assert rms((od - clean).mean(axis=0)[stripes != 0]) < 0.05 / 3


@pytest.mark.parametrize(
    ("file", "energies", "seen"),
    [("dxchange_h5/tooth.h5", [25000.0], True), ("tiff_tomo_savu24737", [53000.0], True), ("scan_tiny", None, False)],
)
def test_rings_are_said_of_the_real_scans_that_show_them(data_folder, file, energies, seen):
    scan = st.read_scan(data_folder / file, energies=energies)
    assert any("rings in the slices" in w for w in correct_tomogram(scan, 0).warnings) == seen


def test_a_method_that_takes_the_sample_with_the_stripes_is_named():
    """A disk of even thickness about the axis looks the same in all views, as a wide stripe does."""
    across = np.arange(96) - 47.5
    disk = np.repeat((0.02 * np.sqrt(np.clip(30**2 - across**2, 0, None)))[None, None], 60, axis=0).repeat(4, axis=1)
    noisy = (disk + np.random.default_rng(3).normal(0, 0.005, disk.shape)).astype(np.float32)
    taken = noisy.copy()
    said = remove_stripes(taken, np.arange(60) * 3.0, CorrectParameters(stripes="normalization", stripe_size=31))
    assert (taken * disk).sum() < 0.9 * (disk**2).sum()
    assert any("of the sample's own optical density" in one for one in said)
    assert remove_stripes(noisy, np.arange(60) * 3.0, CorrectParameters(stripes="wavelet")) == ()
