"""The dock panels by name, and how one opens the next."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

STEPS = ("Load", "Reconstruct", "Binarize", "Register", "Edge map", "Composition")
PANELS = {
    "Load": ("load", "LoadPanel"),
    "Reconstruct": ("reconstruct", "ReconstructPanel"),
    "Binarize": ("binarize", "BinarizePanel"),
    "Register": ("register", "RegisterPanel"),
    "Edge map": ("edge_map", "EdgeMapPanel"),
    "Composition": ("composition", "CompositionPanel"),
    "ROI spectrum": ("roi_spectrum", "RoiSpectrumPanel"),
    "Quality": ("quality", "QualityPanel"),
}
"""Panels by the name in the manifest, with their folder and class."""


def open_panel(viewer: Any, name: str) -> Any:
    """Open a panel of this plugin in a viewer's window, or bring the open one to the front; give the panel."""
    title = f"{name} (Spectro-tomography)"  # as napari's own menu names it, so that neither opens a second one
    docked = viewer.window.dock_widgets
    if title in docked:
        panel = docked[title]
    else:
        folder, cls = PANELS[name]
        panel = getattr(import_module(f".{folder}", __package__), cls)(viewer)
        viewer.window.add_dock_widget(panel, name=title, area="right", tabify=True, add_vertical_stretch=False)
    dock = dock_of(panel)
    if dock is not None:
        dock.show()
        dock.raise_()
    return panel


def dock_of(panel: QWidget) -> QDockWidget | None:
    """Give the dock around a panel."""
    parent = panel.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent


def name_dock(panel: QWidget, name: str) -> None:
    """Give the dock around a panel a short name, so that its tab can be read."""
    dock = dock_of(panel)
    if dock is not None:
        dock.setWindowTitle(name)
        window = dock.parentWidget()
        for bar in window.findChildren(QTabBar) if isinstance(window, QMainWindow) else ():
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)
