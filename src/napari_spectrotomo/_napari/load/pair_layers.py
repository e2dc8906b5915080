"""The layers of one view at two energies: magenta and green, with their outlines in orange and blue."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Layer
from napari.utils.colormaps import CyclicLabelColormap

from ...workflow import ComparedViews
from ..energy_text import CAPTION
from ..layers import ROLE, layer_of
from ..layers.geometry import projection_axes
from ..layers.tuples import LayerTuple, limits

ROLES = ("view first", "view second", "view outlines")
_WORDS = {
    "measured": "as measured, at one size",
    "shifted": "the second shifted onto the first",
    "projected": "volumes seen at this angle, not registered",
    "registered": "registered volumes seen at this angle",
}
_FIRST_LINE, _SECOND_LINE, _BOTH_LINE = (1.0, 0.65, 0.16, 1.0), (0.32, 0.66, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0)


def pair_layers(found: ComparedViews, binning: int = 1) -> list[LayerTuple]:
    """Make the layers of a comparison, the outlines last.

    Parameters
    ----------
    found : ComparedViews
    binning : int
        Pixels of the detector a pixel of its pictures.
    """
    pair, (first, second) = found.pair, found.energies
    axes = projection_axes(2) | {
        "scale": (float(binning),) * 2,
        "translate": tuple(binning * at + (binning - 1) / 2 for at in found.origin),
    }
    angle = "" if np.isnan(found.angles[0]) else f", {found.angles[0]:.2f}°"
    caption = f"{first:.1f} eV magenta, {second:.1f} eV green{angle}\n{_WORDS[found.how]}"
    made: list[LayerTuple] = []
    for role, image, energy, colormap in (
        ("view first", pair.first, first, "magenta"),
        ("view second", pair.second, second, "green"),
    ):
        about: dict[str, Any] = {ROLE: role, "energy_eV": energy} | ({CAPTION: caption} if role == "view first" else {})
        look = {"colormap": colormap, "blending": "additive", "contrast_limits": limits(image), "cache": False}
        made.append((image, {"name": f"View at {energy:.1f} eV", "metadata": about} | look | axes, "image"))
    lines = pair.first_contour.astype(np.uint8) + 2 * pair.second_contour.astype(np.uint8)
    colors = CyclicLabelColormap(colors=[(0.0, 0.0, 0.0, 0.0), _FIRST_LINE, _SECOND_LINE, _BOTH_LINE])
    name = "Outlines (first orange, second blue)"
    look = {"colormap": colors, "opacity": 0.9, "blending": "translucent", "cache": False}
    made.append((lines, {"name": name, "metadata": {ROLE: "view outlines"}} | look | axes, "labels"))
    return made


def put_pair(viewer: Any, made: list[LayerTuple], outlines: bool) -> None:
    """Show the layers of a comparison in the place of those before; the outlines only where they are wanted."""
    begun = layer_of(viewer, "view second") is None
    for data, given, kind in made:
        role = given["metadata"][ROLE]
        layer: Any = layer_of(viewer, role)
        if layer is not None and layer.data.shape != data.shape:
            viewer.layers.remove(layer)
            layer = None
        if layer is None:
            layer = viewer.add_layer(Layer.create(data, given, kind))
        else:
            layer.data = data
            layer.name, layer.translate = given["name"], given["translate"]
            layer.metadata = given["metadata"]
            if kind == "image":
                layer.contrast_limits = given["contrast_limits"]
        layer.visible = outlines or role != "view outlines"
    if begun:
        viewer.layers.selection.active = layer_of(viewer, "view second")


def in_words(found: ComparedViews, other: float | None = None) -> str:
    """Say what a comparison found.

    Parameters
    ----------
    found : ComparedViews
    other : float or None
        Pixels between the outlines before registration, where this is after it.
    """
    after = found.how in ("shifted", "registered")
    said = [_apart(found, "after" if after else "before")]
    if after and other is not None:
        said[0] += f", {other:.2f} before"
    said[0] += "."
    if found.how == "shifted":
        down, across = found.shift
        if np.isnan(down):
            said.append("No shift was found.")
        else:
            said.append(
                f"The second was shifted back by {down:+.2f} rows and {across:+.2f} columns: the conventional alignment in 2-D. "
                "Register the volumes to see what 3-D makes of it."
            )
    elif found.how == "measured" and found.magnification != 1:
        said.append(f"The zone plate's magnification ({found.magnification:.4f}) is taken out.")
    return " ".join([*said, *found.doubts])


def _apart(found: ComparedViews, when: str) -> str:
    apart = found.pair.apart
    if np.isnan(apart):
        return "One of the two has no outlines"
    size = "" if np.isnan(found.pixel_size) else f" ({apart * found.pixel_size:.0f} nm)"
    return f"Outlines {apart:.2f} pixels{size} apart {when} registration"
