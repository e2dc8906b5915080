"""A series' axes: chance is averaged away, what truly moved stays, what is wrong or missing is replaced with a word."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import AxisEstimate, settle_axes

N = 31
INDEX = np.arange(N)
ENERGIES = 6480.0 + 7 * INDEX
NOISE = np.random.default_rng(3).normal(0, 0.03, N)


def series(centers, uncertainty=0.03, confidence=0.9, tilts=None, time=None):
    known = np.isfinite(centers)
    estimates = [
        AxisEstimate(
            float(center),
            float(np.broadcast_to(confidence, len(known))[e]) if known[e] else 0.0,
            {},
            float(np.broadcast_to(uncertainty, len(known))[e]) if known[e] else float("nan"),
            float("nan") if tilts is None else float(tilts[e]),
            (),
            float("nan") if tilts is None else 0.05,
            rows=200,
        )
        for e, center in enumerate(centers)
    ]
    return settle_axes(ENERGIES[: len(centers)], time, estimates)


@pytest.mark.parametrize(
    "drift", [0 * INDEX, 0.03 * INDEX, 0.002 * (INDEX - 12.0) ** 2], ids=["none", "straight", "bent"]
)
def test_a_smooth_drift_is_told_from_chance(drift):
    settled = series(50 + drift + NOISE)
    assert np.sqrt(np.mean((settled.centers - 50 - drift) ** 2)) < 0.4 * 0.03
    assert settled.warnings == ()


def test_an_axis_that_truly_goes_to_and_fro_keeps_its_estimates():
    wander = 0.3 * np.random.default_rng(5).normal(size=N)
    settled = series(50 + wander + NOISE)
    assert np.sqrt(np.mean((settled.centers - 50 - wander) ** 2)) < 1.1 * 0.03


def test_a_drift_goes_by_time_where_it_is_known():
    order = np.random.default_rng(7).permutation(N)
    time = 1200.0 * order
    truth = 50 + 0.05 * order
    by_time, by_energy = (series(truth + NOISE, time=t).centers for t in (time, None))
    assert np.sqrt(np.mean((by_time - truth) ** 2)) < 0.4 * 0.03
    assert np.sqrt(np.mean((by_energy - truth) ** 2)) > 0.7 * 0.03


def test_a_jump_of_the_stage_that_stays_is_kept_sharp_and_named():
    truth = 50 + 0.01 * INDEX + 1.5 * (INDEX > 12)
    settled = series(truth + NOISE)
    np.testing.assert_allclose(settled.centers, truth, atol=0.05)
    assert len(settled.warnings) == 1
    assert "+1.5" in settled.warnings[0]
    assert f"{ENERGIES[12]:g} and {ENERGIES[13]:g} eV" in settled.warnings[0]


def test_one_energy_off_the_drift_is_kept_where_its_methods_agree_and_replaced_where_they_do_not():
    found = 50 + 0.02 * INDEX + NOISE
    found[7] += 3
    confidence = np.full(N, 0.9)
    kept = series(found, confidence=confidence)
    assert kept.centers[7] == found[7]
    assert "stage may have moved" in kept.warnings[0]
    confidence[7] = 0.3
    replaced = series(found, confidence=confidence)
    assert replaced.centers[7] == pytest.approx(50.14, abs=0.03)
    for settled in (kept, replaced):
        assert len(settled.warnings) == 1
        assert f"At {ENERGIES[7]:g} eV" in settled.warnings[0]
        np.testing.assert_allclose(np.delete(settled.centers, 7), np.delete(50 + 0.02 * INDEX, 7), atol=0.03)


def test_a_missing_axis_takes_the_drift_and_is_named():
    found = 50 + 0.02 * INDEX + NOISE
    found[[4, 30]] = np.nan
    settled = series(found)
    np.testing.assert_allclose(settled.centers[[4, 30]], [50.08, 50.6], atol=0.03)
    assert len(settled.warnings) == 2
    assert "not found" in settled.warnings[0]


def test_uncertain_estimates_count_little():
    found, uncertainty = 50 + NOISE, np.full(N, 0.03)
    found[20:], uncertainty[20:] = found[20:] + np.linspace(0.5, 2, 11), 2.0
    np.testing.assert_allclose(series(found, uncertainty).centers, 50, atol=0.05)


def test_a_few_energies_stay_as_they_are_but_for_one_far_off_without_confidence():
    assert series(np.array([17.0])).centers.tolist() == [17.0]
    assert series(np.array([17.0, np.nan])).centers.tolist() == [17.0, 17.0]
    three = np.array([17.0, 17.1, 30.0])
    assert series(three).centers.tolist() == [17.0, 17.1, 30.0]
    assert series(three, confidence=np.array([0.9, 0.9, 0.2])).centers.tolist() == [17.0, 17.1, 17.1]


def test_no_axis_at_any_energy_asks_for_its_column():
    with pytest.raises(st.ReconstructionError, match="at no energy"):
        series(np.full(3, np.nan))


def test_energies_whose_methods_do_not_agree_are_named_once():
    settled = series(50 + NOISE, confidence=np.where(INDEX % 6 == 2, 0.3, 0.9))
    assert len(settled.warnings) == 1
    assert "At 6494, 6536, 6578 and 2 more eV" in settled.warnings[0]


def test_the_tilt_is_one_for_all_and_one_wrong_energy_does_not_bend_it():
    tilts = 0.4 + np.random.default_rng(8).normal(0, 0.05, N)
    tilts[3] = -2.0
    settled = series(50 + NOISE, tilts=tilts)
    assert settled.tilt == pytest.approx(0.4, abs=3 * settled.tilt_uncertainty)
    assert settled.tilt_uncertainty < 0.02
    assert "tilted by 0.4" in settled.warnings[-1]
    assert series(50 + NOISE, tilts=tilts - 0.4).tilt == 0
