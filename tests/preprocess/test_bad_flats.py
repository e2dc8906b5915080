"""A flat that is none is told from its fellows and left out with a word; good ones are never thrown away."""

import re
from dataclasses import replace

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import CorrectParameters, correct_tomogram

SHAPE = (48, 64)
VIEWS = 24


def particle(row=14, column=20, radius=7, density=0.105) -> np.ndarray:
    """Transmission of the field with a flat-topped particle in view: 0.105 takes 10 % of the light."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.where((y - row) ** 2 + (x - column) ** 2 < radius**2, np.exp(-density), 1.0)


def scan_of(flats, positions, beam=1.0, **more) -> st.Scan:
    """A pillar in a beam of 4000 counts with structure of its own, and flats of factors times that beam."""
    rng = np.random.default_rng(7)
    field = 4000 * (1 + 0.3 * np.sin(np.arange(SHAPE[1]) / 9) * np.cos(np.arange(SHAPE[0]) / 5)[:, None])
    field = field * rng.normal(1, 0.05, SHAPE)
    sample = np.ones(SHAPE)
    sample[10:, 26:40] = np.exp(-0.8)
    counts = 100 + rng.poisson(np.broadcast_to(beam, VIEWS)[:, None, None] * field * sample)
    white = 100 + rng.poisson(np.stack([field * f for f in flats]))
    return st.Scan.from_arrays(
        [counts.astype(np.uint16)],
        [7000.0],
        np.arange(VIEWS) * 7.5,
        [white.astype(np.uint16)],
        [np.full((2, *SHAPE), 100, np.uint16)],
        flat_positions=None if positions is None else [positions],
        **more,
    )


def left_out(scan, **parameters) -> list[str]:
    return [w for w in correct_tomogram(scan, 0, CorrectParameters(**parameters)).warnings if "left out" in w]


def background_error(scan, **parameters) -> float:
    views = correct_tomogram(scan, 0, CorrectParameters(**parameters)).optical_density
    return float(np.abs(np.median(views[:, 10:18, 16:24], axis=(1, 2))).max())


GOOD = [1.0] * 10


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (particle(), r"something in .* takes 10% of the light"),
        (0.5, "50% as bright as its fellows"),
        (1.6, "160% as bright as its fellows"),
        (0.0, "beam was off"),
    ],
)
def test_a_bad_flat_of_ten_is_named_and_leaves_no_trace(factor, words):
    scan = scan_of([*GOOD[:3], factor, *GOOD[4:]], [0] * 5 + [VIEWS] * 5)
    (sentence,) = left_out(scan)
    assert "At 7000 eV flat 3 (taken before projection 0)" in sentence
    assert re.search(words, sentence)
    assert background_error(scan) < 0.01


def test_a_bad_flat_is_kept_on_request_and_still_named():
    scan = scan_of([1, 0.6], [0, 0])
    result = correct_tomogram(scan, 0, CorrectParameters(bad_flats="keep"))
    assert any("flat 1" in w and "was kept" in w for w in result.warnings)
    assert background_error(scan) < 0.01 < background_error(scan, bad_flats="keep")


@pytest.mark.parametrize("first", [True, False])
def test_a_sample_in_view_in_all_flats_of_one_group_is_told_by_the_other_group(first):
    groups = [[particle()] * 2, [1.0] * 2]
    flats = [f for group in (groups if first else groups[::-1]) for f in group]
    found = left_out(scan_of(flats, [0, 0, VIEWS, VIEWS]))
    assert [f"flat {f}" in w for w, f in zip(found, (0, 1) if first else (2, 3), strict=True)] == [True, True]
    assert all("takes 10% of the light" in w for w in found)


def test_a_sample_in_one_of_two_flats_is_told_by_its_sign():
    (sentence,) = left_out(scan_of([1.0, particle()], None))
    assert "flat 1 (of 2)" in sentence


def test_a_beam_that_had_dropped_in_a_whole_group_is_told_by_the_projections_beside_it():
    found = left_out(scan_of([1, 1, 0.5, 0.5], [0, 0, VIEWS, VIEWS]))
    assert ["flat 2" in found[0], "flat 3" in found[1]] == [True, True]
    assert "projections beside it" in found[0]


def test_of_two_unlike_flats_the_projections_tell_the_right_one():
    (sentence,) = left_out(scan_of([1.0, 0.6], None))
    assert "flat 1" in sentence
    (sentence,) = left_out(scan_of([1.7, 1.0], None))
    assert "flat 0" in sentence
    unknown = scan_of([1.5, 0.7], None)
    assert left_out(unknown) == []
    assert any("cannot be told" in w for w in correct_tomogram(unknown, 0).warnings)


def test_a_single_flat_that_is_too_dark_is_doubted_and_kept():
    words = "brighter than the flats beside them"
    assert any(words in w for w in correct_tomogram(scan_of([0.6], None), 0).warnings)
    assert not any(words in w for w in correct_tomogram(scan_of([1.0], None), 0).warnings)


def test_a_beam_that_decays_throws_no_flat_away():
    decay, flats = 1 - 0.4 * (np.arange(VIEWS) + 0.5) / VIEWS, [1, 1, 0.6, 0.6]
    scan = scan_of(flats, [0, 0, VIEWS, VIEWS], beam=decay)
    assert correct_tomogram(scan, 0).warnings == ()
    assert background_error(scan) < 0.01
    unknown = scan_of(flats, None, beam=decay)
    assert left_out(unknown) == []
    assert any("all were kept" in w for w in correct_tomogram(unknown, 0).warnings)


def test_a_ring_current_that_explains_a_darker_flat_keeps_it():
    current = {"current": 100.0, "flat_current": [[100, 100, 50, 100]]}
    assert left_out(scan_of([1, 1, 0.5, 1], [0] * 4)) != []
    assert left_out(scan_of([1, 1, 0.5, 1], [0] * 4, **current)) == []


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_noise_and_a_wandering_beam_throw_no_flat_away(count):
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
    rng = np.random.default_rng(count)
    wander = [1 + 0.1 * (a * x + b * y + c * x * y) for a, b, c in rng.uniform(-1, 1, (count, 3))]
    assert correct_tomogram(scan_of(wander, None), 0).warnings == ()


@pytest.mark.parametrize(
    ("file", "more"),
    [
        ("scan_tiny", {}),
        ("dxchange_h5/tooth.h5", {"energies": [25000.0]}),
        ("ssrl62c_nca_2d_xanes", {"on_bad_file": "skip"}),
    ],
)
def test_no_flat_of_a_real_scan_is_thrown_away(data_folder, file, more):
    scan = st.read_scan(data_folder / file, **more)
    assert left_out(scan.select([0])) == []


def test_flats_without_any_beam_are_refused():
    with pytest.raises(st.DataError, match="nowhere brighter than the darks"):
        correct_tomogram(scan_of([0.0, 0.0], None), 0)


@pytest.mark.parametrize("leak", [0.0, 0.05, 0.3])
def test_darks_in_which_the_beam_is_seen_are_told(leak):
    """Optical densities would be up to twice too high, and look right."""
    scan = scan_of([1.0] * 4, [0, 0, VIEWS, VIEWS])
    darks = scan.darks[0] + (leak * (scan.flats[0][:2] - 100.0)).astype(np.uint16)
    said = [w for w in correct_tomogram(replace(scan, darks=(darks,)), 0).warnings if "darks hold" in w]
    assert [re.search(r"hold (\d+)%", w).group(1) for w in said] == ([f"{100 * leak:.0f}"] if leak else [])
