"""The layers of the stage `composition`: fractions in colours and one by one, residual, components, clusters."""

from __future__ import annotations

from typing import Any

from ...spectra import composition_rgb
from .geometry import volume_axes
from .map_colors import label_colors
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
        look: dict[str, Any] = {"opacity": 0.9, "colormap": label_colors()}
        made["clusters"] = volume_layer(found.labels, found.voxel_size, "clusters", "Clusters", **look)
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
