"""Binned images are averages of transmission, and where a point lies in them is known."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import CorrectParameters, correct_tomogram
from napari_spectrotomo.preprocess.binning import binned_column, corrected_layout


def scan_of(density) -> st.Scan:
    flats = [np.full((3, *density.shape[1:]), 4000.0)]
    return st.Scan.from_arrays(
        [4000 * np.exp(-density)], [6700.0], np.arange(len(density)) * 9.0, flats, pixel_size=20.0
    )


@pytest.mark.parametrize("binning", [2, 3])
def test_pixels_are_averaged_as_transmission_about_the_middle(binning):
    rng = np.random.default_rng(0)
    density = 0.5 + 0.1 * rng.random((4, 13, 17))
    od = st.correct(scan_of(density), binning=binning, zinger_threshold=None)
    rows, columns = 13 // binning, 17 // binning
    top, left = 13 % binning // 2, 17 % binning // 2
    cut = np.exp(-density)[:, top : top + rows * binning, left : left + columns * binning]
    expected = -np.log(cut.reshape(4, rows, binning, columns, binning).mean((2, 4)))
    np.testing.assert_allclose(od.projections[0].compute(), expected, atol=1e-5)
    assert od.pixel_size.tolist() == [20.0 * binning]
    layout = corrected_layout(scan_of(density), CorrectParameters(binning=binning))
    assert (layout[0], layout[1], layout[2].tolist()) == (rows, columns, [20.0 * binning])
    assert correct_tomogram(scan_of(density), 0, CorrectParameters(binning=binning)).optical_density.shape[1:] == (
        rows,
        columns,
    )


@pytest.mark.parametrize("binning", [1, 2, 3, 4])
@pytest.mark.parametrize("columns", [64, 65, 67])
def test_a_columns_place_in_binned_images_is_known(columns, binning):
    where = 29.3
    profile = np.exp(-0.5 * ((np.arange(columns) - where) / 6) ** 2)
    od = correct_tomogram(scan_of(np.tile(0.01 * profile, (2, 12, 1))), 0, CorrectParameters(binning=binning))
    row = od.optical_density[0, 1]
    found = (row * np.arange(len(row))).sum() / row.sum()
    assert found == pytest.approx(binned_column(where, columns, binning), abs=0.05)


def test_images_smaller_than_a_bin_are_refused():
    with pytest.raises(st.ParameterError, match="cannot be binned by 9"):
        st.correct(scan_of(np.zeros((2, 8, 20))), binning=9)
