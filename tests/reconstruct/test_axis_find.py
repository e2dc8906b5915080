"""Methods that do not depend on each other find one axis, and what they say of their certainty is true."""

import json
import threading

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import AxisEstimate, find_axis
from napari_spectrotomo.reconstruct.axis.bands import bands_of
from napari_spectrotomo.reconstruct.axis.estimate import NOTHING, Found
from napari_spectrotomo.reconstruct.axis.shake import shake_of
from napari_spectrotomo.reconstruct.axis.vote import vote

HALF = np.arange(-90, 91, 2.0)
SHAPE = (48, 96)
IRREGULAR = np.random.default_rng(4).permutation(np.sort(np.random.default_rng(5).uniform(0, 182, 110)))


def test_a_view_in_which_the_sample_is_not_seen_leaves_the_others_sure(ellipsoid_views):
    views = ellipsoid_views(SHAPE, HALF, 52.3, noise=0.01)
    views[30] = 0.02 * views[60, :, ::-1] + np.random.default_rng(0).normal(0, 0.01, SHAPE)
    estimate = find_axis(views, HALF)
    assert estimate.center == pytest.approx(52.3, abs=0.05)
    assert estimate.confidence > 0.8
    assert estimate.methods["centre of mass"] == pytest.approx(52.3, abs=0.1)
    assert not any("off their place" in doubt for doubt in estimate.doubts)


@pytest.mark.parametrize(
    ("angles", "applies"),
    [
        (HALF, 4),
        (np.arange(0, 180, 1.0), 4),
        (np.arange(0, 180, 3.0), 4),
        (np.arange(0, 360, 3.0), 4),
        (np.arange(5, 230, 2.5), 4),
        (IRREGULAR, 3),
        (np.arange(-70, 71, 2.0), 2),
    ],
    ids=[
        "half turn",
        "stops at 179",
        "stops at 177",
        "whole turn",
        "odd span",
        "irregular, in any order",
        "wedge missing",
    ],
)
def test_the_axis_is_found_to_a_thirtieth_of_a_pixel_by_methods_that_agree(ellipsoid_views, angles, applies):
    estimate = find_axis(ellipsoid_views(SHAPE, angles, 52.3, noise=0.01), angles)
    assert estimate.center == pytest.approx(52.3, abs=0.033)
    found = np.array(list(estimate.methods.values()))
    assert np.isfinite(found).sum() >= applies
    np.testing.assert_allclose(found[np.isfinite(found)], 52.3, atol=0.15)
    assert estimate.uncertainty < 0.1
    assert estimate.confidence > (0.8 if applies > 2 else 0.6)
    assert estimate.doubts == ()


@pytest.mark.parametrize(
    ("center", "size", "cut"), [(71.4, 0.45, False), (23.6, 0.45, False), (71.4, 0.9, True), (49.0, 1.8, True)]
)
def test_an_axis_a_quarter_of_the_width_off_and_a_sample_cut_by_the_field_are_no_hindrance(
    ellipsoid_views, center, size, cut
):
    estimate = find_axis(ellipsoid_views(SHAPE, HALF, center, size=size, noise=0.01), HALF)
    assert estimate.center == pytest.approx(center, abs=0.04)
    assert estimate.confidence > 0.8
    assert np.isnan(estimate.methods["centre of mass"]) == cut  # what is cut has no centre of mass to see


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_the_stated_uncertainty_is_the_size_of_the_true_error(ellipsoid_views, noise):
    clean = ellipsoid_views(SHAPE, HALF, 45.7)
    rng = np.random.default_rng(1)
    found = [find_axis(clean + rng.normal(0, noise, clean.shape).astype(np.float32), HALF) for _ in range(6)]
    error = np.sqrt(np.mean([(f.center - 45.7) ** 2 for f in found]))
    assert 0.3 < error / np.mean([f.uncertainty for f in found]) < 3


def test_views_that_shake_make_the_axis_as_uncertain_as_they_do(ellipsoid_views):
    rng = np.random.default_rng(2)
    still = ellipsoid_views(SHAPE, HALF, 49.2, noise=0.01)
    shaken = np.stack([np.roll(view, round(by), axis=1) for view, by in zip(still, rng.normal(0, 1, 91), strict=True)])
    estimate = find_axis(shaken, HALF)
    assert any("Single views stand off their place by 1." in doubt for doubt in estimate.doubts)
    assert abs(estimate.center - 49.2) < 3 * estimate.uncertainty
    assert estimate.uncertainty > 3 * find_axis(still, HALF).uncertainty


@pytest.mark.parametrize(("size", "noise"), [(0.5, 0.01), (1.6, 0.05)], ids=["seen whole", "cut, noisy"])
def test_how_far_views_stand_off_their_place_is_told_before_they_are_aligned(ellipsoid_views, size, noise):
    rng = np.random.default_rng(3)
    for shake, close in ((0.0, 0.04), (0.3, 0.08), (1.0, 0.3)):
        off = rng.normal(0, shake, len(HALF)) if shake else np.zeros(len(HALF))
        views = [ellipsoid_views(SHAPE, [a], 49.2 + by, size=size) for a, by in zip(HALF, off, strict=True)]
        noisy = np.concatenate(views) + rng.normal(0, noise, (len(HALF), *SHAPE)).astype(np.float32)
        assert shake_of(bands_of(noisy, HALF)) == pytest.approx(shake, abs=close)


