"""Valence maps of edge energies whose valence is known."""

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError
from napari_spectrotomo.spectra import EdgeMap, calibrate_valence, valence_map


def edge_map(energy, error=0.2, e0=6550.0, method="half-height"):
    energy = np.asarray(energy, np.float32)
    return EdgeMap(energy, np.ones_like(energy), np.full_like(energy, error), e0, method)


def test_a_voxel_has_the_valence_of_the_line_and_both_errors_apart_and_together():
    line = calibrate_valence([6544.0, 6546.0, 6549.5, 6552.0], [2, 2.67, 3, 4])
    found = valence_map(edge_map([[[6546.0, 6550.0, np.nan]]]), line)
    np.testing.assert_allclose(found.valence[0, 0, :2], line.valence([6546.0, 6550.0]), rtol=1e-5)
    np.testing.assert_allclose(found.measurement_error[0, 0, :2], line.slope * 0.2, rtol=1e-5)
    low, high = line.band([6546.0, 6550.0], 0.6826895)
    np.testing.assert_allclose(found.line_error[0, 0, :2], (high - low) / 2, rtol=1e-4)
    np.testing.assert_allclose(found.error, np.hypot(found.measurement_error, found.line_error), rtol=1e-5)
    assert np.isnan([found.valence[0, 0, 2], found.error[0, 0, 2], found.line_error[0, 0, 2]]).all()
    assert not found.outside.any()
    assert found.valence.dtype == np.float32


def test_68_percent_of_compounds_lie_within_the_total_error():
    rng = np.random.default_rng(0)
    truth = np.array([6544.0, 6546.5, 6549.0, 6552.0, 6554.0])
    inside, repeats = 0, 1500
    for _ in range(repeats):
        standards = 2 + 0.25 * (truth - 6544) + rng.normal(0, 0.15, 5)
        at = rng.uniform(6544, 6554)
        compound = 2 + 0.25 * (at - 6544) + rng.normal(0, 0.15)
        found = valence_map(edge_map([[[at + rng.normal(0, 0.6)]]], error=0.6), calibrate_valence(truth, standards))
        inside += abs(found.valence[0, 0, 0] - compound) < found.error[0, 0, 0]
    assert inside / repeats == pytest.approx(0.68, abs=0.05)


def test_voxels_beyond_the_standards_are_marked_and_their_share_is_said():
    line = calibrate_valence([6544.0, 6546.0, 6549.5, 6552.0], [2, 2.67, 3, 4])
    energy = np.full((2, 5, 5), 6548.0)
    energy[0, 0, :4], energy[1, 0, 0], energy[1, 1, 1] = 6553.0, 6543.0, np.nan
    found = valence_map(edge_map(energy), line)
    np.testing.assert_array_equal(found.outside, (energy > 6552) | (energy < 6544))
    assert any("10.2% of the voxels" in w and "2.0% below 6544.00" in w for w in found.warnings)
    assert not any("voxels" in w for w in valence_map(edge_map(np.full((1, 2, 2), 6548.0)), line).warnings)


def test_with_two_standards_the_error_is_unknown_but_that_of_the_measurement_is_not():
    found = valence_map(edge_map([[[6548.0]]]), calibrate_valence([6544, 6552], [2, 4]))
    assert np.isnan(found.error[0, 0, 0])
    assert found.measurement_error[0, 0, 0] == pytest.approx(0.05)
    assert any("unknown" in w for w in found.warnings)


def test_what_is_no_map_or_no_line_is_refused():
    line = calibrate_valence([6544, 6548, 6552], [2, 3, 4])
    with pytest.raises(DataError, match="EdgeMap"):
        valence_map(np.ones((2, 2, 2)), line)
    with pytest.raises(DataError, match="calibrate_valence"):
        valence_map(edge_map([[[6548.0]]]), [0.25, 2])
