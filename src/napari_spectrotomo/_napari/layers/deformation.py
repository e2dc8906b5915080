"""A deformation as layers: by how much volumes grow, and where points go, on a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import Colormap

from ...data import FloatArray
from .compare import leave_comparison
from .geometry import volume_axes
from .show import layer_of, put, show_only, take_away
from .tuples import ROLE, volume_layer

_ARROWS = 4000
_VOXELS = 8_000_000
_GROWTH = Colormap(
    [[0.13, 0.40, 0.75, 1.0], [0.96, 0.96, 0.96, 1.0], [0.75, 0.12, 0.16, 1.0]],
    name="growth",
    nan_color=[0, 0, 0, 0],
)


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """What there is to see of the deformation of one energy.

    Attributes
    ----------
    index : int
        Of the energy.
    jacobian : (z', y', x') float32
        By how much volumes grow from the fixed to the moving volume, on every `step`-th voxel; NaN outside the sample.
    step : int
    starts, moves : (N, 3) float32, voxels
        Points on a coarse grid in the sample, each in all slices nearest to it, and by how much the deformation displaces it.
    folded : float
        Share of the voxels where the transform folds; NaN where it is not known.
    """

    index: int
    jacobian: npt.NDArray[np.float32]
    step: int
    starts: npt.NDArray[np.float32]
    moves: npt.NDArray[np.float32]
    folded: float

    @property
    def span(self) -> tuple[float, float]:
        """Between which factors volumes change in 98 of 100 voxels of the sample."""
        known = self.jacobian[np.isfinite(self.jacobian)]
        low, high = np.percentile(known, (1, 99)) if known.size else (1.0, 1.0)
        return float(low), float(high)

    @property
    def largest(self) -> float:
        """The longest displacement in the sample, in voxels."""
        return float(np.linalg.norm(self.moves, axis=1).max(initial=0.0))


def look_into(deformation: Any, labels: npt.NDArray[np.integer], matrix: npt.NDArray[np.float64], index: int) -> Bent:
    """Work out what there is to see of one energy; some tenths of a second, so in a worker.

    Parameters
    ----------
    deformation : Deformation
    labels : (z, y, x) int
        The sample in the fixed volume; everything where there is none.
    matrix : (4, 4)
        The affine transform of the whole at that energy.
    index : int
    """
    sample = labels > 0 if labels.any() else np.ones(labels.shape, bool)
    step = max(1, round((sample.size / _VOXELS) ** (1 / 3)))
    linear = matrix[:3, :3] if np.isfinite(matrix).all() else None
    jacobian = deformation.jacobian(index, linear, step)
    jacobian[~sample[::step, ::step, ::step]] = np.nan
    wide = max(2, deformation.spacing // 4, int(np.ceil((np.count_nonzero(sample) / _ARROWS) ** (1 / 3))))
    field = deformation.field(index, wide)
    nodes = np.argwhere(sample[::wide, ::wide, ::wide])
    moves = field[:, *nodes.T].T
    # an arrow stands in the slices about its node too, or most slices would have none
    every = [nodes * wide + [off, 0, 0] for off in range(-(wide // 2), wide - wide // 2)]
    starts, moves = np.concatenate(every), np.tile(moves, (wide, 1))
    inside = (starts[:, 0] >= 0) & (starts[:, 0] < len(sample))
    starts, moves = starts[inside].astype(np.float32), moves[inside]
    return Bent(index, jacobian, step, starts, moves, deformation.folded(index, linear))


def show_deformation(viewer: Any, bent: Bent, energy: float, voxel_size: FloatArray | None) -> None:
    """Show growth as colours and displacements as arrows, over the registered volume in grey."""
    first = layer_of(viewer, "jacobian") is None
    away = max(abs(bound - 1) for bound in bent.span) or 0.01
    data, given, kind = volume_layer(
        bent.jacobian,
        voxel_size,
        "jacobian",
        f"Growth {energy:.1f} eV",
        colormap=_GROWTH,
        blending="translucent",
        opacity=0.7,
    )
    given["scale"] = tuple(bent.step * size for size in given["scale"])
    layer = put(viewer, (data, given, kind))
    layer.contrast_limits = (1 - away, 1 + away)
    layer.colorbar.visible = True
    times = _times(bent)
    take_away(viewer, "field")
    arrows = np.stack([bent.starts, bent.moves], axis=1)
    look: dict[str, Any] = {"length": times, "edge_width": 0.5, "edge_color": "#202830", "vector_style": "arrow"}
    about = {"name": f"Displacement x {times:g}", "metadata": {ROLE: "field"}}
    put(viewer, (arrows, about | volume_axes(3, voxel_size) | look, "vectors"))
    if first:
        leave_comparison(viewer)
        registered = layer_of(viewer, "registered")
        if registered is not None:
            registered.colormap, registered.blending = "gray", "translucent"
    show_only(viewer, "registered", "jacobian", "field")


def _times(bent: Bent) -> float:
    """Give a round factor that makes the longest arrow about six voxels long."""
    wanted = 6 / max(bent.largest, 1e-3)
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(max(m * power for m in (1, 2, 5) if m * power <= wanted))
