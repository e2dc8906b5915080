"""Counts become optical density: what was put in comes out, and what was mended is counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import CorrectParameters, correct_tomogram

SHAPE = (12, 14)


@pytest.fixture
def density() -> np.ndarray:
    """A smooth optical density, (angle, row, column)."""
    angle, row, column = np.ogrid[:5, : SHAPE[0], : SHAPE[1]]
    return (0.6 + 0.3 * np.sin(angle + row / 4) * np.cos(column / 5)).astype(np.float32)


def counts_scan(density, flat=4000.0, dark=100.0, exposure=1.0, flat_exposure=1.0, angles=None, **more):
    views = dark + flat * exposure / flat_exposure * np.exp(-density)
    return st.Scan.from_arrays(
        [views],
        [6700.0],
        np.arange(len(views)) * 36.0 if angles is None else angles,
        flats=[np.full((4, *SHAPE), dark + flat)],
        darks=[np.full((3, *SHAPE), dark)],
        **more,
    )


def test_optical_density_is_minus_log_of_the_transmission(density):
    result = correct_tomogram(counts_scan(density), 0)
    np.testing.assert_allclose(result.optical_density, density, atol=1e-5)
    assert (result.repaired, result.saturated, result.warnings) == (0, 0, ())


@settings(max_examples=15, deadline=None)
@given(exposure=some.floats(0.05, 20), flat_exposure=some.floats(0.05, 20))
def test_exposures_of_projections_and_flats_need_not_be_the_same(exposure, flat_exposure):
    density = np.full((2, *SHAPE), 0.7)
    scan = counts_scan(density, exposure=exposure, flat_exposure=flat_exposure)
    known = st.Scan.from_arrays(
        scan.projections,
        scan.energies,
        scan.angles,
        scan.flats,
        scan.darks,
        exposure=exposure,
        flat_exposure=flat_exposure,
    )
    np.testing.assert_allclose(correct_tomogram(known, 0).optical_density, 0.7, atol=1e-4)


def test_an_open_beam_that_drifts_linearly_between_flats_leaves_no_trace():
    views, beam = 20, np.linspace(3000.0, 5000.0, 21)
    density = np.full((views, *SHAPE), 0.5)
    counts = 10 + (beam[:-1] + 50)[:, None, None] * np.exp(-density)  # the middle of each exposure
    flats = np.stack([np.full(SHAPE, 10 + b) for b in (beam[0], beam[0], beam[10], beam[-1])])
    scan = st.Scan.from_arrays(
        [counts],
        [6700.0],
        np.arange(views) * 9.0,
        flats=[flats],
        darks=[np.full((1, *SHAPE), 10.0)],
        flat_positions=[[0, 0, 10, 20]],
    )
    np.testing.assert_allclose(correct_tomogram(scan, 0).optical_density, 0.5, atol=1e-5)


def test_pixels_without_positive_transmission_are_filled_from_neighbours_and_counted(density):
    scan = counts_scan(density)
    counts = scan.projections[0].compute()
    counts[2, 4, 5] = 50.0  # below the dark
    counts[3, 0, 0] = np.nan
    counts[:, 8, 8] = 100.0  # dead: the flat below says so
    flats = scan.flats[0].compute()
    flats[:, 8, 8] = 100.0
    broken = st.Scan.from_arrays([counts], [6700.0], scan.angles, [flats], scan.darks)
    result = correct_tomogram(broken, 0)
    assert result.repaired == 1 + 1 + 5
    np.testing.assert_allclose(result.optical_density, density, atol=0.1)  # the corner has no neighbour beyond it


def test_a_stray_photon_is_repaired_unless_told_otherwise(density):
    scan = counts_scan(density)
    counts = scan.projections[0].compute()
    counts[1, 6, 6] += 30000
    counts[1, 0, 3] += 30000
    hit = st.Scan.from_arrays([counts], [6700.0], scan.angles, scan.flats, scan.darks)
    result = correct_tomogram(hit, 0)
    assert result.repaired == 2
    np.testing.assert_allclose(result.optical_density, density, atol=0.05)
    assert correct_tomogram(hit, 0, CorrectParameters(zinger_threshold=None)).optical_density[1, 6, 6] < -1


def cylinder(columns=64, rows=40, views=3) -> np.ndarray:
    """The optical density of a cylinder of 0.9, with a sharp upper face, (angle, row, column)."""
    across = (np.arange(columns) - (columns - 1) / 2) / (0.3 * columns)
    view = np.zeros((rows, columns), np.float32)
    view[8:] = 0.9 * np.sqrt(np.clip(1 - across**2, 0, None))
    return np.repeat(view[None], views, axis=0)


def scan_of(counts, **more):
    shape = counts.shape[1:]
    flats, darks = np.full((4, *shape), 2600, np.uint16), np.full((3, *shape), 100, np.uint16)
    given = {"flats": [flats], "darks": [darks]} | more
    return st.Scan.from_arrays([counts], [6700.0], np.arange(len(counts)) * 60.0, **given)


@pytest.mark.parametrize("share", [0.02, 0.1])
@pytest.mark.parametrize("pepper", [0, 110])
def test_salt_and_pepper_are_repaired(share, pepper):
    density, rng = cylinder(), np.random.default_rng(3)
    counts = np.rint(100 + 2500 * np.exp(-density) + 8 * rng.standard_normal(density.shape)).astype(np.uint16)
    noise = rng.random(counts.shape)
    counts[noise < share / 2] = pepper
    counts[noise > 1 - share / 2] = 65535
    result = correct_tomogram(scan_of(counts), 0)
    error = result.optical_density - density
    assert result.repaired == pytest.approx(share * counts.size, rel=0.15)
    assert np.abs(error).max() < 0.55  # beside the sharp face
    assert error.std() < 0.03
    assert any("salt and pepper" in w for w in result.warnings)
    assert not any("saturated" in w for w in result.warnings)


def test_what_the_optics_can_see_is_no_stray():
    density = cylinder()
    density[:, 20:22, :] += 0.7  # a bright line, and a small dense ball
    density[:, 30:32, 30:32] += 1.0
    counts = np.rint(100 + 2500 * np.exp(-density)).astype(np.uint16)
    result = correct_tomogram(scan_of(counts), 0)
    assert result.repaired == 0
    np.testing.assert_allclose(result.optical_density, density, atol=0.01)


def test_a_hot_pixel_that_light_adds_little_to_is_repaired():
    density, rng = cylinder(), np.random.default_rng(4)
    counts = np.rint(100 + 2500 * np.exp(-density))
    flats, darks = np.full((4, *counts.shape[1:]), 2600.0), np.full((3, *counts.shape[1:]), 100.0)
    for frames in (counts, flats, darks):
        frames[:, 25, 30] = 4000 + rng.normal(0, 50, len(frames))
    flats[:, 25, 30] += 60
    scan = scan_of(counts.astype(np.uint16), flats=[flats.astype(np.uint16)], darks=[darks.astype(np.uint16)])
    result = correct_tomogram(scan, 0)
    assert result.repaired == len(counts)
    np.testing.assert_allclose(result.optical_density[:, 25, 30], density[:, 25, 30], atol=0.01)


def test_a_stray_photon_in_one_flat_or_dark_makes_no_spot(density):
    scan = counts_scan(density)
    flats, darks = scan.flats[0].compute(), scan.darks[0].compute()
    flats[1, 3, 3] *= 5
    darks[2, 7, 7] *= 5
    hit = st.Scan.from_arrays(scan.projections, [6700.0], scan.angles, [flats], [darks])
    np.testing.assert_allclose(correct_tomogram(hit, 0).optical_density, density, atol=1e-5)


def test_a_dark_projection_is_named(density):
    scan = counts_scan(density)
    counts = scan.projections[0].compute()
    counts[3] = 90.0
    dark = st.Scan.from_arrays([counts], [6700.0], scan.angles, scan.flats, scan.darks)
    with pytest.raises(st.DataError, match=r"6700 eV projection 3 \(108°\)"):
        correct_tomogram(dark, 0)


def test_saturated_counts_are_counted_and_said():
    counts = np.full((3, *SHAPE), 30000, np.uint16)
    counts[0, :2, :3] = 65535
    flats = np.full((2, *SHAPE), 60000, np.uint16)
    scan = st.Scan.from_arrays([counts], [6700.0], [0, 60, 120], [flats], [np.zeros((1, *SHAPE), np.uint16)])
    result = correct_tomogram(scan, 0)
    assert result.saturated == 6
    assert any("saturated" in w for w in result.warnings)


def test_a_detector_of_twelve_bits_is_saturated_at_4095():
    counts = np.rint(100 + 4200 * np.exp(-cylinder()))
    counts[:, 2, 3] = 9000  # a stray, which is repaired
    flats = np.full((2, *counts.shape[1:]), 3900, np.uint16)
    result = correct_tomogram(scan_of(np.minimum(counts, 4095).astype(np.uint16), flats=[flats]), 0)
    assert result.saturated == int((counts >= 4095).sum())
    assert any("saturated (4095)" in w for w in result.warnings)


def test_an_optical_density_that_hardly_a_photon_passes_is_said():
    density = np.full((2, *SHAPE), 0.3)
    density[:, :3] = 4.0
    assert any("above 3" in w for w in correct_tomogram(counts_scan(density), 0).warnings)


def test_frames_of_one_view_are_averaged_as_transmission():
    density = np.stack([np.full(SHAPE, d) for d in (0.2, 1.0, 0.5)])
    od = st.correct(counts_scan(density, angles=[10.0, 10.0, 55.0]))
    assert od.angles[0].tolist() == [10.0, 55.0]
    views = od.projections[0].compute()
    np.testing.assert_allclose(views[0], -np.log((np.exp(-0.2) + np.exp(-1.0)) / 2), atol=1e-5)
    np.testing.assert_allclose(views[1], 0.5, atol=1e-5)


def test_views_stay_in_order_of_acquisition_when_frames_are_interleaved():
    density = np.stack([np.full(SHAPE, d) for d in (0.1, 0.2, 0.3, 0.4)])
    od = st.correct(counts_scan(density, angles=[90.0, 0.0, 45.0, 90.0]))
    assert od.angles[0].tolist() == [90.0, 0.0, 45.0]
    assert od.projections[0][1, 0, 0].compute() == pytest.approx(0.2, abs=1e-5)


@pytest.mark.parametrize("kind", ["transmission", "optical_density"])
def test_what_is_corrected_already_passes_through(density, kind):
    data = np.exp(-density) if kind == "transmission" else density
    scan = st.Scan.from_arrays([data], [6700.0], np.arange(5) * 36.0, kind=kind)
    od = st.correct(scan)
    assert od.kind == "optical_density"
    np.testing.assert_allclose(od.projections[0].compute(), density, atol=1e-6)


def test_correction_is_lazy_and_resamples_nothing(density):
    od = st.correct(counts_scan(density, pixel_size=30.0, metadata={"format": "arrays"}))
    assert od.projections[0].shape == density.shape
    assert od.projections[0].dtype == np.float32
    assert od.pixel_size.tolist() == [30.0]
    assert od.metadata["format"] == "arrays"
    np.testing.assert_allclose(od.projections[0].compute(), density, atol=1e-5)


def test_counts_without_flats_are_refused_and_without_darks_doubted(density):
    counts = 4000 * np.exp(-density)
    angles = np.arange(5) * 36.0
    with pytest.raises(st.DataError, match="no flats"):
        st.correct(st.Scan.from_arrays([counts], [6700.0], angles))
    od = st.correct(st.Scan.from_arrays([counts], [6700.0], angles, flats=[np.full((1, *SHAPE), 4000.0)]))
    assert any("no darks" in w for w in od.metadata["warnings"])
    bare = st.Scan.from_arrays([counts], [6700.0], angles, flats=[np.full((1, *SHAPE), 4000.0)])
    assert any("no darks" in w for w in correct_tomogram(bare, 0).warnings)
    np.testing.assert_allclose(od.projections[0].compute(), density, atol=1e-5)


def test_a_wrong_parameter_is_named(density):
    with pytest.raises(st.ParameterError, match=r"correct\.zinger_threshold"):
        st.correct(counts_scan(density), zinger_threshold=-1)


def test_dead_pixels_and_stray_photons_of_a_real_layout_are_repaired(data_folder):
    scan = st.read_scan(data_folder / "scan_tiny")
    result = correct_tomogram(scan, 4)
    assert np.isfinite(result.optical_density).all()
    assert result.optical_density.min() > -0.15
    assert result.repaired >= len(scan.angles[4])  # at least one dead pixel, in every view
