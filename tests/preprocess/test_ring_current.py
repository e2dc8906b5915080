"""A beam that decays leaves no trace where the ring current is known, and is never guessed where it is not."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import CorrectParameters, correct_tomogram

SHAPE = (6, 7)
CURRENT = np.linspace(100.0, 60.0, 12)
FLAT_CURRENT = np.array([101.0, 100.5, 59.0, 58.5])


def decaying_scan(**more) -> st.Scan:
    """A scan of optical density 0.5 on a beam that decays, with flats before and after on a dark of 10."""
    counts = 10 + 40 * CURRENT[:, None, None] * np.full(SHAPE, np.exp(-0.5))
    flats = 10 + 40 * FLAT_CURRENT[:, None, None] * np.ones(SHAPE)
    given = {"current": [CURRENT], "flat_current": [FLAT_CURRENT]} | more
    return st.Scan.from_arrays([counts], [6700.0], np.arange(12) * 15.0, [flats], [np.full((2, *SHAPE), 10.0)], **given)


@pytest.mark.parametrize("positions", [None, [[0, 0, 12, 12]]])
def test_a_beam_that_decays_leaves_no_trace_where_its_current_is_known(positions):
    result = correct_tomogram(decaying_scan(flat_positions=positions), 0)
    np.testing.assert_allclose(result.optical_density, 0.5, atol=1e-5)
    assert any("divided by the ring current" in w for w in result.warnings)
    assert any("ring current" in w for w in st.correct(decaying_scan()).metadata["warnings"])


def test_the_ring_current_is_left_alone_on_request():
    result = correct_tomogram(decaying_scan(), 0, CorrectParameters(ring_current=False))
    assert np.ptp(result.optical_density) > 0.3
    assert not any("ring current" in w for w in result.warnings)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"flat_current": None}, "known of projections but not of flats"),
        ({"current": None}, "known of flats but not of projections"),
        ({"current": [np.where(np.arange(12) == 3, 0, CURRENT)]}, "missing of 1 projections"),
        ({"flat_current": [[101, np.nan, np.nan, 58.5]]}, "missing of 2 flats"),
    ],
)
def test_a_current_that_is_not_known_of_every_frame_is_not_used(more, words):
    result = correct_tomogram(decaying_scan(**more), 0)
    plain = correct_tomogram(decaying_scan(current=None, flat_current=None), 0)
    np.testing.assert_array_equal(result.optical_density, plain.optical_density)
    assert any(words in w for w in result.warnings)
