"""The energy windows below and above the edge over which the background lines of a spectrum are fitted.

Two sets stand side by side: larch's own, and those of the edge map, which keep clear of the white line. Which samples lie in a
window follows larch: from the last energy at or below its start up to, but without, the energy nearest to its end. On the coarse
grids of an edge map that rule would reach into the white line or leave nothing, so that there a sample well before the start does
not count, and the one at the end does where few are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...data import FloatArray
from ...errors import DataError

Pair = tuple[float, float]
FEWEST_PRE_EDGE = 3
"""A straight line needs as many samples; below that the pre-edge is a constant (larch)."""
FEWEST_POST_EDGE = 3
"""As many samples after the edge at least, where the scan has them."""
FAR_BEFORE = 5.0
"""A sample so far (eV) before a window's start does not count in an edge map."""
PRE_END, PRE_LIMIT = -20.0, -5.0
POST_START, POST_LIMIT = 55.0, 15.0
"""Where the edge map's windows end and start (eV from e0), and how near to the edge a short scan may push them."""
POST_SPAN, LINE_SPAN = 20.0, 30.0
"""How long (eV) the window after the edge is at least, and how long it must be for a line (larch)."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Where a spectrum's background lines are fitted.

    Attributes
    ----------
    e0 : float, eV
        Edge energy from which `pre` and `post` count.
    e0_index : int
        Index of the energy nearest to it, at which the edge step is taken.
    pre, post : (start, end), eV from e0
    pre_samples, post_samples : slice
        Samples in each.
    nnorm : int
        Order of the post-edge polynomial.
    warnings : tuple of str
        What is doubtful about them.
    """

    e0: float
    e0_index: int
    pre: Pair
    post: Pair
    pre_samples: slice
    post_samples: slice
    nnorm: int
    warnings: tuple[str, ...] = ()

    def as_plain(self, energies: FloatArray) -> dict[str, object]:
        """Give what a report states of the windows: first and last energy (eV) used of each, and the order."""
        lines = {"pre": energies[self.pre_samples], "post": energies[self.post_samples]}
        ends = {name: (float(used[0]), float(used[-1])) for name, used in lines.items()}
        points = {f"{name}_points": len(used) for name, used in lines.items()}
        return {"e0": self.e0, **ends, **points, "nnorm": self.nnorm}


def larch_windows(
    energies: FloatArray, e0: float, pre: Pair | None = None, post: Pair | None = None, nnorm: int | None = None
) -> Windows:
    """Give larch's windows about `e0`; what is given stands, the rest follows larch's defaults.

    Raises
    ------
    DataError
        If e0 or a window lies outside the energies.
    """
    low, high = _reach(energies, e0)
    if pre is None:
        start = max(5.0 * round((float(energies[1]) - e0) / 5.0), low)
        pre = (start, 0.5 * start)
    if post is None:
        end = min(5.0 * round(high / 5.0), high)
        post = (min(25.0, 5.0 * round(end / 15.0)), end)
    pre, post, warnings = _within(pre, post, low, high, e0)
    if nnorm is None:
        width = post[1] - post[0]
        nnorm = 0 if width < 30 else 1 if width < 300 else 2
    found = _windows(energies, e0, pre, post, nnorm, _larch_samples)
    return replace(found, warnings=(*warnings, *_of_order(nnorm, found)))


