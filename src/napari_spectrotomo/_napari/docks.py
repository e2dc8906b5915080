"""The panels by name, and how one opens the next: the steps share one dock, what stands beside them has docks of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QLabel, QMainWindow, QStackedWidget, QTabBar, QWidget

STEPS = ("Load", "Reconstruct", "Binarize", "Register", "Edge map", "Composition")
BESIDE = {
    "ROI spectrum": "The spectrum of a region while you draw it.",
    "Quality": "Whether the registration is right: numbers of every energy.",
    "Export": "Results as files: TIFF, meshes, pictures for print, movies.",
}
"""Panels that stand beside the steps, with what they are for."""

JOURNEY = "Spectro-tomography"
PANELS = {
    JOURNEY: ("journey", "JourneyPanel"),
    "Load": ("load", "LoadPanel"),
    "Reconstruct": ("reconstruct", "ReconstructPanel"),
    "Binarize": ("binarize", "BinarizePanel"),
    "Register": ("register", "RegisterPanel"),
    "Edge map": ("edge_map", "EdgeMapPanel"),
    "Composition": ("composition", "CompositionPanel"),
    "ROI spectrum": ("roi_spectrum", "RoiSpectrumPanel"),
    "Quality": ("quality", "QualityPanel"),
    "Export": ("export", "ExportPanel"),
}
"""Panels by the name in the manifest, with their folder and class."""


def open_panel(viewer: Any, name: str) -> Any:
    """Open a panel of this plugin in a viewer's window, or bring the open one to the front; give the panel.

    A step comes up in the dock of all steps, unless it was opened from napari's menu and has a dock of its own.
    """
    docked = viewer.window.dock_widgets
    if name in STEPS and _title(name) not in docked:
        return open_panel(viewer, JOURNEY).show_step(name)
    if _title(name) in docked:
        panel = docked[_title(name)]
    else:
        panel = make_panel(viewer, name)
        viewer.window.add_dock_widget(panel, name=_title(name), area="right", tabify=True, add_vertical_stretch=False)
    dock = dock_of(panel)
    if dock is not None:
        dock.show()
        dock.raise_()
    return panel


def make_panel(viewer: Any, name: str) -> Any:
    """Make a panel of this plugin, without a dock."""
    folder, cls = PANELS[name]
    return getattr(import_module(f".{folder}", __package__), cls)(viewer)


def is_open(viewer: Any) -> bool:
    """Say whether a viewer's window is not closed yet; one without a window counts as open."""
    window = getattr(viewer, "window", None)
    return window is None or hasattr(window, "_qt_window")


def _title(name: str) -> str:
    """Give the name of a panel's dock, as napari's own menu names it, so that neither opens a second one."""
    return f"{name} (Spectro-tomography)"


def dock_of(panel: QWidget) -> QDockWidget | None:
    """Give the dock around a panel."""
    parent = panel.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent


def name_dock(panel: QWidget, name: str, tab: str = "") -> None:
    """Give the dock of a panel a short name, so that its title and its tab can be read; not for a step in the dock of all.

    `tab` is a still shorter name, for the tab.
    """
    dock = dock_of(panel)
    if dock is not None and not isinstance(panel.parentWidget(), QStackedWidget):
        for title in dock.findChildren(QLabel):
            if title.text() == _title(name):
                title.setText(name)
        dock.setWindowTitle(tab or name)
        window = dock.parentWidget()
        for bar in window.findChildren(QTabBar) if isinstance(window, QMainWindow) else ():
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)
