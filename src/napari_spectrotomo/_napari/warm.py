"""What takes a second to import is imported beside the window when the plugin is first touched."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from typing import Any

from qtpy.QtCore import QEventLoop, QThread, QTimer
from qtpy.QtWidgets import QApplication

MODULES = ("napari_spectrotomo.workflow", "napari_spectrotomo.assess", "zarr")
"""What every panel and reader needs, without Qt."""

_LOOK = 10  # ms between two looks at whether it is done


def warm_up(context: Any = None) -> None:
    """Import the core in a thread while the window goes on painting; napari calls this before anything else of the plugin.

    Whoever called wants a panel or a reader at once, so this returns when the core is there; clicks and keys wait until then.

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


def _import() -> None:
    for name in MODULES:
        import_module(name)
