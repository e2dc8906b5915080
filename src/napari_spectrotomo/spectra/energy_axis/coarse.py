"""Whether the scan's steps are fine enough for the way edge energies are asked for."""

from __future__ import annotations

import numpy as np

from ...data import FloatArray
from ..normalize.background import background
from ..normalize.windows import Windows, map_windows

RISE = (0.1, 0.9)
"""The rise goes from the one to the other, of the edge step."""
IN_RISE = {"half-height": 1.5, "edge-integral": 1.5, "derivative": 2.0}
"""Steps there must be within the rise: 1.5 of them put the half height of an error function off by 5 % of a step at most."""
IN_LINE = 4.0
"""Steps there must be within the half width of the white line."""
FAINT = 0.05
"""A white line so little above the post-edge is none."""
_OF_LINE = ("white-line", "centroid")


def grid_warnings(
    energies: FloatArray, mean: FloatArray, e0: float, method: str, windows: Windows | None = None
) -> tuple[str, ...]:
    """Say where a scan's steps are too coarse, or its end too early, for edge energies by `method`.

    The mean spectrum is flattened by the edge map's windows. Its rise from 10 to 90 % must be as wide as 1.5 steps for half
    height and edge integral and as 2 for the derivative; its white line, at half its height above 1, as wide as 4 for the line's
    maximum and centroid. The step is the widest that overlaps it. A width measured on a coarse grid is at least about a step: real
    ones are narrower.

    Parameters
    ----------
    energies : (E,) float64, eV, ascending, each once
    mean : (E,) float64
        Mean spectrum of the voxels.
    e0 : float, eV
    method : 'half-height', 'derivative', 'white-line', 'centroid' or 'edge-integral'
    windows : Windows
        Those the map uses; None: the edge map's own about e0.

    Returns
    -------
    tuple of str
        Sentences with the present and the needed step; empty where all is well.

    Raises
    ------
    DataError
        If the scan has no energies about e0.
    """
    lines = background(energies, windows or map_windows(energies, e0))
    step = float(lines.step @ mean)
    if not step > 0:
        return ()
    height = lines.flattened @ mean / step
    if method in IN_RISE:
        return _rise_warnings(energies, height, e0, method)
    if method in _OF_LINE:
        return _line_warnings(energies, height, e0, method)
    return ()


def _rise_warnings(energies: FloatArray, height: FloatArray, e0: float, method: str) -> tuple[str, ...]:
    found = _rise(energies, height)
    if found is None:
        return (
            f"The mean spectrum does not rise from {RISE[0]:.0%} to {RISE[1]:.0%} of its edge step about {e0:.1f} eV: edge "
            f"energies by {method} cannot be trusted. Check the edge energy and the windows before and after it.",
        )
    low, high = found
    width, step = high - low, _widest_step(energies, low, high)
    if width >= IN_RISE[method] * step:
        return ()
    return (
        f"The scan goes in steps of {step:.1f} eV where the edge rises, within {width:.1f} eV (from {low:.1f} to {high:.1f} eV): "
        f"{method} needs steps of {_rounded_down(width / IN_RISE[method]):g} eV or less there. "
        "Edge energies may be off by a good part of a step; their "
        "error bars do not know it.",
    )


def _line_warnings(energies: FloatArray, height: FloatArray, e0: float, method: str) -> tuple[str, ...]:
    after = np.flatnonzero(energies >= e0)
    top = int(after[np.argmax(height[after])])
    if height[top] < 1 + FAINT:
        return (
            f"No white line stands above the post-edge of the mean spectrum (its maximum is {height[top]:.2f} edge steps): edge "
            f"energies by {method} cannot be trusted. Take half-height instead.",
        )
    level = 1 + (height[top] - 1) / 2
    down = np.flatnonzero(height[top:] < level)
    if not len(down):
        return (
            f"The scan ends at {energies[-1]:.1f} eV, before the white line (maximum near {energies[top]:.1f} eV) has come down to "
            f"half its height: edge energies by {method} cannot be trusted. Scan further, or take half-height.",
        )
    right = top + int(down[0])
    up = np.flatnonzero(height[:top] < level)
    left = int(up[-1]) if len(up) else 0
    start = _crossing(energies, height, left, level)
    stop = _crossing(energies, height, right - 1, level)
    width, step = stop - start, _widest_step(energies, start, stop)
    if width >= IN_LINE * step:
        return ()
    return (
        f"The scan goes in steps of {step:.1f} eV across the white line, which is {width:.1f} eV wide at half its height (from "
        f"{start:.1f} to {stop:.1f} eV): {method} needs steps of {_rounded_down(width / IN_LINE):g} eV or less there. "
        "Take half-height, or scan "
        "finer.",
    )


def _rounded_down(step: float) -> float:
    """Give a step to a tenth of an eV that is fine enough, so that it never reads as the one there is."""
    return float(np.floor(step * 10 - 1e-6) / 10) if step > 0.1 else step


def _rise(energies: FloatArray, height: FloatArray) -> tuple[float, float] | None:
    """Where the spectrum first reaches the upper level, and last left the lower one before."""
    reached = np.flatnonzero(height >= RISE[1])
    if not len(reached) or reached[0] == 0:
        return None
    last = int(reached[0])
    below = np.flatnonzero(height[:last] < RISE[0])
    if not len(below):
        return None
    return _crossing(energies, height, int(below[-1]), RISE[0]), _crossing(energies, height, last - 1, RISE[1])


def _crossing(energies: FloatArray, height: FloatArray, before: int, level: float) -> float:
    """Energy at which the straight line from sample `before` to the next one crosses `level`."""
    rise = height[before + 1] - height[before]
    part = (level - height[before]) / rise if rise != 0 else 0.5
    return float(energies[before] + np.clip(part, 0.0, 1.0) * (energies[before + 1] - energies[before]))


def _widest_step(energies: FloatArray, low: float, high: float) -> float:
    overlapped = (energies[1:] > low) & (energies[:-1] < high)
    return float(np.diff(energies)[overlapped].max())
