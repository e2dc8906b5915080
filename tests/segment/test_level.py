"""Thresholds moved at all energies alike, or set by hand at one; energies whose masks stand out."""

import dask.array as da
import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import ParameterError
from napari_spectrotomo.segment import (
    BinarizeParameters,
    binarize,
    binarize_volume,
    mask_above,
    moved,
    own_threshold,
    shift_of,
    smoothed_volume,
    unknown_energies,
    unlike_neighbours,
    with_threshold,
)


@pytest.fixture(scope="module")
def ball():
    z, y, x = np.mgrid[:24, :24, :24] - 11.5
    return ndi.gaussian_filter((z**2 + y**2 + x**2 < 81).astype(float), 0.5)


def test_a_shift_means_the_same_at_every_grey_scale(ball):
    parameters = BinarizeParameters(shift=-0.2, sigma=0.5)
    first = binarize_volume(ball, parameters)
    second = binarize_volume(7 * ball + 3, parameters)
    assert first.threshold == pytest.approx(0.3, abs=0.05), "0.2 of the step from 0 to 1 below the half height"
    assert second.threshold == pytest.approx(7 * first.threshold + 3, rel=1e-3)
    np.testing.assert_array_equal(first.mask, second.mask)
    assert first.mask.sum() > binarize_volume(ball, BinarizeParameters(sigma=0.5)).mask.sum()


@pytest.mark.parametrize("method", ["auto", "otsu", "li"])
def test_the_shift_of_a_level_moves_the_threshold_there(ball, method):
    found = smoothed_volume(ball, BinarizeParameters(method=method)).found
    assert moved(found, shift_of(found, 0.37)) == pytest.approx(0.37)
    assert moved(found, 0.0) == found.value


def test_a_level_by_hand_is_taken_as_it_is(ball):
    found = binarize_volume(ball, BinarizeParameters(shift=0.3, min_size=0), threshold=0.8)
    assert found.threshold == 0.8
    grey = smoothed_volume(ball, BinarizeParameters()).grey
    np.testing.assert_array_equal(found.mask, grey > 0.8)


def test_what_a_panel_shows_while_the_line_moves_is_what_the_stage_makes(ball):
    parameters = BinarizeParameters(field="circle", region=((2, 2), (2, 22), (22, 12)), region_z=(4, 20), min_size=0)
    smoothed = smoothed_volume(ball, parameters)
    np.testing.assert_array_equal(smoothed.above(0.4), mask_above(smoothed, 0.4, parameters).mask)
    for z in (3, 4, 12):
        np.testing.assert_array_equal(smoothed.above(0.4, z), smoothed.above(0.4)[z])
        np.testing.assert_array_equal(smoothed.above(0.4, slice(z, z + 2)), smoothed.above(0.4)[z : z + 2])


def test_one_energy_of_a_stack_takes_the_level_named_for_it(ball):
    stack = EnergyStack(da.from_array(np.stack([ball, ball, ball]), chunks=(1, 24, 24, 24)), [7000.0, 7010.0, 7020.0])
    plain, own = (np.asarray(binarize(stack, thresholds=t)) for t in (None, [[7010.02, 0.7]]))
    assert own[1].sum() < plain[1].sum()
    np.testing.assert_array_equal(own[[0, 2]], plain[[0, 2]])
    with pytest.raises(ParameterError, match="give an EnergyStack"):
        binarize(stack.data, thresholds=[[7010.0, 0.7]])
    with pytest.raises(ParameterError, match=r"binarize\.thresholds"):
        binarize(stack, thresholds=[[7010.0, 0.7, 3.0]])


def test_own_thresholds_are_set_replaced_and_taken_back():
    one = BinarizeParameters(thresholds=with_threshold(BinarizeParameters(), 7010.0, 0.5))
    assert own_threshold(one, 7010.0) == 0.5
    assert own_threshold(one, 7011.0) is None
    two = BinarizeParameters(thresholds=with_threshold(one, 7000.0, 0.4))
    assert two.thresholds == ((7000.0, 0.4), (7010.0, 0.5))
    assert with_threshold(two, 7000.0, 0.3) == ((7000.0, 0.3), (7010.0, 0.5))
    assert with_threshold(one, 7010.0, None) is None
    assert unknown_energies(two, [7010.0]) == [7000.0]


def test_a_mask_that_grows_where_its_neighbours_do_not_is_odd():
    rng = np.random.default_rng(0)
    sizes = 1000 + np.arange(31) + rng.normal(0, 2, 31)
    assert np.isnan(unlike_neighbours(sizes)).all(), "a trend is none"
    sizes[12] *= 1.2
    sizes[30] *= 0.7
    found = unlike_neighbours(sizes)
    assert np.flatnonzero(np.isfinite(found)).tolist() == [12, 30]
    np.testing.assert_allclose(found[[12, 30]], [0.2, -0.3], atol=0.02)
    sizes[3] = np.nan
    assert np.flatnonzero(np.isfinite(unlike_neighbours(sizes))).tolist() == [12, 30], "what is unknown tells nothing"
    assert np.isnan(unlike_neighbours([5, 500])).all(), "two have no neighbours to tell which is right"
    assert np.isnan(unlike_neighbours([0, 0, 7, 0, 0])).all()
