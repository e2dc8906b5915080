"""The conventional alignment: known shifts between energies come back, view by view."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
from scipy import ndimage as ndi

import napari_spectrotomo as st

AXIS = 33.8
ENERGIES = (6520.0, 6550.0, 6710.0)
MOVED = {0: (1.3, -2.6), 1: (-0.7, 3.2)}


@pytest.fixture(scope="module")
def still():
    """Optical density of a sample that does not move, no magnification."""
    scan, _ = st.simulate_scan(
        rows=48, columns=64, n_angles=7, energies=ENERGIES, tilt_degrees=0, drift=0, magnification=False, flat_drift=0
    )
    return st.correct(scan)


def with_views(od, views, **more):
    return replace(od, projections=tuple(da.from_array(v.astype(np.float32), chunks=v.shape) for v in views), **more)


@pytest.fixture(scope="module")
def moved(still):
    """Every view of the first two energies displaced by what grows with its number."""
    views = [np.asarray(p) for p in still.projections]
    truth = [np.zeros((7, 2)) for _ in views]
    for e, shift in MOVED.items():
        truth[e] = np.outer(np.linspace(0.5, 1.5, 7), shift)
        views[e] = np.stack([ndi.shift(v, s, order=3, mode="nearest") for v, s in zip(views[e], truth[e], strict=True)])
    return with_views(still, views), truth


@pytest.mark.parametrize(("method", "within"), [("phase", 0.15), ("masks", 0.3)])
def test_known_shifts_of_every_view_are_found(moved, method, within):
    od, truth = moved
    found = st.align_energies(od, method=method, magnification="none", center=AXIS)
    assert found.matrices is None
    assert [s.shape for s in found.shifts] == [(7, 2)] * 3
    assert np.array_equal(found.shifts[2], np.zeros((7, 2)))
    for e in MOVED:
        assert np.abs(found.shifts[e] - truth[e]).max() < within


def test_magnification_is_about_the_axis_and_no_shift():
    scan, _ = st.simulate_scan(
        rows=48, columns=64, n_angles=7, energies=ENERGIES, tilt_degrees=0, drift=0, axis_offset=2.3
    )
    od = st.correct(scan)
    found = st.align_energies(od, center=AXIS)
    assert found.center == AXIS
    assert found.magnification == pytest.approx(6710 / np.array(ENERGIES))
    assert np.abs(np.concatenate(found.shifts)).max() < 0.25
    beside = st.align_energies(od, center=AXIS - 20)
    growth = 20 * (1 - found.magnification)
    assert np.median(beside.shifts[0] - found.shifts[0], axis=0) == pytest.approx((0, growth[0]), abs=0.1)


def test_the_fixed_energy_may_be_any(moved):
    od, truth = moved
    found = st.align_energies(od, 0, magnification="none", center=AXIS)
    assert np.array_equal(found.shifts[0], np.zeros((7, 2)))
    assert np.abs(found.shifts[1] - (truth[1] - truth[0])).max() < 0.3


def test_a_pattern_that_does_not_move_locks_phase_correlation_and_is_told(moved):
    od, _ = moved
    rng = np.random.default_rng(0)
    pattern = rng.normal(0, 0.25, od.projections[0].shape[1:])
    views = [np.asarray(p) + pattern for p in od.projections]
    locked = st.align_energies(with_views(od, views), magnification="none", center=AXIS)
    assert np.abs(locked.shifts[0]).max() < 0.1
    assert any("locked on a pattern" in doubt and "6520" in doubt for doubt in locked.doubts)


def test_views_without_a_partner_at_their_angle_are_told(moved):
    od, _ = moved
    turned = replace(od, angles=(od.angles[0] + 0.4, *od.angles[1:]))
    assert any(
        "by up to 0.40°" in doubt for doubt in st.align_energies(turned, magnification="none", center=AXIS).doubts
    )


def test_an_empty_view_has_no_shift_by_masks_and_is_told(moved):
    od, _ = moved
    views = [np.array(p) for p in od.projections]
    views[0][3] = 0
    found = st.align_energies(with_views(od, views), method="masks", magnification="none", center=AXIS)
    assert np.isnan(found.shifts[0][3]).all()
    assert np.isfinite(np.delete(found.shifts[0], 3, axis=0)).all()
    assert np.isfinite(found.shifts_for_reconstruction()[0]).all()
    assert any("6520 eV at 0°" in doubt for doubt in found.doubts)


@pytest.fixture(scope="module")
def planar(still):
    """One view an energy: the first image turned by 2°, 1 % larger, displaced."""
    view = np.asarray(still.projections[2][3])
    middle = (np.array(view.shape) - 1) / 2
    turn = np.deg2rad(2.0)
    linear = 1.01 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, middle - linear @ middle + (1.6, -2.2)
    pull = np.linalg.inv(matrix)
    first = 0.7 * ndi.affine_transform(view, pull[:2, :2], pull[:2, 2], order=3)
    od = st.Scan.from_arrays([first[None], view[None]], [6520, 6710], [0.0], kind="optical_density")
    return od, matrix


def test_masks_of_a_2d_scan_tell_rotation_and_size_too(planar):
    od, truth = planar
    found = st.align_energies(od, method="masks")
    assert np.array_equal(found.matrices[1], np.eye(3))
    corners = np.array([[8, 10, 1], [8, 50, 1], [40, 10, 1], [40, 50, 1.0]])
    assert np.abs(corners @ (found.matrices[0] - truth).T).max() < 0.8
    assert found.shifts[0][0] == pytest.approx((1.6, -2.2), abs=0.3)


def test_phase_correlation_of_a_2d_scan_shifts_what_the_rule_magnifies(planar):
    od, _ = planar
    found = st.align_energies(od)
    ratio = 6710 / 6520
    assert found.matrices[0][:2, :2] == pytest.approx(ratio * np.eye(2))
    middle = (np.array(od.projections[0].shape[1:]) - 1) / 2
    assert found.matrices[0][:2, :2] @ middle + found.matrices[0][:2, 2] == pytest.approx(middle + found.shifts[0][0])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"method": "ants"}, "'phase' or 'masks'"),
        ({"transform": "deformable"}, "'affine', not 'deformable'"),
        ({"fixed": 7}, "no energy 7"),
    ],
)
def test_what_cannot_be_is_refused(moved, values, words):
    with pytest.raises(st.ParameterError, match=words):
        st.align_energies(moved[0], **values)


def test_one_energy_and_counts_are_refused(moved):
    od, _ = moved
    with pytest.raises(st.DataError, match="only one energy"):
        st.align_energies(od.select([0]))
    with pytest.raises(st.DataError, match="correct the scan first"):
        st.align_energies(replace(od, kind="transmission"))
