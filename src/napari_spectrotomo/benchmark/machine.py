"""On which machine, with which versions, something was measured."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from ..machine import cores, processor
from ..threads import thread_count

ALWAYS = ("napari-spectrotomo", "numpy", "scipy", "numba")


def environment(packages: Sequence[str] = ()) -> list[str]:
    """Say which machine and which versions, in two phrases.

    Parameters
    ----------
    packages : sequence of str
        The peers' distributions; those that are not installed are left out.
    """
    versions = [f"{name} {found}" for name in (*ALWAYS, *packages) if (found := _version(name))]
    return [
        f"{processor()}, {cores()} cores, {thread_count()} threads; {platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}, {', '.join(versions)}",
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
