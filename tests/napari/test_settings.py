"""What is set in napari's preferences is used."""

from __future__ import annotations

import pytest

from napari_spectrotomo._napari.load.opening import default_folder
from napari_spectrotomo._napari.settings import DEFAULTS, PLUGIN, setting

pytestmark = pytest.mark.viewer


def test_the_manifests_settings_are_those_the_plugin_asks_for():
    from npe2 import PluginManifest

    properties = PluginManifest.from_distribution(PLUGIN).contributions.configurations["general"].properties
    assert {name: p.default for name, p in properties.items()} == DEFAULTS


def test_a_changed_preference_is_used(tmp_path):
    from napari.settings import get_plugin_settings
    from npe2 import PluginManager

    PluginManager.instance().discover()
    general = get_plugin_settings(PLUGIN).general
    assert setting("map_colormap") == "viridis"
    general.map_colormap = "viridis"
    general.project_folder = str(tmp_path)
    assert setting("map_colormap") == "viridis"
    source = tmp_path / "elsewhere" / "scan.h5"
    assert default_folder(source, setting("project_folder")) == tmp_path / "scan_spectrotomo"


def test_without_napari_knowing_the_plugin_defaults_hold(monkeypatch):
    from napari import settings

    def unknown(name):
        raise KeyError(name)

    monkeypatch.setattr(settings, "get_plugin_settings", unknown)
    assert setting("project_folder") == ""
