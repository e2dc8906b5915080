"""A series is judged by its own trend in the order of acquisition: what leaves it is tried again, and said."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register import RegisterParameters, Series, finish, register
from napari_spectrotomo.register.series.trend import apart, smoothed, trend_of

COUNT = 9
CENTER = np.full(3, 23.5)
RADIUS = 12.0
TIMES = np.arange(COUNT) * 120.0


def drift(turned, step):
    """A slow turn and shift that slows down; step 0 is the fixed energy."""
    return turned(CENTER, 0.8 * step - 0.03 * step**2, np.array([0.4, -0.3, 0.25]) * step - 0.02 * step**2)


@pytest.fixture(scope="module")
def truth(turned):
    return np.stack([drift(turned, COUNT - 1 - e) for e in range(COUNT)])


@pytest.fixture(scope="module")
def greys(body, truth):
    return np.stack([ndi.affine_transform(body, np.linalg.inv(matrix), order=3) for matrix in truth])


@pytest.fixture(scope="module")
def masks(greys):
    return greys > 0.4


@pytest.fixture(scope="module")
def registered(masks):
    return register(masks, energies=7000.0 + 10 * np.arange(COUNT))


def noisy(matrices, size, seed=0):
    rng = np.random.default_rng(seed)
    out = matrices.copy()
    out[:-1, :3, 3] += rng.normal(0, size, (len(matrices) - 1, 3))
    return out


def errors(matrices, truth):
    return np.array([apart(a, b, CENTER, RADIUS) for a, b in zip(matrices, truth, strict=True)])


def test_a_smooth_series_is_not_flagged(registered, truth):
    assert not registered.flagged
    assert (errors(registered.matrices, truth) < 0.15).all()
    trend = registered.quality["trend"]
    assert (trend < 0.25).all()


def test_the_trend_of_exact_transforms_is_where_they_lie(truth):
    trend = trend_of(truth, TIMES, CENTER, RADIUS)
    assert (trend.distance < 0.02).all()
    assert not any(trend.leaves(e) for e in range(COUNT))
    assert (errors(trend.predicted, truth) < 0.02).all()


def test_what_jumps_leaves_the_trend_and_only_that(truth):
    jumped = noisy(truth, 0.03)
    jumped[4, :3, 3] += (0.0, 1.0, 0.0)
    trend = trend_of(jumped, TIMES, CENTER, RADIUS)
    assert [e for e in range(COUNT) if trend.leaves(e)] == [4]
    assert trend.distance[4] == pytest.approx(1.0, abs=0.15)
    assert errors(trend.predicted, truth)[4] < 0.15


def test_the_order_of_acquisition_is_what_counts(truth):
    order = np.random.default_rng(1).permutation(COUNT)
    shuffled = truth[order]
    assert (trend_of(shuffled, TIMES[order], CENTER, RADIUS).distance < 0.02).all()
    assert trend_of(shuffled, TIMES, CENTER, RADIUS).distance.max() > 0.5


def test_what_failed_is_predicted_from_the_others(truth):
    broken = truth.copy()
    broken[3] = np.nan
    trend = trend_of(broken, TIMES, CENTER, RADIUS)
    assert np.isnan(trend.distance[3])
    assert not trend.leaves(3)
    assert errors(trend.predicted, truth)[3] < 0.02


def test_energies_taken_at_one_time_are_compared_with_their_mean(truth):
    still = noisy(np.tile(np.eye(4), (COUNT, 1, 1)), 0.03)
    still[4, :3, 3] += (0.0, 1.0, 0.0)
    trend = trend_of(still, np.zeros(COUNT), CENTER, RADIUS)
    assert trend.distance.argmax() == 4
    assert trend.leaves(4)


def test_of_few_energies_no_trend_is_told(truth):
    trend = trend_of(truth[:4], TIMES[:4], CENTER, RADIUS)
    assert np.isnan(trend.distance).all()
    assert not any(trend.leaves(e) for e in range(4))
    assert np.array_equal(smoothed(truth[:4], TIMES[:4], CENTER, RADIUS, np.full(4, 0.1)), truth[:4])


def test_smooth_transforms_are_nearer_to_the_truth(truth):
    ratios = []
    for seed in range(8):
        rough = noisy(truth, 0.1, seed)
        smooth = smoothed(rough, TIMES, CENTER, RADIUS, np.full(COUNT, 0.1))
        ratios.append(errors(smooth, truth)[:-1].mean() / errors(rough, truth)[:-1].mean())
    assert np.median(ratios) < 0.85


def test_smoothing_leaves_what_failed_and_what_is_fixed(masks, truth):
    broken = masks.copy()
    broken[3] = False
    found = register(broken, smooth="trend")
    assert np.isnan(found.matrices[3]).all()
    assert np.array_equal(found.matrices[-1], np.eye(4))
    others = [e for e in range(COUNT) if e != 3]
    assert (errors(found.matrices[others], truth[others]) < 0.15).all()
    assert found.quality["status"][3] == "failed"
    assert "empty" in found.quality["flag"][3]


def test_an_energy_with_another_picture_is_flagged_and_the_others_are_not(masks, turned, body):
    strange = masks.copy()
    strange[4] = ndi.shift(body, (0, 5.0, 3.0), order=1) > 0.4
    found = register(strange, energies=7000.0 + 10 * np.arange(COUNT))
    assert found.flagged == [4]
    assert "off the trend" in found.quality["flag"][4]
    assert "no better" in found.quality["flag"][4]
    assert found.quality["trend"][4] > 3


def test_an_energy_that_was_led_astray_is_found_again_from_the_trend(masks, truth):
    series = Series(masks, RegisterParameters())
    results = dict(series.steps())
    from dataclasses import replace

    good = results[4]
    lost = replace(good.whole, matrix=good.whole.matrix @ _shift((0, 6, -4)))
    results[4] = series.measured(replace(good, whole=lost), series.mask(4))
    said = []
    found = finish(series, results, said.append)
    assert errors(found.matrices, truth)[4] < 0.15
    assert len(said) == 1
    assert "registered again from another start" in said[0].message
    assert "voxel elsewhere" in found.quality["flag"][4]
    assert found.flagged == [4]


def test_an_energy_that_failed_is_tried_from_the_trend_and_found(masks, truth):
    from dataclasses import replace

    from napari_spectrotomo.register.pair import failure
    from napari_spectrotomo.register.series.found import UNKNOWN

    series = Series(masks, RegisterParameters())
    results = dict(series.steps())
    results[5] = series.measured(replace(results[5], whole=failure("It got lost.", UNKNOWN, 3)), series.mask(5))
    found = finish(series, results)
    assert errors(found.matrices, truth)[5] < 0.15
    assert found.quality["status"][5] == "converged"
    assert "could not be registered; registered again from another start it was found" in found.quality["flag"][5]


def test_energies_taken_in_any_order_start_from_their_neighbour_in_time(masks, truth):
    order = np.random.default_rng(1).permutation(COUNT)
    found = register(masks[order], times=TIMES[order], fixed=int(np.flatnonzero(order == COUNT - 1)[0]))
    assert (errors(found.matrices, truth[order]) < 0.15).all()
    assert not found.flagged
    with pytest.raises(RegistrationError, match="time is unknown"):
        register(masks, times=np.full(COUNT, np.nan))
    with pytest.raises(RegistrationError, match="2 times do not fit 9 masks"):
        register(masks, times=[1, 2])


def test_a_chain_of_neighbours_agrees_with_the_fixed_reference(masks, registered, truth):
    few = [0, 3, 6, 8]
    chain = register(masks[few], reference="chain")
    assert (errors(chain.matrices, registered.matrices[few]) < 0.15).all()
    assert chain.quality[["mse_fixed", "mse_chain"]].iloc[:-1].notna().all(axis=None)
    assert chain.quality["uncertainty"].is_monotonic_decreasing
    assert registered.quality[["mse_fixed", "mse_chain"]].isna().all(axis=None)


def test_a_chain_of_grey_neighbours_with_particles_finds_them(greys, truth):
    few = [0, 3, 6, 8]
    masks = greys[few] > 0.4
    found = register(masks, reference="chain", particles=masks[-1].astype(int), stack=greys[few])
    assert (errors(found.particle_matrices[1], truth[few]) < 0.05).all()


def _shift(by):
    out = np.eye(4)
    out[:3, 3] = by
    return out
