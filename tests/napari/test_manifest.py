"""The manifest is found, valid, and names things that are there."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from npe2 import PluginManifest

from napari_spectrotomo._napari.docks import PANELS

pytestmark = pytest.mark.viewer
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    return PluginManifest.from_distribution("napari-spectrotomo")


def test_npe2_finds_the_manifest_at_the_root(manifest):
    assert manifest.name == "napari-spectrotomo"
    assert manifest.display_name == "Spectro-tomography"


def test_npe2_validates_the_manifest():
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", str(ROOT / "napari.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_suffix_that_is_read_is_offered_to_napari(manifest):
    from napari_spectrotomo.io.sniff import _SCAN_SUFFIXES

    (reader,) = manifest.contributions.readers
    assert {f"*{suffix}" for suffix in (*_SCAN_SUFFIXES, ".zarr", ".yaml", ".yml")} == set(reader.filename_patterns)


def test_every_command_can_be_imported(manifest):
    for command in manifest.contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(import_module(module), name)), command.id


def test_every_panel_is_in_the_menu_under_its_own_name(manifest):
    names = {w.command: w.display_name for w in manifest.contributions.widgets}
    assert set(names.values()) == set(PANELS)
    for command in manifest.contributions.commands:
        if command.id in names:
            folder, cls = PANELS[names[command.id]]
            assert command.python_name == f"napari_spectrotomo._napari.{folder}:{cls}"


def test_stages_stand_in_the_menus_for_layers(manifest):
    menus = {
        menu: {item.command.rpartition(".")[2] for item in items}
        for menu, items in manifest.contributions.menus.items()
    }
    assert "register" in menus["napari/layers/register"]
    assert "binarize" in menus["napari/layers/segment"]
    assert "edge_map" in menus["napari/layers/measure"]
    assert "roi_spectrum" in menus["napari/layers/visualize"]
