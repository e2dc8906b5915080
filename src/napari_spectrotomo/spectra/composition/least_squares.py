"""Non-negative least squares in compiled form, exact, on the normal equations of one small problem.

The active-set method of C. L. Lawson and R. J. Hanson, Solving Least Squares Problems (1974), chapter 23, on the normal equations
(R. Bro and S. de Jong, J. Chemometrics 11, 393, 1997), begun with all columns: most spectra end there. With the sum held at one, a
Lagrange multiplier joins every solve and the search begins at the best single column.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ...data import FloatArray

Order = npt.NDArray[np.int64]
DEPENDENT = 1e-13
"""A column of which less than this share (of its square) is left by the others adds nothing."""
ROUNDING = 1e-14
"""A gradient is zero within this share of the largest term."""
ROUNDS = 30
"""Exchanges a column, at most: the method ends long before."""
OUTER = {"nogil": True, "cache": True, "error_model": "numpy"}
"""How functions are compiled; what is divided by zero is NaN or infinite."""
INNER = OUTER | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""The same for those that compiled functions alone call."""


@njit(**INNER)
def factor(gram: FloatArray, order: Order, p: int, chol: FloatArray) -> bool:
    """Take the Cholesky factor of the `gram` of the first `p` columns in `order`; False where one depends on those before it."""
    for i in range(p):
        for j in range(i + 1):
            rest = gram[order[i], order[j]]
            for k in range(j):
                rest -= chol[i, k] * chol[j, k]
            if i > j:
                chol[i, j] = rest / chol[j, j]
            elif rest > DEPENDENT * gram[order[i], order[i]]:
                chol[i, i] = np.sqrt(rest)
            else:
                return False
    return True


@njit(**INNER)
def substitute(chol: FloatArray, p: int, x: FloatArray) -> None:
    """Solve with the factor, in place."""
    for i in range(p):
        for k in range(i):
            x[i] -= chol[i, k] * x[k]
        x[i] /= chol[i, i]
    for i in range(p - 1, -1, -1):
        for k in range(i + 1, p):
            x[i] -= chol[k, i] * x[k]
        x[i] /= chol[i, i]


@njit(**INNER)
def _optimum(b: FloatArray, order: Order, p: int, one: bool, chol: FloatArray, z: FloatArray, g: FloatArray) -> None:
    """Put into `z` the best coefficients of the first `p` columns whatever their sign, with the sum of one where asked."""
    for i in range(p):
        z[i], g[i] = b[order[i]], 1.0
    substitute(chol, p, z)
    if one:
        substitute(chol, p, g)
        missing, shared = 1.0, 0.0
        for i in range(p):
            missing -= z[i]
            shared += g[i]
        for i in range(p):
            z[i] += missing / shared * g[i]


@njit(**INNER)
def _lowest(z: FloatArray, p: int) -> float:
    lowest = z[0]
    for i in range(1, p):
        lowest = min(lowest, z[i])
    return lowest


@njit(**INNER)
def _enter(gram: FloatArray, b: FloatArray, one: bool, f: FloatArray, order: Order, p: int, state: Order) -> int:
    """Give the column outside the passive set along which the squares fall fastest; -1 where along none."""
    size = len(f)
    common, largest = 0.0, 0.0
    for k in range(size):
        largest = max(largest, abs(b[k]), gram[k, k] * abs(f[k]))
    if one:
        for i in range(p):
            common += b[order[i]] / p
            for k in range(p):
                common -= gram[order[i], order[k]] * f[order[k]] / p
    best, entering = ROUNDING * size * largest, -1
    for k in range(size):
        if state[k] == 0:
            falls = b[k] - common
            for i in range(p):
                falls -= gram[k, order[i]] * f[order[i]]
            if falls > best:
                best, entering = falls, k
    return entering


@njit(**INNER)
def _leave(f: FloatArray, z: FloatArray, order: Order, p: int, state: Order) -> int:
    """Go from `f` towards `z` up to the first coefficient that reaches zero, and take it out; give how many are left."""
    share, first = 1.0, -1
    for i in range(p):
        if z[i] <= 0:
            here = f[order[i]] / (f[order[i]] - z[i])
            if first < 0 or here < share:
                share, first = here, i
    kept = 0
    for i in range(p):
        column = order[i]
        f[column] += share * (z[i] - f[column])
        if i == first or f[column] <= 0:
            f[column], state[column] = 0.0, 0
        else:
            order[kept] = column
            kept += 1
    return kept


@njit(**OUTER)
def nonnegative(
    gram: FloatArray,
    b: FloatArray,
    one: bool,
    f: FloatArray,
    order: Order,
    state: Order,
    chol: FloatArray,
    z: FloatArray,
    g: FloatArray,
) -> int:
    """Put into `f` (R,) the non-negative coefficients of least squares, and the columns above zero first in `order`.

    Parameters
    ----------
    gram, b : (R, R), (R,)
        Normal equations.
    one : bool
        Whether the coefficients sum to one.
    f, order, state, chol, z, g : arrays of at least R, chol of (R, R)
        Written to.

    Returns
    -------
    int
        How many are above zero.
    """
    size = len(f)
    for k in range(size):
        order[k] = k
    if factor(gram, order, size, chol):
        _optimum(b, order, size, one, chol, z, g)
        if _lowest(z, size) > 0:
            for k in range(size):
                f[k] = z[k]
            return size
    f[:] = 0.0
    state[:] = 0
    p = 0
    if one:
        best = 0
        for k in range(size):
            if 0.5 * gram[k, k] - b[k] < 0.5 * gram[best, best] - b[best]:
                best = k
        f[best], order[0], state[best], p = 1.0, best, 1, 1
    for _ in range(ROUNDS * size):
        entering = _enter(gram, b, one, f, order, p, state)
        if entering < 0:
            break
        order[p], state[entering] = entering, 1
        p += 1
        new = True
        while p > 0:
            independent = factor(gram, order, p, chol)
            if independent:
                _optimum(b, order, p, one, chol, z, g)
            if new and (not independent or z[p - 1] <= 0):  # what rounding alone made look better
                state[entering] = 2
                p -= 1
                break
            new = False
            if _lowest(z, p) > 0:
                for i in range(p):
                    f[order[i]] = z[i]
                break
            p = _leave(f, z, order, p, state)
    return p
