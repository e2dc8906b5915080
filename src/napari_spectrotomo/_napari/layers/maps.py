"""The layers of the stage `spectra`: edge energy, its error, the edge step and the valence, in colours with a bar and its unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from napari.layers import Layer

from ..settings import setting
from .map_colors import is_diverging, map_colormap, map_limits, median_of
from .show import put_steps
from .tuples import LayerTuple, volume_layer

MAP_ROLES = ("edge energy", "edge error", "edge step", "valence", "valence error")
WHOLE = "whole_map"
"""Where a map layer's metadata keep the map as it was made: what is shown may leave out weak edge steps."""

_BAR = {"position": "top_right", "box": True}


def map_layers(project: Any) -> dict[str, LayerTuple]:
    """Make the layers of the edge energy, its error, the edge step and, where there are standards, the valence.

    Colours and percentiles are those of napari's preferences.
    """
    edge = project.edge_map()
    unit = edge.attenuation_unit
    chosen = setting("map_colormap")
    maps = [
        ("edge error", "Edge energy error (eV)", edge.error, "magma"),
        ("edge step", f"Edge step ({unit})" if unit else "Edge step", edge.step, "gray"),
        ("edge energy", "Edge energy (eV)", edge.energy, chosen),
    ]
    if project.recipe.spectra.standards is not None:
        found = project.valence()
        oxidation = [
            ("valence error", "Valence error", found.error, "magma"),
            ("valence", "Valence", found.valence, chosen),
        ]
        maps = [*oxidation, *maps]
    low, high = setting("map_low"), setting("map_high")
    made: dict[str, LayerTuple] = {}
    for role, name, values, colors in maps:
        middle = median_of(values) if is_diverging(colors) else None
        look = {"colormap": map_colormap(colors), "contrast_limits": map_limits(values, low, high, middle)}
        made[role] = volume_layer(values, edge.voxel_size, role, name, blending="translucent", **look)
        made[role][1]["metadata"][WHOLE] = values
    return made


def put_map(viewer: Any, made: LayerTuple) -> Iterator[None]:
    """Put a map in its place, in steps: its contrast also where the layer of another map is renewed, with a colour bar."""
    layer: Any = yield from put_steps(viewer, made)
    yield
    if "contrast_limits" in made[1]:
        layer.contrast_limits = made[1]["contrast_limits"]
        show_bar(viewer, layer)


def show_bar(viewer: Any, layer: Layer) -> None:
    """Show a layer's colour bar under its name, which has the unit: napari's bar has numbers only."""
    viewer.canvas.overlay_tiling.top_right = "vertical"
    bar: Any = layer
    for overlay in (bar.name_overlay, bar.colorbar):
        overlay.update(_BAR)
        overlay.visible = True
