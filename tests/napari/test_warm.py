"""The first touch of the plugin imports for a second, and the window goes on meanwhile."""

from __future__ import annotations

import sys
import threading

import npe2
import pytest
from qtpy.QtCore import QTimer

from napari_spectrotomo._napari import warm

pytestmark = pytest.mark.viewer


def test_the_window_goes_on_while_the_core_is_imported(qtbot, tmp_path, monkeypatch):
    (tmp_path / "slow_core.py").write_text("import sys\nassert sys.gui_went_on.wait(60)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "gui_went_on", threading.Event(), raising=False)
    monkeypatch.setattr(warm, "MODULES", ("slow_core",))
    QTimer.singleShot(0, sys.gui_went_on.set)
    warm.warm_up()
    assert "slow_core" in sys.modules
    del sys.modules["slow_core"]


def test_an_import_that_fails_leaves_it_to_whoever_needs_it(qtbot, monkeypatch):
    monkeypatch.setattr(warm, "MODULES", ("napari_spectrotomo.no_such_module",))
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    warm.warm_up()
    assert "napari_spectrotomo.no_such_module" not in sys.modules


def test_napari_calls_it_before_anything_else_of_the_plugin():
    manifest = npe2.PluginManifest.from_distribution("napari-spectrotomo")
    assert str(manifest.on_activate) == "napari_spectrotomo._napari.warm:warm_up"
