"""While threads work beside the window, Python's garbage is collected in the GUI thread only.

Python collects in whichever thread happens to allocate. A worker that frees what is left of a closed plot or panel takes it from
under Qt's feet, and the window crashes when it next paints.

Thresholds are what is changed, not `gc.disable`: dask enables the collector again whenever it has taken a slice, also in a
worker.
"""

from __future__ import annotations

import gc

_holders = 0
_thresholds = gc.get_threshold()


def hold() -> None:
    """Collect no garbage by itself until `release` was called as often; GUI thread."""
    global _holders, _thresholds
    if _holders == 0:
        _thresholds = gc.get_threshold()
        gc.set_threshold(0)
    _holders += 1


def collect() -> None:
    """Collect young garbage, now, in this thread; it takes a millisecond or two."""
    if _holders:
        gc.collect(1)


def collect_all() -> None:
    """Collect all garbage, now, in this thread; it takes some ten milliseconds, so once in a while."""
    if _holders:
        gc.collect()


def release() -> None:
    """Let garbage be collected as usual, once nobody holds it."""
    global _holders
    _holders = max(_holders - 1, 0)
    if _holders == 0:
        gc.set_threshold(*_thresholds)
