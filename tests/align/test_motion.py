"""How a sample moved while its tomogram was taken is what is measured, and said where it is too far."""

import json

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.align import find_jitter_of, measure_motion_of

HALF = np.linspace(-90, 90, 41)
FULL = np.linspace(0, 360, 49)


SHORT = np.linspace(0, 176, 45)


@pytest.mark.parametrize(
    ("angles", "compared"), [(HALF, "half a turn apart"), (SHORT, "half a turn apart"), (FULL, "same angle")]
)
def test_a_sample_at_rest_does_not_move(sample, angles, compared):
    motion = measure_motion_of(sample.views(angles), angles, sample.center)
    assert motion.compared == compared
    assert np.abs(motion.displacement).max() < 0.05
    assert abs(motion.rotation) < 0.3
    assert motion.parts < 0.2
    assert motion.drift.max() < 0.05
    assert motion.warnings == ()


def test_a_drift_is_measured_in_pixels_with_its_uncertainty(sample):
    still = sample.at_rest(0)
    views = sample.views(FULL, at=lambda when: sample.moved(still, (2.0 * when, 0.0, 1.5 * when)))
    motion = measure_motion_of(views, FULL, sample.center)
    assert motion.displacement == pytest.approx([2.0, 1.5], abs=0.08)
    assert motion.uncertainty.max() < 0.08
    assert motion.parts < 0.3
    assert len(motion.warnings) == 1
    assert "moved by 2.0 (rows) and 1.5 (columns) pixels" in motion.warnings[0]
    assert "reconstructing with the shifts of its views makes up" in motion.warnings[0]


def test_a_sample_that_falls_over_is_told_from_one_that_drifts(sample):
    still = sample.at_rest(0)
    views = sample.views(HALF, at=lambda when: sample.moved(still, tilt=4.0 * when))
    motion = measure_motion_of(views, HALF, sample.center)
    assert abs(motion.rotation) == pytest.approx(4.0, abs=0.4)
    assert np.abs(motion.displacement).max() < 0.2
    assert any("turned by" in w and "shifts of views do not mend that" in w for w in motion.warnings)


def test_a_particle_that_moves_by_itself_is_seen_as_parts(sample):
    views = sample.views(HALF, at=lambda when: sample.lower + sample.moved(sample.upper, (1.5 * when, 2.0 * when, 0)))
    motion = measure_motion_of(views, HALF, sample.center)
    assert motion.parts > 0.7
    assert len(motion.warnings) >= 2


def test_a_wrong_axis_may_be_what_looks_like_motion_of_mirror_images(sample):
    motion = measure_motion_of(sample.views(HALF), HALF, sample.center + 1.0)
    assert motion.displacement[1] == pytest.approx(-2.0, abs=0.1)
    assert any("or the rotation axis is 1.0 pixels off" in w for w in motion.warnings)


def test_without_views_that_should_be_the_same_only_drift_is_told(sample):
    angles = np.linspace(-60, 60, 41)
    od = st.Scan.from_arrays([sample.views(angles)], [6500.0], angles, kind="optical_density")
    motion = st.measure_motion(od, center=sample.center)
    assert motion.compared == ""
    assert np.isnan(motion.displacement).all()
    assert np.isfinite(motion.drift).all()
    kept = json.loads(json.dumps(motion.to_plain(), allow_nan=False))
    assert kept["displacement"] == [None, None]
    assert kept["drift"] == pytest.approx(motion.drift, abs=1e-3)


def test_views_that_show_something_else_at_the_end_are_said(sample):
    views = sample.views(HALF)
    views[-20:] = np.random.default_rng(0).normal(0.3, 0.02, views[-20:].shape)
    known = find_jitter_of(views, HALF, sample.center, method="none")
    motion = measure_motion_of(views, HALF, sample.center, jitter=known)
    assert any("do not look alike" in w for w in motion.warnings)
    assert np.isnan(motion.displacement).all()


def test_real_views_of_a_sample_at_rest_do_not_move(data_folder):
    od = st.correct(st.read_scan(sorted((data_folder / "scan_dev").glob("*.h5"))[5]))
    motion = st.measure_motion(od, center=58.87)
    assert np.abs(motion.displacement).max() < 0.1
    assert motion.warnings == ()
