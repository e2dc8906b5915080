"""Lines from edge energy to valence, where the truth is known."""

import numpy as np
import pytest
from scipy.stats import linregress, t

from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.spectra import calibrate_valence

ENERGIES = np.array([6544.0, 6546.0, 6549.5, 6552.0])
VALENCES = np.array([2.0, 8 / 3, 3.0, 4.0])


def test_standards_on_a_line_give_that_line_exactly():
    line = calibrate_valence(ENERGIES, 2 + 0.25 * (ENERGIES - 6544))
    np.testing.assert_allclose(line.valence([6544, 6552, 6560]), [2, 4, 6], atol=1e-9)
    np.testing.assert_allclose(line.energy([2, 4]), [6544, 6552], atol=1e-7)
    assert line.slope == pytest.approx(0.25)
    assert line.scatter == pytest.approx(0, abs=1e-9)
    assert line.range_valence == (2.0, 4.0)
    assert line.warnings == ()


def test_slope_errors_and_bands_are_those_of_the_textbook():
    line, peer = calibrate_valence(ENERGIES, VALENCES), linregress(ENERGIES, VALENCES)
    assert line.slope == pytest.approx(peer.slope)
    assert np.sqrt(line.covariance[1, 1]) == pytest.approx(peer.stderr)
    assert line.r2 == pytest.approx(peer.rvalue**2)
    at = 6548.0
    apart = (at - ENERGIES.mean()) ** 2 / ((ENERGIES - ENERGIES.mean()) ** 2).sum()
    for scatter, own in ((True, 1.0), (False, 0.0)):
        low, high = line.band(at, 0.95, scatter=scatter)
        half = t.ppf(0.975, 2) * line.scatter * np.sqrt(own + 1 / 4 + apart)
        assert high - line.valence(at) == pytest.approx(half)
        assert line.valence(at) - low == pytest.approx(half)


def test_a_standard_counts_by_its_own_error():
    wrong = VALENCES + np.array([0, 0, 0, 2.0])
    line = calibrate_valence(ENERGIES, wrong, errors=[0.1, 0.1, 0.1, 100.0])
    peer = linregress(ENERGIES[:3], VALENCES[:3])
    assert line.slope == pytest.approx(peer.slope, rel=1e-3)
    assert line.valence(6548.0) == pytest.approx(peer.intercept + peer.slope * 6548.0, abs=1e-3)


def test_errors_larger_than_the_scatter_set_the_covariance():
    on_line = 2 + 0.25 * (ENERGIES - 6544)
    line = calibrate_valence(ENERGIES, on_line, errors=np.full(4, 0.4))
    assert np.sqrt(line.covariance[0, 0]) == pytest.approx(0.25 * 0.4 / 2)


def test_two_standards_say_nothing_of_the_scatter_about_the_line():
    line = calibrate_valence([6544, 6552], [2, 4])
    assert np.isnan(line.scatter)
    assert np.isnan(line.band(6548.0)).all()
    assert "is unknown" in line.warnings[0]
    given = calibrate_valence([6544, 6552], [2, 4], errors=[0.2, 0.2])
    low, high = given.band(6544.0, 0.6826895)
    assert (high - low) / 2 == pytest.approx(0.25 * 0.2, rel=1e-5)
    assert "only the errors given" in given.warnings[0]


def test_edge_energies_that_do_not_rise_with_valence_are_a_doubt():
    line = calibrate_valence([6544.0, 6546.3, 6552.7, 6551.7], VALENCES, names=["MnO", "Mn3O4", "Mn2O3", "MnO2"])
    assert any("MnO2 (4.00) at 6551.70 eV, not above Mn2O3 (3.00)" in w for w in line.warnings)
    assert not calibrate_valence(ENERGIES, VALENCES).warnings


def test_standards_far_from_any_line_are_a_doubt():
    bent = calibrate_valence([6540, 6549, 6550, 6551], [2, 2.6, 3, 4])
    assert any("do not lie on a line" in w for w in bent.warnings)


@pytest.mark.parametrize(
    ("energies", "valences", "more", "said"),
    [
        ([6544], [2], {}, "two standards"),
        ([6544, 6550], [2, 3, 4], {}, "do not fit"),
        ([6544, np.nan], [2, 3], {"names": ["MnO", "MnO2"]}, "MnO2 has no edge energy"),
        ([6544, 6544], [2, 3], {}, "same edge energy"),
        ([6544, 6550], [3, 3], {}, "same valence"),
        ([6544, 6550], [2, 3], {"errors": [0.1, 0.0]}, "positive number"),
        ([6544, 6550], [2, 3], {"names": ["MnO"]}, "names do not fit"),
        ([6.544, 6.55], [2, 3], {}, "look like keV"),
    ],
)
def test_standards_that_make_no_line_are_refused(energies, valences, more, said):
    with pytest.raises(DataError, match=said):
        calibrate_valence(energies, valences, **more)


def test_valences_are_read_off_numbers():
    with pytest.raises(DataError, match="must be numbers"):
        calibrate_valence(ENERGIES, VALENCES).valence("Mn2O3")


def test_a_band_has_a_level_between_0_and_1():
    with pytest.raises(ParameterError, match="between 0 and 1"):
        calibrate_valence(ENERGIES, VALENCES).band(6548.0, 68)
