"""The first import of the core takes a second or more (numba, pandas, zarr): a thread does it while the window goes on answering.

With all these modules a full collection of Python's garbage takes a sixth of a second, in which the window stands still. So
what is there after the import is left out of collections, until one of the windows that were there then is closed.
"""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from importlib import import_module

_LOOK = 10  # ms between two looks whether the thread is done


def import_beside_the_window(*modules: str) -> None:
    """Import modules in a thread, and let the event loop of the GUI thread turn meanwhile.

    Where there is no window yet, or this is another thread, nothing is done: whoever needs the modules imports them.

    Parameters
    ----------
    modules : str
        Full names. One that cannot be imported is left to whoever needs it, and so is its error.
    """
    missing = [name for name in modules if name not in sys.modules]
    if not missing or "qtpy" not in sys.modules or threading.current_thread() is not threading.main_thread():
        return
    from qtpy.QtCore import QEventLoop, QTimer
    from qtpy.QtWidgets import QApplication

    if QApplication.instance() is None:
        return
    thread = threading.Thread(target=_import, args=(missing,), name="spectrotomo-import", daemon=True)
    thread.start()
    loop, timer = QEventLoop(), QTimer(interval=_LOOK)
    timer.timeout.connect(lambda: None if thread.is_alive() else loop.quit())
    timer.start()
    loop.exec()
    timer.stop()
    gc.freeze()
    for window in QApplication.topLevelWidgets():
        window.destroyed.connect(_unfreeze)


def _import(modules: list[str]) -> None:
    for name in modules:
        with suppress(ImportError):
            import_module(name)


def _unfreeze(*_: object) -> None:
    gc.unfreeze()