def map_windows(
    energies: FloatArray, e0: float, pre: Pair | None = None, post: Pair | None = None, nnorm: int | None = None
) -> Windows:
    """Give the edge map's windows about `e0`: up to e0 - 20 eV, from e0 + 55 eV, a straight line above the edge.

    A scan too short for them gets windows nearer to the edge, and warnings that say so.

    Raises
    ------
    DataError
        If e0 or a window lies outside the energies, or too little of the scan lies on one side of the edge.
    """
    low, high = _reach(energies, e0)
    warnings = []
    if pre is None:
        enough = float(energies[FEWEST_PRE_EDGE - 1]) - e0
        pre = (low, max(PRE_END, min(enough, PRE_LIMIT)))
        if pre[1] > PRE_END:
            warnings.append(
                f"Few energies lie before the edge: the pre-edge line is fitted up to {e0 + pre[1]:.1f} eV, "
                f"{-pre[1]:.0f} eV below the edge instead of {-PRE_END:.0f}. Start the scan earlier."
            )
    if post is None:
        enough = min(float(energies[-min(FEWEST_POST_EDGE, len(energies))]) - e0, high - POST_SPAN)
        post = (min(POST_START, max(enough, POST_LIMIT)), high)
        if post[0] < POST_START:
            warnings.append(
                f"The scan ends {high:.0f} eV above the edge: the post-edge line is fitted from {e0 + post[0]:.1f} eV, "
                f"{post[0]:.0f} eV above the edge instead of {POST_START:.0f}, where the white line may bend it."
            )
    pre, post, clipped = _within(pre, post, low, high, e0)
    found = _windows(energies, e0, pre, post, 1 if nnorm is None else nnorm, _map_samples)
    warnings += [*clipped, *_of_order(nnorm, found)]
    if nnorm is None and (_count(found.post_samples) < FEWEST_POST_EDGE or post[1] - post[0] < LINE_SPAN):
        found = replace(found, nnorm=0)
        warnings.append(
            f"The window after the edge, {e0 + post[0]:.1f} to {e0 + post[1]:.1f} eV, is too short for a line: a constant was "
            "taken, so that edge energies may be biased."
        )
    for name, used in (("before", found.pre_samples), ("after", found.post_samples)):
        points = _count(used)
        if points < FEWEST_PRE_EDGE:
            warnings.append(
                f"Only {points} of the energies lie in the window {name} the edge: the background there is poorly known. "
                f"Widen the window, or measure more energies {name} the edge."
            )
    return replace(found, warnings=tuple(warnings))


def _within(pre: Pair, post: Pair, low: float, high: float, e0: float) -> tuple[Pair, Pair, list[str]]:
    """Cut both windows to the scan, and say so."""
    warnings = []
    for name, (start, end), cut in (
        ("pre-edge", pre, min(pre) < low - 0.5),
        ("post-edge", post, max(post) > high + 0.5),
    ):
        if cut:
            warnings.append(
                f"The {name} window asked for, {e0 + min(start, end):.1f} to {e0 + max(start, end):.1f} eV, goes beyond the scan, "
                f"{e0 + low:.1f} to {e0 + high:.1f} eV, and was cut to it."
            )
    return (max(min(pre), low), max(pre)), (min(post), min(max(post), high)), warnings


def _of_order(asked: int | None, found: Windows) -> list[str]:
    if asked is None or found.nnorm == asked:
        return []
    return [
        f"The post-edge window holds {_count(found.post_samples)} energies, too few for a polynomial of order {asked}: one of "
        f"order {found.nnorm} was fitted."
    ]


def _count(samples: slice) -> int:
    return int(samples.stop - samples.start)


def _reach(energies: FloatArray, e0: float) -> Pair:
    if not energies[1] <= e0 <= energies[-2]:
        raise DataError(
            f"The edge energy {e0:.1f} eV is not inside the scan, which goes from {energies[0]:.1f} to {energies[-1]:.1f} eV: "
            "give e0 in eV between its second and its last energy but one, or scan across the edge."
        )
    return float(energies[0]) - e0, float(energies[-1]) - e0


def _windows(
    energies: FloatArray, e0: float, pre: Pair, post: Pair, nnorm: int, choose: Callable[[FloatArray, Pair], slice]
) -> Windows:
    below, above = choose(energies - e0, pre), choose(energies - e0, post)
    for name, window, found in (("pre-edge", pre, below), ("post-edge", post, above)):
        if found.stop <= found.start or window[0] >= window[1]:
            raise DataError(
                f"No energy lies in the {name} window {e0 + window[0]:.1f} to {e0 + window[1]:.1f} eV; the scan goes from "
                f"{energies[0]:.1f} to {energies[-1]:.1f} eV. Give the window in eV from e0 = {e0:.1f} eV, start before end."
            )
    order = max(0, min(nnorm, above.stop - above.start - 1))
    return Windows(e0, int(np.argmin(np.abs(energies - e0))), pre, post, below, above, order)


def _larch_samples(relative: FloatArray, window: Pair) -> slice:
    first = max(0, int(np.searchsorted(relative, window[0] + 1e-9, side="right")) - 1)
    last = int(np.argmin(np.abs(relative - window[1])))
    return slice(first, last if last - first >= 2 else min(len(relative), first + 2))


def _map_samples(relative: FloatArray, window: Pair) -> slice:
    first = max(0, int(np.searchsorted(relative, window[0] + 1e-9, side="right")) - 1)
    if relative[first] < window[0] - FAR_BEFORE:
        first += 1
    last = int(np.argmin(np.abs(relative - window[1])))
    if last - first < FEWEST_PRE_EDGE and relative[min(last, len(relative) - 1)] <= window[1] + FAR_BEFORE:
        last += 1
    return slice(first, last)
