"""Non-negative least squares, against SciPy's and against an independent solver."""

import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from napari_spectrotomo.spectra.composition.least_squares import nonnegative


def solved(references, spectrum, one=False):
    gram, b, size = references @ references.T, references @ spectrum, len(references)
    f, z, g, chol = np.empty(size), np.empty(size), np.empty(size), np.empty((size, size))
    order, state = np.empty(size, np.int64), np.empty(size, np.int64)
    p = nonnegative(gram, b, one, f, order, state, chol, z, g)
    assert set(order[:p]) == set(np.flatnonzero(f > 0))
    return f


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_it_is_what_scipy_gives(size):
    rng = np.random.default_rng(size)
    for _ in range(30):
        references, spectrum = rng.normal(size=(size, 31)), rng.normal(size=31)
        np.testing.assert_allclose(solved(references, spectrum), nnls(references.T, spectrum)[0], atol=1e-8)


@pytest.mark.parametrize("one", [False, True])
def test_columns_that_depend_on_each_other_leave_the_least_there_is(one):
    rng = np.random.default_rng(0)
    for _ in range(30):
        some = rng.random((3, 20))
        references = np.vstack([some, some[0], 0.5 * some[1] + 0.5 * some[2]])
        spectrum = rng.random(5) @ references + 0.1 * rng.normal(size=20)
        found = solved(references, spectrum, one)
        assert found.min() >= 0
        if one:
            weight = 1e5  # SciPy knows no sum: a heavy row stands for it
            matrix, goal = np.vstack([references.T, np.full(5, weight)]), np.append(spectrum, weight)
            assert found.sum() == pytest.approx(1, abs=1e-12)
        else:
            matrix, goal = references.T, spectrum
        least = np.linalg.norm(matrix @ nnls(matrix, goal)[0] - goal)
        assert np.linalg.norm(found @ references - spectrum) == pytest.approx(least, rel=1e-6)


def test_a_spectrum_of_zeros_is_made_of_nothing():
    np.testing.assert_array_equal(solved(np.random.default_rng(0).random((3, 9)), np.zeros(9)), 0)


@pytest.mark.parametrize("size", [2, 3, 6])
def test_fractions_that_sum_to_one_are_what_an_independent_solver_gives(size):
    rng = np.random.default_rng(size)
    for _ in range(10):
        references, spectrum = rng.random((size, 25)), rng.random(25)
        found = solved(references, spectrum, one=True)
        assert found.min() >= 0
        assert found.sum() == pytest.approx(1, abs=1e-12)
        other = minimize(
            lambda f, r=references, s=spectrum: ((f @ r - s) ** 2).sum(),
            np.full(size, 1 / size),
            jac=lambda f, r=references, s=spectrum: 2 * r @ (f @ r - s),
            bounds=[(0, None)] * size,
            constraints={"type": "eq", "fun": lambda f: f.sum() - 1, "jac": np.ones_like},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 300},
        )
        np.testing.assert_allclose(found, other.x, atol=1e-5)
        assert ((found @ references - spectrum) ** 2).sum() <= other.fun + 1e-12
