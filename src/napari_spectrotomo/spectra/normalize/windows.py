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
FAR_FROM_START = 20
"""With more samples than this before the edge larch rounds its pre-edge window to 5 eV, else to 2."""
LEAST_SPAN = 2.0
"""How long (eV) larch makes the post-edge window at least."""
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
    pre_order : int
        Of the pre-edge: 1 for a line, 0 for a constant.
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
    pre_order: int = 1
    warnings: tuple[str, ...] = ()

    @property
    def free(self) -> tuple[int, int]:
        """Degrees of freedom that the lines before and after the edge leave."""
        return _count(self.pre_samples) - self.pre_order - 1, _count(self.post_samples) - self.nnorm - 1

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
    nearest = int(np.argmin(np.abs(energies - e0)))
    if pre is None:
        rounded = 5.0 if nearest > FAR_FROM_START else 2.0
        start = max(rounded * round((float(energies[1]) - e0) / rounded), low)
        pre = (start, 0.5 * start)
    if post is None:
        end = min(5.0 * round(high / 5.0), high)
        post = (min(25.0, 5.0 * round(end / 15.0)), end)
    pre, post, warnings = _within(pre, post, energies, e0)
    post = (min(post[0], post[1] - LEAST_SPAN), post[1])
    if nnorm is None:
        width = post[1] - post[0]
        wanted = 0 if width < 30 else 1 if width < 300 else 2
    found = _windows(energies, e0, pre, post, wanted if nnorm is None else nnorm, _larch_samples)
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
    pre, post, clipped = _within(pre, post, energies, e0)
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


def _empty(energies: FloatArray, e0: float, name: str, window: Pair) -> DataError:
    return DataError(
        f"No energy lies in the {name} window {e0 + window[0]:.1f} to {e0 + window[1]:.1f} eV; the scan goes from "
        f"{energies[0]:.1f} to {energies[-1]:.1f} eV. Give the window in eV from e0 = {e0:.1f} eV, start before end."
    )


def _within(pre: Pair, post: Pair, energies: FloatArray, e0: float) -> tuple[Pair, Pair, list[str]]:
    """Cut both windows to the scan, and say so."""
    low, high = float(energies[0]) - e0, float(energies[-1]) - e0
    if max(pre) < low:
        raise _empty(energies, e0, "pre-edge", pre)
    if min(post) > high:
        raise _empty(energies, e0, "post-edge", post)
    for name, beyond, side in (("pre-edge", min(pre) >= 0, "above"), ("post-edge", max(post) <= 0, "below")):
        if beyond:
            raise DataError(
                f"The {name} window lies wholly {side} the edge at {e0:.1f} eV: give it in eV from there, pre-edge windows with "
                "negative numbers and post-edge windows with positive ones."
            )
    warnings = []
    for name, across in (("pre-edge", max(pre) > 0), ("post-edge", min(post) < 0)):
        if across:
            warnings.append(
                f"The {name} window reaches across the edge at {e0:.1f} eV, so that its line is bent by the edge itself: end it "
                "some 20 eV before, or start it some 50 eV behind."
            )
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


Samples = Callable[[FloatArray, float, Pair, Pair, int], tuple[slice, int, slice, int]]
"""From energies, e0, both windows and the order wanted: the samples and the order of the pre-edge, and of the post-edge."""


def _windows(energies: FloatArray, e0: float, pre: Pair, post: Pair, nnorm: int, choose: Samples) -> Windows:
    below, pre_order, above, order = choose(energies, e0, pre, post, nnorm)
    if below.stop <= below.start or pre[0] >= pre[1]:
        raise _empty(energies, e0, "pre-edge", pre)
    if above.stop <= above.start or above.start < 0 or post[0] >= post[1]:
        raise _empty(energies, e0, "post-edge", post)
    nearest = int(np.argmin(np.abs(energies - e0)))
    return Windows(e0, nearest, pre, post, below, above, order, pre_order)


def _at_or_below(energies: FloatArray, value: float) -> int:
    return max(0, int(np.searchsorted(energies, value, side="right")) - 1)


def _nearest(energies: FloatArray, value: float) -> int:
    return int(np.argmin(np.abs(energies - value)))


def _larch_samples(energies: FloatArray, e0: float, pre: Pair, post: Pair, nnorm: int) -> tuple[slice, int, slice, int]:
    """Give larch's: too short a pre-edge is a constant, and few samples after the edge take a line or a constant."""
    relative, n = energies - e0, len(energies)
    line = _at_or_below(relative, pre[1]) - _at_or_below(relative, pre[0]) >= FEWEST_PRE_EDGE
    first, stop = _at_or_below(energies, pre[0] + e0), _nearest(energies, pre[1] + e0)
    stop = max(stop, min(n, first + (2 if line else 1)))
    start, end = min(_at_or_below(energies, post[0] + e0), n - 3), _nearest(energies, post[1] + e0)
    if end - start < 2:
        start, nnorm = start - 2, 0
    elif end - start < 5:
        nnorm = min(1, nnorm)
    return slice(first, stop), int(line), slice(start, end), nnorm


def _map_samples(energies: FloatArray, e0: float, pre: Pair, post: Pair, nnorm: int) -> tuple[slice, int, slice, int]:
    """Give the edge map's: an order that few samples can hold, and a pre-edge that is a constant with fewer than three."""
    below, above = (_map_window(energies - e0, window) for window in (pre, post))
    line = below.stop - below.start >= FEWEST_PRE_EDGE
    return below, int(line), above, max(0, min(nnorm, above.stop - above.start - 1))


def _map_window(relative: FloatArray, window: Pair) -> slice:
    first = _at_or_below(relative, window[0] + 1e-9)
    if relative[first] < window[0] - FAR_BEFORE:
        first += 1
    last = _nearest(relative, window[1])
    if last - first < FEWEST_PRE_EDGE and relative[min(last, len(relative) - 1)] <= window[1] + FAR_BEFORE:
        last += 1
    return slice(first, last)
