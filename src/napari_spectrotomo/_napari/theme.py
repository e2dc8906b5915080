"""Colours of words and marks that can be read on napari's dark and light themes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari.utils.theme import get_theme


@dataclass(frozen=True, slots=True)
class Colors:
    """Colours as ``#rrggbb``.

    Attributes
    ----------
    text, faint : str
        Words, and words that step back.
    link, accent : str
        What can be clicked, and what is chosen.
    error, warn, good : str
        What went wrong, what is doubtful, what is right.
    """

    text: str
    faint: str
    link: str
    accent: str
    error: str
    warn: str
    good: str


DARK = Colors("#f0f1f2", "#a0a4ab", "#9ecbff", "#ffd33d", "#ff7b72", "#e3b341", "#7ee787")
LIGHT = Colors("#1e1e21", "#5c6168", "#0b57d0", "#8a5a00", "#b3151d", "#8a5a00", "#1a7f37")


def is_light(viewer: Any) -> bool:
    """Say whether a viewer's theme is a light one."""
    return get_theme(viewer.theme).type == "light"


def colors(viewer: Any) -> Colors:
    """Give the colours that can be read on a viewer's theme."""
    return LIGHT if is_light(viewer) else DARK
