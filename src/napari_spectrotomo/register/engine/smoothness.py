"""How smooth a deformation is before anything has been measured: a random field of a deviation and a length.

Its precision is ``((1 / length)² - Laplacian)³`` over the control points: bending energy and its neighbours, with a little membrane
and mass, so that far from every surface the displacement tends to 0 (Whittle and Matérn's field; Lindgren, Rue and Lindström, J. R.
Stat. Soc. B 73, 423, 2011). Scaled to a deviation in voxels it means the same whatever the volume, the spacing of control points or
the number of samples. With edges that reflect, cosines are its eigenvectors, so that it is applied, undone and drawn from at once.
"""

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn, idctn

Floats = npt.NDArray[np.float64]

POWER = 3
"""Of the Laplacian: with it the field has a slope everywhere; with 2 it would have kinks where points are."""


class Smoothness:
    """The precision of a field over control points, of deviation 1.

    Parameters
    ----------
    counts : (cz, cy, cx)
        Control points along each axis.
    length : float
        Over which displacements stay alike, in control points.
    """

    def __init__(self, counts: tuple[int, ...], length: float) -> None:
        self.counts = counts
        waves = [2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in counts]
        laplacian = waves[0][:, None, None] + waves[1][:, None] + waves[2]
        spectrum = (length**-2 + laplacian) ** POWER
        self.spectrum = spectrum * np.mean(1 / spectrum)

    def filtered(self, field: Floats, response: Floats) -> Floats:
        """Multiply the cosines of a field (C, 3) by a response (cz, cy, cx)."""
        grid = field.reshape(*self.counts, -1)
        axes = (0, 1, 2)
        waves = dctn(grid, axes=axes, norm="ortho") * response[..., None]
        return np.asarray(idctn(waves, axes=axes, norm="ortho")).reshape(field.shape)

    def energy(self, field: Floats) -> float:
        """Give the field's energy: the number of unknowns, for a field of deviation 1."""
        return float(np.sum(field * self.filtered(field, self.spectrum)))
