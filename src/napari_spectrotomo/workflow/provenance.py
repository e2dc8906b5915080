"""How a result came to be: the versions, the machine and the command, as ``run.json`` keeps them."""

from __future__ import annotations

import platform
import shlex
import sys
import threading
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from ..chance import SEED
from ..machine import cores, git_commit, memory_held, peak_memory, processor
from ..threads import thread_count

_LIBRARIES = (
    "napari-spectrotomo",
    *("numpy", "scipy", "scikit-image", "scikit-learn", "pandas", "SimpleITK", "algotom", "xraydb"),
    *("numba", "llvmlite", "dask", "threadpoolctl"),
    *("zarr", "numcodecs", "h5py", "hdf5plugin", "tifffile", "olefile"),
    *("matplotlib", "napari"),
)
_COMMANDS = ("spectrotomo", "spectrotomo.exe", "__main__.py")
_EVERY = 0.05
"""Seconds between two looks at the memory."""


def now() -> str:
    """Give the time with its zone, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Give the versions of Python and of the libraries that make the numbers, those that unpack and pack files among them."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    if h5py := sys.modules.get("h5py"):
        found["HDF5"] = h5py.version.hdf5_version
    if commit := git_commit():
        found["git commit"] = commit
    return found


def machine() -> dict[str, Any]:
    """Give what of the machine may show in the last bits of a number: processor, threads, and libraries of linear algebra."""
    from threadpoolctl import threadpool_info

    names = ("user_api", "internal_api", "version", "architecture", "threading_layer", "num_threads")
    libraries = [{name: pool[name] for name in names if pool.get(name)} for pool in threadpool_info()]
    return {
        "processor": processor(),
        "cores": cores(),
        "memory_bytes": int(psutil.virtual_memory().total),
        "libraries": sorted(libraries, key=str),
    }


def session(until: str, by: str | None) -> dict[str, Any]:
    """Begin the note on one run: who asked for it, and when.

    Parameters
    ----------
    until : str
        The last stage asked for.
    by : str or None
        What started it, such as 'napari'; by default the command line of this process.
    """
    return {
        "by": by or command(),
        "folder": str(Path.cwd()),
        "until": until,
        "threads": thread_count(),
        "random_seed": SEED,
        "started": now(),
        "ended": None,
        "outcome": "",
        "machine": machine(),
    }


def command() -> str:
    """Give the command line of this process, as a shell takes it."""
    name = Path(sys.argv[0]).name if sys.argv else ""
    return shlex.join(["spectrotomo", *sys.argv[1:]] if name in _COMMANDS else ["python", *sys.argv])


class PeakMemory:
    """Watches the memory of this process, so that each stage knows its own peak and not that of all before it.

    A peak that is higher than any before is the system's own, exact account; a lower one is the largest seen at twenty looks a
    second. It watches between `__enter__` and `__exit__`.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._seen = self._before = 0

    def __enter__(self) -> PeakMemory:
        self.restart()
        threading.Thread(target=self._look, name="spectrotomo-memory", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()

    def restart(self) -> None:
        """Forget what was seen: another stage begins."""
        self._before = peak_memory()
        self._seen = memory_held()

    def peak(self) -> int:
        """Give the largest memory since the restart, in bytes."""
        ever = peak_memory()
        return ever if ever > self._before else max(self._seen, memory_held())

    def _look(self) -> None:
        while not self._stop.wait(_EVERY):
            self._seen = max(self._seen, memory_held())
