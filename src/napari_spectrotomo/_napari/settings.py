"""What people set once in napari's preferences (Plugins > Spectro-tomography)."""

from __future__ import annotations

from typing import Any

PLUGIN = "napari-spectrotomo"
DEFAULTS: dict[str, Any] = {"project_folder": "", "map_colormap": "viridis"}


def setting(name: str) -> Any:
    """Give a setting from napari's preferences, or its default where napari does not know the plugin."""
    from napari.settings import get_plugin_settings

    try:
        return getattr(get_plugin_settings(PLUGIN).general, name)
    except (KeyError, AttributeError):
        return DEFAULTS[name]
