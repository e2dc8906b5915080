"""The layers of one view at two energies: magenta and green, with their outlines in orange and blue."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Layer

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
_WHEN = {
    "measured": "before registration",
    "shifted": "once shifted",
    "projected": "before registration",
    "registered": "after registration",
}
_LINES = np.array([(0, 0, 0, 0), (255, 166, 40, 255), (82, 168, 255, 255), (255, 255, 255, 255)], np.uint8)
"""Colours where there is no outline, the first one's, the second one's, and both: an image, as labels cost napari half a second."""


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
    lines = _LINES[pair.first_contour + 2 * pair.second_contour.astype(np.intp)]
    look = {"name": "Outlines (first orange, second blue)", "rgb": True, "blending": "translucent", "cache": False}
    made.append((lines, {"metadata": {ROLE: "view outlines"}} | look | axes, "image"))
    return made


def put_view(viewer: Any, made: LayerTuple, seen: bool) -> None:
    """Show one of the layers of a comparison in the place of the one before; what is the same stays untouched."""
    data, given, _ = made
    role = given["metadata"][ROLE]
    layer: Any = layer_of(viewer, role)
    if layer is not None and layer.data.shape != data.shape:
        viewer.layers.remove(layer)
        layer = None
    if layer is None:
        viewer.add_layer(Layer.create(data, given | {"visible": seen}, "image"))
        viewer.layers.selection.active = layer_of(viewer, "view second")
        return
    if tuple(layer.translate) != tuple(given["translate"]):
        layer.translate = given["translate"]
    if layer.name != given["name"]:
        layer.name = given["name"]
    if "contrast_limits" in given and not np.allclose(layer.contrast_limits, given["contrast_limits"], rtol=0.02):
        layer.contrast_limits = given["contrast_limits"]
    layer.data = data
    layer.metadata = given["metadata"]
    layer.visible = seen


def in_words(found: ComparedViews, other: float | None = None) -> str:
    """Say what a comparison found.

    Parameters
    ----------
    found : ComparedViews
    other : float or None
        Pixels between the outlines before registration, where this is after it.
    """
    said = [_apart(found)]
    if found.how in ("shifted", "registered") and other is not None:
        said[0] += f", {other:.2f} before"
    said[0] += "."
    if found.how == "shifted":
        down, across = found.shift
        if np.isnan(down):
            said.append("No shift was found.")
        else:
            said.append(
                f"The second was shifted back by {down:+.2f} rows and {across:+.2f} columns: the conventional alignment of views. "
                "Register the volumes to see what becomes of them in 3-D."
            )
    elif found.how == "measured" and found.magnification != 1:
        said.append(f"The zone plate's magnification ({found.magnification:.4f}) is taken out.")
    return " ".join([*said, *found.doubts])


def _apart(found: ComparedViews) -> str:
    apart = found.pair.apart
    if np.isnan(apart):
        return "One of the two has no outlines"
    size = "" if np.isnan(found.pixel_size) else f" ({apart * found.pixel_size:.0f} nm)"
    return f"Outlines {apart:.2f} pixels{size} apart {_WHEN[found.how]}"
