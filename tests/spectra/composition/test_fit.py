"""Voxels whose composition is known."""

import threading
from inspect import signature

import dask
import numpy as np
import pytest
from scipy.optimize import nnls

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.spectra import CompositionParameters, SpectraParameters, fit_references, fit_references_of
from napari_spectrotomo.spectra.normalize.background import background
from napari_spectrotomo.spectra.normalize.windows import map_windows

SCAN = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)
DENSE = np.arange(6440.0, 6760.0, 0.25)
SHARES = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.4, 0.6], [1 / 3, 1 / 3, 1 / 3]]).T


@pytest.mark.parametrize("sum_to_one", [False, True])
def test_mixtures_come_out_as_they_were_made(references, mixed, sum_to_one):
    found = fit_references_of(SCAN, mixed(SHARES), references, sum_to_one=sum_to_one, e0=6550)
    np.testing.assert_allclose(found.fractions, SHARES, atol=2e-4)
    assert found.names == ("low", "middle", "high")
    assert found.residual.max() < 1e-6
    assert found.shift is None
    assert found.warnings == ()
    assert found.windows["window"] == (6530.0, 6605.0)


def flat_and_step(spectra):
    lines = background(SCAN, map_windows(SCAN, 6550.0))
    return lines.flattened @ spectra, lines.step @ spectra


def test_references_on_the_scans_own_grid_are_found_exactly_as_shares_of_the_edge_step(edge):
    a, b = edge(SCAN, 6544.0), edge(SCAN, 6552.0, 3.0)
    voxel = a + 2 * b + 2.0 - 1e-3 * SCAN
    found = fit_references_of(SCAN, voxel, {"a": (SCAN, 5 * a), "b": (SCAN, b)}, e0=6550)
    shares = np.array([flat_and_step(a)[1], 2 * flat_and_step(b)[1]])
    assert found.fractions.shape == (2,)
    np.testing.assert_allclose(found.fractions, shares / shares.sum(), atol=1e-6)
    assert found.residual < 1e-12


def test_the_unit_of_the_attenuation_the_order_of_energies_and_a_line_beneath_do_not_matter(references, mixed):
    noisy = mixed(SHARES) + np.random.default_rng(0).normal(0, 0.02, (31, 4))
    first = fit_references_of(SCAN, noisy, references, e0=6550)
    order = np.random.default_rng(1).permutation(31)
    line = 3 - 0.002 * (SCAN - 6500)
    other = fit_references_of(SCAN[order], (40 * (noisy + line[:, None]))[order], references, e0=6550)
    np.testing.assert_allclose(first.fractions, other.fractions, atol=1e-6)
    np.testing.assert_allclose(first.error, other.error, rtol=1e-5)
    np.testing.assert_allclose(first.residual, other.residual, rtol=1e-5)


def test_with_more_references_than_sets_are_kept_it_is_still_scipys(edge, mixed):
    many = {f"{at}": (DENSE, edge(DENSE, at, 1.5)) for at in np.arange(6540, 6560, 2)}
    noisy = mixed(SHARES) + np.random.default_rng(0).normal(0, 0.02, (31, 4))
    found = fit_references_of(SCAN, noisy, many, e0=6550)
    one = fit_references_of(SCAN, noisy, {"middle": many["6550"]}, e0=6550)
    assert len(found.names) == 10
    flat, step = flat_and_step(noisy)
    flat /= step
    for v in range(4):
        expected, left = nnls(found.references[:, found.fitted].T, flat[found.fitted, v])
        np.testing.assert_allclose(found.fractions[:, v], expected, atol=1e-5)
        assert found.residual[v] == pytest.approx(left**2 / (flat[found.fitted, v] ** 2).sum(), rel=1e-5)
    assert np.all(found.residual < one.residual)


def test_what_is_not_known_is_nan_and_never_zero(references, mixed):
    noise = np.random.default_rng(0).normal(0, 0.02, (31, 6))
    spectra = mixed(np.full((3, 6), 1 / 3)) + noise
    spectra[5, 0], spectra[30, 1] = np.nan, np.inf
    spectra[:, 2] = 0
    spectra[:, 3] = 0.7 + noise[:, 3]
    spectra[:, 4] = 2 - spectra[:, 4]
    for shift in (0, 1):
        found = fit_references_of(SCAN, spectra, references, e0=6550, max_shift=shift)
        for values in (found.fractions, found.error, found.residual):
            assert np.isnan(values[..., :5]).all()
            assert np.isfinite(values[..., 5]).all()


def test_a_stack_is_fitted_slab_by_slab_the_same_on_any_number_of_threads(references, mixed):
    shares = np.random.default_rng(3).dirichlet([1, 1, 1], (4, 6, 7)).transpose(3, 0, 1, 2)
    data = mixed(shares) + np.random.default_rng(0).normal(0, 0.02, (31, 4, 6, 7))
    stack = EnergyStack.from_arrays(data.astype(np.float32), SCAN, voxel_size=50)
    mask = np.zeros((4, 6, 7), bool)
    mask[1:, 2:, 1:] = True
    seen = []
    whole = fit_references(stack, references, mask=mask, e0=6550)
    with dask.config.set(num_workers=1):
        parts = fit_references(stack, references, mask=mask, e0=6550, memory=5000, progress=seen.append)
    assert len(seen) == 3
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == ("composition", 3, 3)
    np.testing.assert_array_equal(whole.fractions, parts.fractions)
    np.testing.assert_array_equal(whole.error, parts.error)
    np.testing.assert_array_equal(whole.residual, parts.residual)
    assert np.isnan(whole.fractions[:, ~mask]).all()
    assert np.isfinite(whole.fractions[:, mask]).all()
    plain = fit_references_of(SCAN, data.astype(np.float32)[:, mask], references, e0=6550)
    np.testing.assert_array_equal(whole.fractions[:, mask], plain.fractions)
    assert whole.fractions.dtype == whole.error.dtype == whole.residual.dtype == np.float32
    assert whole.voxel_size.tolist() == [50, 50, 50]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Aborted):
        fit_references(stack, references, e0=6550, abort=stop)


def test_many_voxels_without_fractions_are_said(references, mixed):
    data = np.zeros((31, 1, 2, 2)) + mixed(np.array([1.0, 0, 0]))[:, None, None, None]
    data[:, 0, 0] = 0
    found = fit_references(EnergyStack.from_arrays(data, SCAN), references, e0=6550)
    assert any("50% of the voxels" in w for w in found.warnings)


def test_defaults_are_those_of_the_parameter_classes():
    own, shared = CompositionParameters(), SpectraParameters()
    for function in (fit_references, fit_references_of):
        for name, argument in signature(function).parameters.items():
            for parameters in (own, shared):
                if hasattr(parameters, name) and name != "references":
                    assert argument.default == getattr(parameters, name), name


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"max_shift": -1}, ParameterError, "max_shift"),
        ({"broadening": "wide"}, ParameterError, "broadening"),
        ({"window": (1, 2, 3)}, ParameterError, "two numbers"),
        ({"window": (300, 400)}, ParameterError, "No energies can be compared"),
        ({"window": (0, 4)}, DataError, "too few for 3 references"),
        ({"element": "Xx"}, ParameterError, "no element"),
        ({"e0": 7000.0}, DataError, "not inside the scan"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(references, mixed, wrong, error, said):
    with pytest.raises(error, match=said):
        fit_references_of(SCAN, mixed(SHARES), references, **{"e0": 6550.0, **wrong})
