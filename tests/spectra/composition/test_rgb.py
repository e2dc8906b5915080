"""Compositions as pictures."""

import numpy as np
import pytest

from napari_spectrotomo.errors import ParameterError
from napari_spectrotomo.spectra import composition_rgb, fit_references_of

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)


def test_pure_voxels_have_the_pure_colours_and_unknown_ones_are_black():
    fractions = np.full((3, 2, 2, 1), np.nan)
    fractions[:, 0, 0, 0], fractions[:, 0, 1, 0], fractions[:, 1, 0, 0] = [1, 0, 0], [0, 2, 0], [1 / 3, 1 / 3, 1 / 3]
    picture = composition_rgb(fractions)
    assert picture.shape == (2, 2, 1, 3)
    assert picture.dtype == np.uint8
    assert picture[:, :, 0].tolist() == [[[255, 0, 255], [255, 255, 0]], [[170, 170, 170], [0, 0, 0]]]
    plain = composition_rgb(fractions, colors="red-green-blue")
    assert plain[:, :, 0].tolist() == [[[255, 0, 0], [0, 255, 0]], [[85, 85, 85], [0, 0, 0]]]


def test_of_many_references_three_are_chosen_by_number_or_name(references, mixed):
    found = fit_references_of(SCAN, mixed(np.array([[1.0, 0], [0, 0], [0, 1]])), references, e0=6550)
    np.testing.assert_array_equal(found.rgb(["high", "low"]), composition_rgb(found.fractions, [2, 0]))
    np.testing.assert_array_equal(found.rgb(), composition_rgb(found.fractions))
    with pytest.raises(ParameterError, match="no reference 'MnO'"):
        found.rgb(["MnO"])
    many = np.zeros((5, 2))
    assert composition_rgb(many, [4, 3, 1]).shape == (2, 3)
    for wrong in (None, [], [0, 1, 2, 3], [5], [0.5]):
        with pytest.raises(ParameterError):
            composition_rgb(many, wrong)
    with pytest.raises(ParameterError, match="choose one of"):
        composition_rgb(many, [0], colors="viridis")
