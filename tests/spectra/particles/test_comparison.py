"""Two particles compared, where it is known whether they differ."""

import threading

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.spectra import compare_all, compare_particles

SIGMA = 1.0
WHERE = ((np.indices((13, 13, 13)) - 6) ** 2).sum(axis=0) <= 36
LABELS = np.concatenate([3 * WHERE, np.zeros_like(WHERE), 8 * WHERE]).astype(np.int32)


@pytest.fixture
def two_balls(smooth_field, edge_map):
    """Give a maker of maps of two balls of one field, the second shifted, with noise."""

    def make(rng, difference=0.0, noise=0.2):
        one, other = (smooth_field(rng, WHERE.shape, SIGMA) for _ in range(2))
        energy = np.concatenate([one, one, other + difference]) + noise * rng.normal(size=LABELS.shape)
        return edge_map(6550 + energy)

    return make


def test_particles_of_one_field_are_found_different_in_one_of_twenty_repeats_and_by_plain_welch_in_most(two_balls):
    rng = np.random.default_rng(0)
    repeats = 200
    ours, plain, differences, errors = np.empty((4, repeats))
    for i in range(repeats):
        emap = two_balls(rng)
        found = compare_particles(emap, LABELS, 3, 8)
        ours[i], differences[i], errors[i] = found.p_value, found.difference_eV, found.standard_error_eV
        plain[i] = ttest_ind(emap.energy[LABELS == 8], emap.energy[LABELS == 3], equal_var=False).pvalue
    assert np.mean(ours < 0.05) == pytest.approx(0.05, abs=0.025)
    assert np.mean(plain < 0.05) > 0.5
    assert np.median(errors) == pytest.approx(differences.std(), rel=0.2)


def test_a_difference_well_beyond_the_standard_error_is_found_and_said(two_balls):
    found = compare_particles(two_balls(np.random.default_rng(1), difference=2.0), LABELS, 3, 8)
    assert found.difference_eV == pytest.approx(2.0, abs=4 * found.standard_error_eV)
    assert found.p_value < 1e-3
    assert found.effect_size == pytest.approx(2.0, abs=0.8)
    assert found.voxels == (WHERE.sum(), WHERE.sum())
    assert max(found.effective) < 0.3 * WHERE.sum()
    assert "particle 8 is higher than that of particle 3" in found.sentence
    assert "p = " in found.sentence
    same = compare_particles(two_balls(np.random.default_rng(6)), LABELS, 8, 3)
    assert "do not differ significantly" in same.sentence


def test_particles_too_small_or_too_smooth_to_judge_get_no_p_value(edge_map):
    labels = np.zeros((4, 4, 20), int)
    labels[:2, :2, :2], labels[:, :, 10:] = 1, 2
    found = compare_particles(edge_map(np.random.default_rng(3).normal(6550, 1, labels.shape)), labels, 1, 2)
    assert np.isnan(found.p_value)
    assert np.isnan(found.standard_error_eV)
    assert "cannot be told" in found.sentence
    ramp = edge_map(6550 + np.indices(LABELS.shape)[1])
    assert not compare_particles(ramp, LABELS, 3, 8).p_value < 0.05


def test_all_pairs_of_the_largest_particles_are_compared_with_p_values_adjusted_for_their_number(edge_map):
    rng = np.random.default_rng(4)
    labels = np.zeros((1, 40, 120), int)
    for k, (start, width) in {2: (0, 30), 5: (40, 30), 9: (80, 30), 11: (115, 2)}.items():
        labels[0, :, start : start + width] = k
    energy = rng.normal(6550, 0.3, labels.shape) + (labels == 9)
    energy[labels == 11] = np.nan
    table = compare_all(edge_map(energy), labels, largest=4)
    assert [tuple(row) for row in table[["first", "second"]].to_numpy()] == [(2, 5), (2, 9), (5, 9)]
    assert (table["p_adjusted"] >= table["p_value"]).all()
    assert list(table["p_adjusted"] < 0.01) == [False, True, True]
    np.testing.assert_allclose(table["difference_eV"], [0, 1, 1], atol=0.06)
    assert len(compare_all(edge_map(energy), labels, largest=2)) == 1
    empty = compare_all(edge_map(energy), np.where(labels == 2, 2, 0))
    assert isinstance(empty, pd.DataFrame)
    assert list(empty.columns) == list(table.columns)
    assert len(empty) == 0


def test_what_cannot_be_compared_is_refused(two_balls, edge_map):
    emap = two_balls(np.random.default_rng(5))
    with pytest.raises(DataError, match="no particle 4: labels are 3, 8"):
        compare_particles(emap, LABELS, 3, 4)
    with pytest.raises(DataError, match="no particle 'three'"):
        compare_particles(emap, LABELS, "three", 8)
    with pytest.raises(DataError, match="with itself"):
        compare_particles(emap, LABELS, 3, 3)
    with pytest.raises(DataError, match="no edge energy"):
        compare_particles(edge_map(np.where(LABELS == 3, np.nan, 6550.0)), LABELS, 3, 8)
    with pytest.raises(DataError, match="do not fit"):
        compare_particles(emap, LABELS[:-1], 3, 8)
    with pytest.raises(ParameterError, match="two particles"):
        compare_all(emap, LABELS, largest=1)


def test_the_work_stops_on_request(two_balls):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Aborted):
        compare_all(two_balls(np.random.default_rng(7)), LABELS, abort=stop)
