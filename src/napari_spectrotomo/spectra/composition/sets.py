"""What is the same for all spectra in which the same references are above zero: their inverse, and how noise comes through it.

For the set P of references above zero the fractions are f = V b + c, with b the products of references and normalised spectrum.
V is the inverse of the normal equations of P, or, with the sum held at one, that inverse less what the sum takes away. The
normalised spectrum is y / s, with the flattened spectrum y and the step s both linear in what was measured, so that to first
order, with V b = h,

    var(f) = (V A V' - 2 h V u + a h²) / s², for noise of unit variance in every measured value,

where A, u and a are the covariance of the references' products with y, that of those with s, and the variance of s.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from ...data import FloatArray
from .least_squares import INNER, ROUNDING, Order, factor, substitute

MOST_KEPT = 8
"""So many references have few enough sets that each is worked out once and kept."""


class Normal(NamedTuple):
    """Normal equations of R columns, and what noise does to their right side; the first `size` columns are fractions.

    Attributes
    ----------
    gram, spread, crossed, step_variance : (R, R), (R, R), (R,), float
        G, A, u and a of the module.
    size : int
    one : bool
        Whether the fractions sum to one.
    """

    gram: FloatArray
    spread: FloatArray
    crossed: FloatArray
    step_variance: float
    size: int
    one: bool


class Sets(NamedTuple):
    """What is kept of each set, by its number: bit k stands for reference k.

    Attributes
    ----------
    known : (S,) int8
        0 where not worked out yet, 1 where it is, 2 where its references depend on each other.
    rows : (S, R, R)
        V; the row of a reference outside the set is that of the set with it.
    offset : (S, R)
        c, 0 without a sum held at one.
    spread, crossed : (S, R)
        Diagonal of V A V', and V u.
    """

    known: npt.NDArray[np.int8]
    rows: FloatArray
    offset: FloatArray
    spread: FloatArray
    crossed: FloatArray


@njit(**INNER)
def new_sets(count: int, columns: int) -> Sets:
    """Give room for `count` sets of so many columns."""
    return Sets(
        np.zeros(count, np.int8),
        np.zeros((count, columns, columns)),
        np.zeros((count, columns)),
        np.zeros((count, columns)),
        np.zeros((count, columns)),
    )


@njit(**INNER)
def fill_normal(normal: Normal, columns: FloatArray, covariance: FloatArray, crossed: FloatArray) -> None:
    """Fill in G, A and u for `columns` (R, W), with the covariance (W, W) of what they multiply, and its with the step (W,)."""
    count, width = columns.shape
    for k in range(count):
        normal.crossed[k] = 0.0
        for i in range(count):
            normal.gram[k, i] = normal.spread[k, i] = 0.0
        for w in range(width):
            normal.crossed[k] += columns[k, w] * crossed[w]
            spread = 0.0
            for x in range(width):
                spread += columns[k, x] * covariance[x, w]
            for i in range(count):
                normal.gram[k, i] += columns[k, w] * columns[i, w]
                normal.spread[k, i] += spread * columns[i, w]


@njit(**INNER)
def new_normal(columns: int, size: int, step_variance: float, one: bool) -> Normal:
    """Give room for the normal equations of so many columns, `size` of which are fractions."""
    square, line = (columns, columns), columns
    return Normal(np.zeros(square), np.zeros(square), np.zeros(line), step_variance, size, one)


@njit(**INNER)
def _row(at: int, normal: Normal, order: Order, p: int, chol: FloatArray, v: FloatArray, g: FloatArray) -> float:
    """Put into `v` the row of V for the column that stands `at` among the first `p` in `order`; give its offset."""
    for i in range(p):
        v[i] = 1.0 if i == at else 0.0
    substitute(chol, p, v)
    if not normal.one:
        return 0.0
    for i in range(p):
        g[i] = 1.0 if order[i] < normal.size else 0.0
    substitute(chol, p, g)
    total = 0.0
    for i in range(p):
        total += g[i] if order[i] < normal.size else 0.0
    pull = g[at] / total
    for i in range(p):
        v[i] -= pull * g[i]
    return pull


@njit(**INNER)
def _keep(k: int, offset: float, normal: Normal, order: Order, p: int, v: FloatArray, sets: Sets, number: int) -> None:
    sets.offset[number, k] = offset
    sets.rows[number, k, :] = 0.0
    spread = crossed = 0.0
    for i in range(p):
        sets.rows[number, k, order[i]] = v[i]
        crossed += v[i] * normal.crossed[order[i]]
        for j in range(p):
            spread += v[i] * v[j] * normal.spread[order[i], order[j]]
    sets.spread[number, k], sets.crossed[number, k] = spread, crossed


@njit(**INNER)
def work_out(
    normal: Normal, order: Order, p: int, sets: Sets, number: int, chol: FloatArray, v: FloatArray, g: FloatArray
) -> None:
    """Work out the set of the first `p` columns in `order`, of which there is room for one more, and keep it by its number."""
    sets.known[number] = 2
    if not factor(normal.gram, order, p, chol):
        return
    for i in range(p):
        _keep(order[i], _row(i, normal, order, p, chol, v, g), normal, order, p, v, sets, number)
    for k in range(normal.size):
        outside = True
        for i in range(p):
            outside = outside and order[i] != k
        if not outside:
            continue
        order[p] = k
        if factor(normal.gram, order, p + 1, chol):
            _keep(k, _row(p, normal, order, p + 1, chol, v, g), normal, order, p + 1, v, sets, number)
        else:
            sets.spread[number, k] = np.nan
    sets.known[number] = 1


@njit(**INNER)
def _known(
    normal: Normal, number: int, sets: Sets, order: Order, chol: FloatArray, v: FloatArray, g: FloatArray
) -> int:
    """Work out a set by its number where that is not done yet; give how many references are in it, 0 where they are dependent."""
    p = 0
    for k in range(normal.size):
        if number >> k & 1:
            order[p] = k
            p += 1
    if sets.known[number] == 0:
        work_out(normal, order, p, sets, number, chol, v, g)
    return p if sets.known[number] == 1 else 0


@njit(**INNER)
def guess(
    normal: Normal,
    b: FloatArray,
    f: FloatArray,
    sets: Sets,
    order: Order,
    chol: FloatArray,
    v: FloatArray,
    g: FloatArray,
) -> int:
    """Try the set of all references, then that of those it leaves above zero; give the set's number if it is the best of all.

    It is where no fraction in it is negative and squares fall along none outside it (Karush, Kuhn and Tucker); 0 where they do.
    """
    size, number = normal.size, (1 << normal.size) - 1
    for attempt in range(2):
        p = _known(normal, number, sets, order, chol, v, g)
        if p == 0:
            return 0
        above = 0
        for k in range(size):
            f[k] = 0.0
            if number >> k & 1:
                f[k] = sets.offset[number, k]
                for i in range(size):
                    f[k] += sets.rows[number, k, i] * b[i]
                if f[k] > 0:
                    above |= 1 << k
        if above == number:
            return number if attempt == 0 or _best(normal, b, f, order, p, number) else 0
        number = above
        if number == 0:
            return 0
    return 0


@njit(**INNER)
def _best(normal: Normal, b: FloatArray, f: FloatArray, order: Order, p: int, number: int) -> bool:
    largest = common = 0.0
    for k in range(normal.size):
        largest = max(largest, abs(b[k]), normal.gram[k, k] * abs(f[k]))
    if normal.one:
        common = b[order[0]]
        for i in range(normal.size):
            common -= normal.gram[order[0], i] * f[i]
    for k in range(normal.size):
        if not number >> k & 1:
            falls = b[k] - common
            for i in range(normal.size):
                falls -= normal.gram[k, i] * f[i]
            if falls > ROUNDING * normal.size * largest:
                return False
    return True


@njit(**INNER)
def variances(normal: Normal, b: FloatArray, order: Order, p: int, sets: Sets, number: int, out: FloatArray) -> None:
    """Put into `out` the variances of all fractions, of which those of the set are the first `p` in `order`.

    A fraction at zero has that of a fit which lets it go below. One that the sum holds at one is as uncertain as what may stand
    beside it.
    """
    if sets.known[number] != 1:
        out[:] = np.nan
        return
    for k in range(normal.size):
        held = 0.0
        for i in range(len(b)):
            held += sets.rows[number, k, i] * b[i]
        variance = sets.spread[number, k] - 2 * held * sets.crossed[number, k] + normal.step_variance * held**2
        out[k] = variance if not variance < 0 else 0.0
    inside, alone = 0, -1
    for i in range(p):
        if order[i] < normal.size:
            inside, alone = inside + 1, order[i]
    if normal.one and inside == 1 and normal.size > 1:
        out[alone] = 0.0
        for k in range(normal.size):
            if out[k] > out[alone]:
                out[alone] = out[k]
