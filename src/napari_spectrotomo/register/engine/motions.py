"""What may move: the displacements that a kind of transform allows, and how a small one becomes a matrix."""

import numpy as np
import numpy.typing as npt

from ..overlap import Matrix

Floats = npt.NDArray[np.float64]


def motions(kind: str, spacing: Floats, flat: npt.NDArray[np.bool_]) -> Floats:
    """Give a basis of the displacements that a kind of transform allows.

    Parameters
    ----------
    kind : 'translation', 'rigid', 'similarity' or 'affine'
    spacing : (3,)
        Voxel size, which says what a rotation is.
    flat : (3,) bool
        Axes along which there is one voxel only: nothing moves along them, nor depends on them.

    Returns
    -------
    (12, P) float64
        Columns: coefficients of a displacement, ``d_a = sum_b c[a, b] u_b + c[a, 3]``, row by row.
    """
    alive = [a for a in range(3) if not flat[a]]
    basis = [_unit(a, 3) for a in alive]
    pairs = [(a, b) for a in alive for b in alive if a < b]
    if kind in ("rigid", "similarity"):
        basis += [_unit(a, b) * spacing[b] / spacing[a] - _unit(b, a) * spacing[a] / spacing[b] for a, b in pairs]
    if kind == "similarity":
        basis.append(np.sum([_unit(a, a) for a in alive], axis=0))
    if kind == "affine":
        basis += [_unit(a, b) for a in alive for b in alive]
    return np.stack([column.ravel() for column in basis], axis=1)


def moved_by(matrix: Matrix, coefficients: Floats, center: Floats, radius: float) -> Matrix:
    """Give the matrix that first undoes a small displacement of the fixed points and then does as it did.

    The exponential keeps a rotation a rotation.
    """
    small = np.zeros((4, 4))
    small[:3, :3] = coefficients.reshape(3, 4)[:, :3] / radius
    small[:3, 3] = coefficients.reshape(3, 4)[:, 3] - small[:3, :3] @ center
    out = matrix @ _exponential(-small)
    out[3] = 0.0, 0.0, 0.0, 1.0
    return out


def nearest(matrix: Matrix, kind: str, spacing: Floats, flat: npt.NDArray[np.bool_], center: Floats) -> Matrix:
    """Give the transform of a kind that moves the neighbourhood of a point most as a matrix does."""
    if kind == "affine":
        return matrix
    linear = np.eye(3)
    if kind != "translation":
        metric = spacing[:, None] * matrix[:3, :3] / spacing
        left, _, right = np.linalg.svd(metric)
        left[:, -1] *= np.sign(np.linalg.det(left @ right))
        size = abs(np.linalg.det(metric)) ** (1 / np.sum(~flat)) if kind == "similarity" else 1.0
        scale = np.where(flat, 1.0, size)[:, None]
        linear = scale * (left @ right) * spacing / spacing[:, None]
    out = np.eye(4)
    out[:3, :3] = linear
    out[:3, 3] = matrix[:3, :3] @ center + matrix[:3, 3] - linear @ center
    return out


def _exponential(matrix: Matrix) -> Matrix:
    """Exponential of a 4 x 4 matrix: of a part of it by its series, squared back; scipy's costs more than the rest of a step."""
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(matrix[:3, :3]).max(), 1e-12)))) + 4)
    part = matrix / 2.0**halvings
    out, term = np.eye(4), np.eye(4)
    for order in range(1, 12):
        term = term @ part / order
        out = out + term
    for _ in range(halvings):
        out = out @ out
    return out


def _unit(row: int, column: int) -> Floats:
    out = np.zeros((3, 4))
    out[row, column] = 1.0
    return out
