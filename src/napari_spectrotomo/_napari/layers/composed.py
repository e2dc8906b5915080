"""The layers of the stage `composition`: fractions in colours and one by one, residual, components, clusters."""

from __future__ import annotations

from typing import Any

from napari.utils.colormaps import CyclicLabelColormap

from ...spectra import composition_rgb
from ..plot import COLORS
from .geometry import volume_axes
from .show import MOST_SHOWN, SHARES
from .tuples import ROLE, LayerTuple, limits, volume_layer

Made = dict[str, LayerTuple]


def composed_layers(project: Any) -> Made:
    """Make the layers of what the composition holds, by their role; those that are seen first come last."""
    entry = project.record.stage("composition")
    made: Made = {}
    if "components" in entry:
        made |= _components(project)
    if "clusters" in entry:
        found = project.clusters()
        colors = CyclicLabelColormap(colors=[(0.0, 0.0, 0.0, 0.0), *map(_rgba, COLORS)])
        made["clusters"] = volume_layer(
            found.labels, found.voxel_size, "clusters", "Clusters", opacity=0.9, colormap=colors
        )
    if "references" in entry:
        made |= _references(project)
    return made


def _components(project: Any) -> Made:
    found = project.components()
    return {
        f"component {k}": volume_layer(
            scores, found.voxel_size, f"component {k}", f"Component {k}", contrast_limits=limits(scores, 2, 98), **_LOOK
        )
        for k, scores in enumerate(found.scores[:MOST_SHOWN], 1)
    }


_LOOK: dict[str, Any] = {"colormap": "viridis", "blending": "translucent"}


def _references(project: Any) -> Made:
    found = project.composition()
    size, look = found.voxel_size, {**_LOOK, "contrast_limits": (0.0, 1.0)}
    residual = {**_LOOK, "colormap": "magma", "contrast_limits": limits(found.residual, 0, 98)}
    made = {"residual": volume_layer(found.residual, size, "residual", "Composition residual", **residual)}
    for k, (name, fraction) in enumerate(zip(found.names, found.fractions, strict=True), 1):
        if k <= MOST_SHOWN:
            role = f"fraction {k}"
            made[role] = volume_layer(fraction, size, role, f"Fraction of {name}", **look)
    chosen = list(range(min(len(found.names), SHARES)))
    about = {"name": "Composition", "metadata": {ROLE: "composition"}}
    axes = volume_axes(3, size)
    picture = composition_rgb(found.fractions, chosen)
    made["composition"] = (picture, {**about, "cache": False, "rgb": True, **axes}, "image")
    return made


def _rgba(color: str) -> tuple[float, float, float, float]:
    """Give a colour written as ``#rrggbb`` in 0..1, opaque."""
    red, green, blue = (int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue, 1.0