def test_one_wrong_method_is_left_out_with_a_doubt_that_names_it(ellipsoid_views):
    views = ellipsoid_views(SHAPE, HALF, 49.2, noise=0.01)
    views[-1] = np.roll(views[-1], 6, axis=1)  # the view opposite the first one; the others do not need it
    estimate = find_axis(views, HALF)
    assert estimate.center == pytest.approx(49.2, abs=0.15)
    assert abs(estimate.methods["opposite views"] - 49.2) > 2
    assert estimate.confidence < 0.7
    assert any("opposite views" in doubt for doubt in estimate.doubts)


def test_rows_in_which_nothing_is_seen_do_not_matter(ellipsoid_views):
    views = ellipsoid_views(SHAPE, HALF, 52.3, noise=0.01)
    views[:, 24:] = np.random.default_rng(0).normal(0, 0.01, views[:, 24:].shape)
    assert find_axis(views, HALF).center == pytest.approx(52.3, abs=0.04)


def test_pixels_without_a_value_do_not_matter(ellipsoid_views):
    views = ellipsoid_views(SHAPE, HALF, 52.3, noise=0.01)
    views[3, 7, 9], views[50, 20, 40] = np.nan, np.inf
    assert find_axis(views, HALF).center == pytest.approx(52.3, abs=0.04)


@pytest.mark.parametrize("views", [np.zeros((91, 20, 64)), np.random.default_rng(0).normal(0, 0.01, (91, 20, 64))])
def test_where_nothing_is_seen_there_is_no_axis_and_no_confidence(views):
    estimate = find_axis(views, HALF)
    assert np.isnan(estimate.center)
    assert estimate.confidence == 0
    assert "give its column" in " ".join(estimate.doubts)


def test_four_methods_agree_and_two_contradict_each_other():
    at = {name: Found(50 + 0.05 * k, 0.05) for k, name in enumerate(("a", "b", "c", "d"))}
    center, uncertainty, confidence, doubts = vote(at, 100)
    assert center == pytest.approx(50.075)
    assert 0.02 < uncertainty < 0.06
    assert confidence > 0.9
    assert doubts == ()
    two = {"a": Found(50.0, 0.05), "b": Found(61.0, 0.05), "c": NOTHING}
    assert vote(two, 100)[2] < 0.2
    assert "61.00" in vote(two, 100)[3][0] or "50.00" in vote(two, 100)[3][0]
    assert vote({"a": Found(50.0, 0.05)}, 100)[2] == pytest.approx(0.5, abs=0.02)


def test_a_method_that_is_unsure_neither_moves_the_axis_nor_spoils_the_confidence():
    sure = {"a": Found(50.0, 0.02), "b": Found(50.03, 0.02)}
    with_guess = vote(sure | {"c": Found(53.0, 1.5)}, 100)
    assert with_guess[0] == pytest.approx(50.015, abs=0.01)
    assert with_guess[2] > vote(sure, 100)[2] - 0.1
    assert np.isnan(vote({"c": Found(53.0, 30.0)}, 100)[0])


def test_methods_apart_by_more_than_they_say_are_less_sure_together():
    close, apart = (vote({"a": Found(50.0, 0.01), "b": Found(50.0 + gap, 0.01)}, 100)[1] for gap in (0.0, 0.3))
    assert apart > 5 * close


def test_an_estimate_comes_back_from_json_as_it_was(ellipsoid_views):
    angles = np.arange(-70, 71, 2.0)  # a missing wedge: some methods, and the tilt, are NaN
    estimate = find_axis(ellipsoid_views(SHAPE, angles, 50.0, noise=0.01), angles)
    text = json.dumps(estimate.to_plain(), allow_nan=False)
    assert repr(AxisEstimate.from_plain(json.loads(text))) == repr(estimate)


def test_the_search_stops_when_it_is_asked_to(ellipsoid_views):
    stop = threading.Event()
    stop.set()
    with pytest.raises(st.Aborted):
        find_axis(ellipsoid_views(SHAPE, HALF, 50.0), HALF, stop)


@pytest.mark.parametrize(
    ("path", "energy", "column"), [("dxchange_h5/tooth.h5", 30000.0, 296.0), ("tiff_tomo_savu24737", 53000.0, 86.0)]
)
def test_the_methods_agree_on_published_tomograms(data_folder, path, energy, column):
    od = st.correct(st.read_scan(data_folder / path, energies=[energy]))
    estimate = find_axis(np.asarray(od.projections[0]), od.angles[0])
    assert estimate.center == pytest.approx(column, abs=0.3)
    for method in ("opposite views", "Vo", "sharpness"):
        assert estimate.methods[method] == pytest.approx(column, abs=0.4)
    assert estimate.confidence > 0.5


@pytest.mark.parametrize("energy", [0, 15, 30])
def test_the_axes_of_a_measured_like_scan_are_true_to_a_twentieth_of_a_pixel(data_folder, energy):
    scan = st.read_scan(sorted((data_folder / "scan_dev").glob("*.h5"))[energy])
    assert st.find_center(st.correct(scan)) == pytest.approx(58.87, abs=0.05)


def test_a_simulated_scan_gives_its_axis_back():
    scan, _ = st.simulate_scan(rows=24, columns=48, energies=(6480.0, 6710.0))
    od = st.correct(scan)
    estimate = find_axis(np.asarray(od.projections[0]), od.angles[0])
    assert estimate.center == pytest.approx(23.5 + 2.3, abs=0.05)
    assert estimate.confidence > 0.8
