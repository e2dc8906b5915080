"""Colours of maps: which can be told apart, between which values they run, and what is left out of what is shown."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.edge_map.seen import Look, see
from napari_spectrotomo._napari.layers.map_colors import (
    DIVERGING,
    MAP_COLORS,
    SEQUENTIAL,
    is_diverging,
    label_colors,
    map_colormap,
    map_limits,
)
from napari_spectrotomo._napari.plot import COLORS
from napari_spectrotomo._napari.readable import color_of

pytestmark = pytest.mark.viewer
_EVERY = np.linspace(0, 1, 65)


def lightness(name):
    red, green, blue = map_colormap(name).map(_EVERY)[:, :3].T
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_colours_rise_in_lightness_all_the_way(name):
    assert (np.diff(lightness(name)) > -1e-3).all()
    assert not is_diverging(name)


@pytest.mark.parametrize("name", DIVERGING)
def test_diverging_colours_are_white_in_the_middle_and_fall_to_both_sides_alike(name):
    light = lightness(name)
    half = len(light) // 2
    assert light[half] > 0.9
    assert (np.diff(light[: half + 1]) > 0).all()
    assert (np.diff(light[half:]) < 0).all()
    assert light[0] == pytest.approx(light[-1], abs=0.06)
    assert min(light[0], light[-1]) > 0.04, "the ends are seen on a black canvas"


def test_what_is_unknown_has_no_colour():
    assert all(map_colormap(name).map(np.array([np.nan]))[0, 3] == 0 for name in MAP_COLORS)


def test_particles_have_the_colours_of_their_curves_also_beyond_the_last_colour():
    shown = label_colors().map(np.arange(len(COLORS) + 2))
    wanted = [COLORS[0], COLORS[-1], COLORS[0]]
    assert shown[0, 3] == 0
    for at, color in zip((1, len(COLORS), len(COLORS) + 1), wanted, strict=True):
        np.testing.assert_allclose(shown[at, :3], color_of(color).getRgbF()[:3], atol=0.005)


def test_limits_are_percentiles_and_as_far_from_a_middle_to_both_sides():
    values = np.append(np.arange(101.0), np.nan)
    assert map_limits(values, 10, 80) == pytest.approx((10, 80))
    assert map_limits(values, 10, 80, middle=50) == pytest.approx((10, 90))
    assert map_limits(np.full(3, np.nan), 2, 98) == (0, 1)


@pytest.fixture
def whole():
    rng = np.random.default_rng(0)
    step = rng.uniform(0, 1, (4, 30, 30)).astype(np.float32)
    energy = (6550 + rng.normal(0, 1, step.shape)).astype(np.float32)
    energy[0] = np.nan
    return {"edge energy": energy, "edge error": np.full_like(energy, 0.2), "edge step": step}


def test_weak_edge_steps_are_left_out_of_what_is_shown_and_nothing_else_is(whole):
    labels = np.ones(whole["edge step"].shape, int)
    labels[2:] = 2
    before = {role: values.copy() for role, values in whole.items()}
    seen = see(whole, labels, Look(least=0.75))
    weak = whole["edge step"] < 0.75
    assert np.isnan(seen.maps["edge energy"][weak]).all()
    np.testing.assert_array_equal(seen.maps["edge energy"][~weak], whole["edge energy"][~weak])
    assert np.isnan(seen.maps["edge error"][weak]).all()
    assert seen.kept == pytest.approx(0.25, abs=0.03)
    assert [curve.name for curve in seen.curves] == ["particle 1", "particle 2"]
    for role, values in whole.items():
        np.testing.assert_array_equal(values, before[role])


def test_without_a_least_step_the_maps_are_not_copied(whole):
    seen = see(whole, np.ones(whole["edge step"].shape, int), Look())
    assert all(seen.maps[role] is values for role, values in whole.items())
    assert seen.kept == 1
    assert seen.middle is None


def test_diverging_colours_are_white_at_the_median_or_at_the_energy_asked_for(whole):
    labels = np.ones(whole["edge step"].shape, int)
    by_median = see(whole, labels, Look(colors="blue-orange"))
    assert by_median.middle == pytest.approx(np.nanmedian(whole["edge energy"]))
    chosen = see(whole, labels, Look(colors="blue-orange", middle=6551.0))
    assert sum(chosen.limits["edge energy"]) / 2 == pytest.approx(6551.0)
    assert chosen.limits["edge error"] == by_median.limits["edge error"]


def test_when_everything_is_left_out_nothing_is_shown_and_nothing_fails(whole):
    seen = see(whole, np.ones(whole["edge step"].shape, int), Look(least=2.0, colors="blue-orange"))
    assert seen.kept == 0
    assert seen.curves == []
    assert np.isnan(seen.maps["edge energy"]).all()
