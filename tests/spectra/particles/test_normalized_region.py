"""A region's normalised spectrum is that of the edge map's own windows, and its error that of repeats."""

import threading

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.spectra import (
    edge_energy,
    normalized_roi_spectrum,
    particle_spectra,
    references_like_map,
    roi_spectrum,
)
from napari_spectrotomo.spectra.particles import normalized_region

ENERGIES = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
SHAPE = (3, 4, 5)
EVERYWHERE = np.ones(SHAPE, bool)


def rise(energies, edge=6551.0):
    return 0.5 + np.arctan((energies - edge) / 3) / np.pi + 0.4 * np.exp(-(((energies - edge - 8) / 4) ** 2))


def volumes(density, noise=0.0, seed=0):
    """Voxels of one substance, with its own background lines, that differ in density."""
    rng = np.random.default_rng(seed)
    relative = (ENERGIES - 6551) / 100
    spectrum = 0.3 - 0.1 * relative + rise(ENERGIES)
    return spectrum[:, None, None, None] * density + rng.normal(0, noise, (len(ENERGIES), *SHAPE))


@pytest.fixture
def densities():
    return np.random.default_rng(3).uniform(0.5, 2.0, SHAPE)


def test_it_is_that_of_particles_where_the_region_is_one(densities):
    stack = EnergyStack.from_arrays(volumes(densities, 0.01).astype(np.float32), ENERGIES)
    emap = edge_energy(stack, mask=EVERYWHERE)
    mean, _, count = normalized_roi_spectrum(stack, EVERYWHERE, emap.windows)
    table = particle_spectra(ENERGIES, stack, stack, EVERYWHERE.astype(int))
    np.testing.assert_allclose(mean, table["particle_1_registered"], atol=1e-6)
    assert set(count) == {EVERYWHERE.sum()}
    np.testing.assert_allclose(normalized_roi_spectrum(stack, EVERYWHERE)[0], mean, atol=1e-6)


def test_densities_alone_make_no_error(densities):
    stack = EnergyStack.from_arrays(volumes(densities), ENERGIES)
    mean, error, _ = normalized_roi_spectrum(stack, EVERYWHERE)
    step = mean[-1]
    assert step == pytest.approx(1, abs=0.05)
    assert error.max() < 1e-6
    assert roi_spectrum(stack, EVERYWHERE)[1].min() > 0.01


def test_the_error_is_the_scatter_of_repeats(densities):
    found = [
        normalized_roi_spectrum(volumes(densities, 0.05, seed), EVERYWHERE, energies=ENERGIES)[:2]
        for seed in range(200)
    ]
    means, errors = (np.stack(each) for each in zip(*found, strict=True))
    np.testing.assert_allclose(np.median(errors, axis=0), means.std(axis=0), rtol=0.25)


def test_energies_without_values_are_left_out_and_so_are_voxels_with_gaps(densities):
    values = volumes(densities, 0.01)
    whole = normalized_roi_spectrum(values, EVERYWHERE, energies=ENERGIES)[0]
    values[5] = np.nan
    values[9, 0, 0, 0] = np.nan
    mean, error, count = normalized_roi_spectrum(values, EVERYWHERE, energies=ENERGIES)
    assert np.isnan([mean[5], error[5]]).all()
    assert count[5] == 0
    assert count[9] == EVERYWHERE.sum() - 1
    there = np.isfinite(mean)
    np.testing.assert_allclose(mean[there], whole[there], atol=0.02)


def test_one_voxel_has_a_spectrum_but_no_error(densities):
    one = np.zeros(SHAPE, bool)
    one[1, 2, 3] = True
    mean, error, _ = normalized_roi_spectrum(volumes(densities), one, energies=ENERGIES)
    assert np.isfinite(mean).all()
    assert np.isnan(error).all()


def test_what_has_no_step_has_no_normalised_spectrum(densities):
    values = np.broadcast_to(np.linspace(2, 1, len(ENERGIES))[:, None, None, None], (len(ENERGIES), *SHAPE))
    windows = {"e0": 6551.0, "pre": (6480.0, 6525.0), "post": (6605.0, 6695.0), "nnorm": 1}
    mean = normalized_roi_spectrum(
        values - rise(ENERGIES)[:, None, None, None], EVERYWHERE, windows, energies=ENERGIES
    )[0]
    assert np.isnan(mean).all()


def test_a_large_region_is_read_in_pieces_to_the_same_result_and_can_be_stopped(densities, monkeypatch):
    values = volumes(densities, 0.05)
    whole = normalized_roi_spectrum(values, EVERYWHERE, energies=ENERGIES)
    monkeypatch.setattr(normalized_region, "HELD", 1)
    pieces = normalized_roi_spectrum(values, EVERYWHERE, energies=ENERGIES)
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Aborted):
        normalized_roi_spectrum(values, EVERYWHERE, energies=ENERGIES, abort=stop)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"energies": None}, DataError, "energies"),
        ({"energies": ENERGIES[:-1]}, DataError, "do not fit"),
        ({"mask": np.zeros(SHAPE, bool)}, DataError, "no voxel"),
        ({"mask": np.ones((2, 2, 2), bool)}, DataError, "does not fit"),
        ({"windows": {}}, DataError, "no edge"),
        ({"windows": 6551.0}, ParameterError, "EdgeMap.windows"),
        (
            {"windows": {"e0": 6551.0, "pre": (6400.0, 6410.0), "post": (6605.0, 6695.0), "nnorm": 1}},
            DataError,
            "pre-edge",
        ),
    ],
)
def test_what_cannot_be_normalised_is_refused_with_a_word(densities, change, error, says):
    given = {"mask": EVERYWHERE, "windows": None, "energies": ENERGIES} | change
    with pytest.raises(error, match=says):
        normalized_roi_spectrum(volumes(densities), given.pop("mask"), given.pop("windows"), **given)


def test_a_reference_of_the_same_substance_lies_on_the_spectrum(densities):
    stack = EnergyStack.from_arrays(volumes(densities), ENERGIES)
    emap = edge_energy(stack, mask=EVERYWHERE)
    fine = np.arange(6420.0, 6760.0, 0.5)
    laid = references_like_map(
        ENERGIES, {"same": (fine, 3 * (0.3 - 0.1 * (fine - 6551) / 100 + rise(fine)))}, emap.windows
    )
    own, values = laid["same"]
    assert own[0] == 6480
    assert own[-1] == 6710
    mean = normalized_roi_spectrum(stack, EVERYWHERE, emap.windows)[0]
    np.testing.assert_allclose(np.interp(ENERGIES, own, values), mean, atol=0.01)
