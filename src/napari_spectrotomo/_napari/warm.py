"""What takes a second to import is imported beside the window when the plugin is first touched.

With all these modules a full collection of Python's garbage takes a fifth of a second, in which the window stands still, and
napari makes one whenever a layer is removed. So what is there after the import is left out of collections; when a window is
closed all is collected once, lest the window's own garbage stay for ever.
"""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

from qtpy.QtCore import QEventLoop, QThread, QTimer
from qtpy.QtWidgets import QApplication, QMainWindow

from .settings import setting

MODULES = (
    "napari_spectrotomo.workflow",
    "napari_spectrotomo.assess",
    "napari_spectrotomo.spectra.composition.mixture",
    "napari_spectrotomo._napari.plot_canvas",
    "zarr",
)
"""What panels and readers need, and takes long."""

LATER = (
    "algotom.prep.calculation",
    "matplotlib.figure",
    "scipy.interpolate",
    "skimage.exposure",
    "skimage.filters",
    "skimage.measure",
    "skimage.registration",
    "skimage.segmentation",
    "sklearn.decomposition",
)
"""What the stages need: imported while the panels are there already."""

_LOOK = 10  # ms between two looks at whether it is done


def warm_up(context: Any = None) -> None:
    """Import the core in a thread while the window goes on painting; napari calls this before anything else of the plugin.

    Whoever called wants a panel or a reader at once, so this returns when the core is there; clicks and keys wait until then.
    Without a window, or in another thread, nothing is done. What cannot be imported is left to whoever needs it, with its error.

    Parameters
    ----------
    context : PluginContext
        npe2's; not looked at.
    """
    app = QApplication.instance()
    if app is None or QThread.currentThread() != app.thread() or all(name in sys.modules for name in MODULES):
        return
    there = threading.Event()
    importing = threading.Thread(target=_import, args=(there,), name="spectrotomo-import", daemon=True)
    loop, timer = QEventLoop(), QTimer(app, interval=_LOOK)
    timer.timeout.connect(lambda: loop.quit() if there.is_set() else None)
    importing.start()
    timer.start()
    loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    gc.freeze()
    timer.timeout.connect(lambda: None if importing.is_alive() else _all_there(timer))
    for window in QApplication.topLevelWidgets():
        if isinstance(window, QMainWindow):
            window.destroyed.connect(_let_go)


def _import(there: threading.Event) -> None:
    try:
        for name in MODULES:
            with suppress(ImportError):
                import_module(name)
        _make_units()
        setting("project_folder")  # napari reads the manifests of all plugins at the first
    finally:
        there.set()
    for name in LATER:
        with suppress(ImportError):
            import_module(name)


def _all_there(timer: QTimer) -> None:
    timer.stop()
    timer.deleteLater()
    gc.freeze()


def _make_units() -> None:
    """Let pint read its definitions, a tenth of a second, before napari asks for them with the first layer that has units."""
    from pint import get_application_registry

    get_application_registry().Unit("nanometer")


def _let_go(*_: object) -> None:
    gc.unfreeze()
    QTimer.singleShot(0, _collect_once)


def _collect_once() -> None:
    gc.collect()
    gc.freeze()
