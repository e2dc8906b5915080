"""Jitter that was put in comes out, and nothing comes out where none was put in."""

import json
import threading

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.align import find_jitter_of
from napari_spectrotomo.align.gauge import axis_shift, without_position

HALF = np.linspace(-90, 90, 49)
WEDGE = np.linspace(-60, 60, 33)
FULL = np.linspace(0, 354, 60)


def observable(shifts, angles):
    """What of the shifts is neither the sample's place nor the axis'."""
    return without_position(shifts - [0.0, axis_shift(shifts, angles)], angles)


def apart(found, put_in, angles):
    return np.sqrt(np.mean((found.shifts - observable(put_in, angles)) ** 2, axis=0))


def random_shifts(angles, size):
    return size * np.random.default_rng(3).standard_normal((len(angles), 2))


@pytest.fixture(scope="module")
def still(sample):
    return sample.views(HALF)


@pytest.mark.parametrize("angles", [HALF, WEDGE, FULL], ids=["half", "wedge", "full"])
def test_a_tomogram_without_jitter_is_left_alone(sample, angles):
    found = find_jitter_of(sample.views(angles), angles, sample.center)
    assert not found.applied
    assert found.used is None
    assert found.center == sample.center
    assert found.size.max() < 0.05


@pytest.mark.parametrize("shape", [(31, 24, 32), (31, 1, 32)])
def test_noise_is_not_moved_to_where_it_is_like_itself(shape):
    views = np.random.default_rng(0).normal(0, 0.02, shape).astype(np.float32)
    found = find_jitter_of(views, np.linspace(-90, 90, shape[0]), 17.8)
    assert found.size.max() > 0.4
    assert not found.applied
    assert any("than chance explains" in doubt for doubt in found.doubts)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_views_that_show_nothing_are_left_alone_quietly():
    found = find_jitter_of(np.zeros((31, 24, 32), np.float32), np.linspace(-90, 90, 31), 16.0)
    assert not found.applied
    assert np.isnan(found.uncertainty).all()


DRIFT = np.column_stack([np.linspace(-1.5, 1.5, 49), np.linspace(0, 2, 49)])
JUMP = np.array([[0.8, -1.5]]) * (np.arange(49) > 32)[:, None]


@pytest.mark.parametrize(
    ("angles", "shifts"),
    [
        (HALF, random_shifts(HALF, 0.3)),
        (HALF, random_shifts(HALF, 3.0)),
        (HALF, DRIFT),
        (HALF, JUMP),
        (WEDGE, random_shifts(WEDGE, 1.0)),
        (FULL, random_shifts(FULL, 1.0)),
    ],
    ids=["0.3 pixels", "3 pixels", "drift", "jump", "wedge", "full turn"],
)
def test_jitter_that_was_put_in_is_found(sample, angles, shifts):
    found = find_jitter_of(sample.views(angles, shifts), angles, sample.center)
    assert found.applied
    assert apart(found, shifts, angles).max() < 0.1
    assert found.residual_after < 0.7 * found.residual_before
    if angles is not WEDGE:  # where it moves the axis, and the sample along it, in much the same way
        assert found.center == pytest.approx(sample.center + axis_shift(shifts, angles), abs=0.05)


def test_the_uncertainty_is_that_of_the_shifts(sample):
    shifts = random_shifts(HALF, 0.5)
    found = find_jitter_of(sample.views(HALF, shifts, photons=500.0), HALF, sample.center)
    ratio = apart(found, shifts, HALF) / found.uncertainty
    assert (ratio > 0.4).all()
    assert (ratio < 2.5).all()


def test_a_sample_cut_by_the_field_is_said_and_found_all_the_same(sample):
    shifts, cut = random_shifts(HALF, 2.0), 9
    views = sample.views(HALF, shifts)[:, :, cut:-cut]
    found = find_jitter_of(views, HALF, sample.center - cut)
    assert apart(found, shifts, HALF).max() < 0.15
    assert any("reaches over the left or right edge" in d for d in found.doubts)


def test_a_wrong_axis_is_no_jitter_but_is_said(sample, still):
    found = find_jitter_of(still, HALF, sample.center + 1.0)
    assert not found.applied
    assert found.size.max() < 0.05
    assert any("1.0 pixels to the left" in d for d in found.doubts)


def test_a_hidden_view_is_named_and_does_not_harm_the_others(sample):
    shifts = random_shifts(HALF, 0.5)
    views = sample.views(HALF, shifts)
    views[20] = np.random.default_rng(0).normal(0.5, 0.01, views[20].shape)
    found = find_jitter_of(views, HALF, sample.center)
    others = np.arange(len(HALF)) != 20
    assert any("20 (-15°)" in d for d in found.doubts)
    assert (found.shifts[20] == 0).all()
    assert np.abs(found.shifts - observable(shifts, HALF))[others].max() < 0.2


