"""What people set once in napari's preferences (Plugins > Spectro-tomography)."""

from __future__ import annotations

from typing import Any

PLUGIN = "napari-spectrotomo"
DEFAULTS: dict[str, Any] = {"project_folder": "", "map_colormap": "viridis", "map_low": 2.0, "map_high": 98.0}


def setting(name: str) -> Any:
    """Give a setting from napari's preferences, or its default where napari does not know the plugin."""
    from napari.settings import get_plugin_settings

    try:
        return getattr(get_plugin_settings(PLUGIN).general, name)
    except (KeyError, AttributeError):
        return DEFAULTS[name]


def keep(name: str, value: Any) -> None:
    """Keep a setting in napari's preferences; where napari does not know the plugin, it lasts as long as the widget that set it."""
    from napari.settings import get_plugin_settings

    try:
        general = get_plugin_settings(PLUGIN).general
    except (KeyError, AttributeError):
        return
    if getattr(general, name) != value:
        setattr(general, name, value)
