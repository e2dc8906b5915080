"""What takes a second to import is imported beside the window when the plugin is first touched.

With all these modules a full collection of Python's garbage takes a sixth of a second, in which the window stands still. So
what is there after the import is left out of collections, until one of the windows that were there then is closed.
"""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

from qtpy.QtCore import QEventLoop, QThread, QTimer
from qtpy.QtWidgets import QApplication

MODULES = ("napari_spectrotomo.workflow", "napari_spectrotomo.assess", "zarr", "pyqtgraph")
"""What panels and readers need, and takes long."""

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
    importing = threading.Thread(target=_import, name="spectrotomo-import", daemon=True)
    loop, timer = QEventLoop(), QTimer(interval=_LOOK)
    timer.timeout.connect(lambda: None if importing.is_alive() else loop.quit())
    importing.start()
    timer.start()
    loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    timer.stop()
    gc.freeze()
    for window in QApplication.topLevelWidgets():
        window.destroyed.connect(_unfreeze)


def _import() -> None:
    for name in MODULES:
        with suppress(ImportError):
            import_module(name)


def _unfreeze(*_: object) -> None:
    gc.unfreeze()