def test_rows_too_few_tell_columns_only(sample):
    shifts = random_shifts(HALF, 1.0) * [0, 1]
    found = find_jitter_of(sample.views(HALF, shifts)[:, 34:37], HALF, sample.center)
    assert apart(found, shifts, HALF)[1] < 0.1
    assert (found.shifts[:, 0] == 0).all()
    assert np.isnan(found.uncertainty[0])
    assert any("3 rows are too few" in d for d in found.doubts)


def test_a_tilted_axis_turns_the_shifts_with_it(sample):
    from scipy import ndimage as ndi

    shifts, tilt = random_shifts(HALF, 1.0), 10.0
    t = np.deg2rad(tilt)
    turn = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    pivot = np.array([(sample.size - 1) / 2, sample.center])
    upright = sample.views(HALF, shifts)
    leaning = np.array([ndi.affine_transform(v, turn.T, pivot - turn.T @ pivot, mode="nearest") for v in upright])
    found = find_jitter_of(leaning, HALF, sample.center, tilt=tilt)
    put_in = observable(shifts, HALF) @ turn.T
    assert np.sqrt(np.mean((found.shifts - put_in) ** 2)) < 0.15


def test_methods_apply_always_by_merit_or_never(sample, still):
    od = st.Scan.from_arrays([still], [6500.0], HALF, kind="optical_density")
    assert st.find_jitter(od, center=sample.center, jitter="reprojection").applied
    assert not st.find_jitter(od).applied
    nothing = st.find_jitter(od, center=sample.center, jitter="none")
    assert not nothing.applied
    assert not nothing.shifts.any()
    with pytest.raises(st.ParameterError, match=r"align\.jitter cannot be 'common'"):
        st.find_jitter(od, jitter="common")


def test_a_record_of_jitter_goes_through_json(sample, still):
    found = find_jitter_of(still, HALF, sample.center)
    kept = json.loads(json.dumps(found.to_plain(), allow_nan=False))
    assert np.allclose(kept["shifts"], found.shifts, atol=1e-4)
    assert kept["applied"] is False
    assert json.dumps(find_jitter_of(still, HALF, 20.0, method="none").to_plain(), allow_nan=False)


def test_finding_jitter_stops_on_request_and_reports(sample, still):
    reports = []
    find_jitter_of(still, HALF, sample.center, method="reprojection", progress=reports.append)
    assert [(r.stage, r.done, r.total) for r in reports] == [("align", 1, 2), ("align", 2, 2)]
    stop = threading.Event()
    stop.set()
    with pytest.raises(st.Aborted):
        find_jitter_of(still, HALF, sample.center, abort=stop)


def test_real_views_at_one_place_are_left_there_and_displaced_ones_are_found(data_folder):
    from scipy import ndimage as ndi

    scan = st.read_scan(sorted((data_folder / "scan_dev").glob("*.h5"))[20])
    od = st.correct(scan)
    views, angles = np.asarray(od.projections[0]), od.angles[0]
    at_rest = find_jitter_of(views, angles, 58.87)
    assert not at_rest.applied
    assert at_rest.size.max() < 0.02
    shifts = random_shifts(angles, 1.5)
    displaced = np.array([ndi.shift(v, s, order=3, mode="nearest") for v, s in zip(views, shifts, strict=True)])
    found = find_jitter_of(displaced, angles, 58.87)
    assert found.applied
    assert apart(found, shifts, angles).max() < 0.05


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("counts", {}, "takes optical density, not counts"),
        ("optical_density", {"energy_index": 3}, "no energy with index 3"),
        ("optical_density", {"energy_index": "last"}, "a whole number; found 'last'"),
        ("optical_density", {"center": "middle"}, "a number; found 'middle'"),
        ("optical_density", {"center": float("nan")}, "a number; found nan"),
        ("optical_density", {"center": 300.0}, "not on the detector"),
    ],
)
@pytest.mark.parametrize("what", [st.find_jitter, st.measure_motion])
def test_what_cannot_be_aligned_is_said(still, kind, arguments, words, what):
    od = st.Scan.from_arrays([still], [6500.0], HALF, kind=kind)
    with pytest.raises(st.ReconstructionError, match=words):
        what(od, **arguments)


@pytest.mark.parametrize("what", [st.find_jitter, st.measure_motion])
def test_scans_without_a_tomogram_are_refused(still, what):
    with pytest.raises(st.DataError, match="Scan"):
        what(still)
    few = st.Scan.from_arrays([still[:3]], [6500.0], HALF[:3], kind="optical_density")
    with pytest.raises(st.ReconstructionError, match="3 different views"):
        what(few, center=20.0)
    holes = still.copy()
    holes[3, 4, 5] = np.nan
    od = st.Scan.from_arrays([holes], [6500.0], HALF, kind="optical_density")
    with pytest.raises(st.ReconstructionError, match="are no numbers"):
        what(od, center=20.0)
