"""On which machine, with which versions, something was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..threads import thread_count

ALWAYS = ("napari-spectrotomo", "numpy", "scipy", "numba")


def environment(packages: Sequence[str] = ()) -> list[str]:
    """Say which machine and which versions, in two phrases.

    Parameters
    ----------
    packages : sequence of str
        The peers' distributions; those that are not installed are left out.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    versions = [f"{name} {found}" for name in (*ALWAYS, *packages) if (found := _version(name))]
    return [
        f"{_processor()}, {cores} cores, {thread_count()} threads; {platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}, {', '.join(versions)}",
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    """Name of the processor, where the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
