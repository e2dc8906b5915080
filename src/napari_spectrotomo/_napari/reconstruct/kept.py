"""What looking at one energy takes long to make, kept while it stays the same: its corrected views, their axis and jitter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from ...align.jitter import Jitter, find_jitter_of
from ...align.parameters import JitterMethod
from ...data import FloatArray, Scan
from ...preprocess import CorrectedTomogram, CorrectParameters, correct_tomogram
from ...reconstruct import AxisEstimate, find_axis


class KeptViews:
    """The corrected views of the energy looked at last, and what was found in them.

    Stripes are still in them: taking these out goes sinogram by sinogram, and a slice needs a few only.

    Attributes
    ----------
    lock : Lock
        Held by the one worker that looks.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._key: tuple[Any, ...] = ()
        self._found: dict[Any, Any] = {}

    def forget(self) -> None:
        """Let go of everything."""
        self._key, self._found = (), {}

    def corrected(
        self, scan: Scan, index: int, parameters: CorrectParameters, abort: threading.Event
    ) -> CorrectedTomogram:
        """Give the corrected views of one energy, stripes left in."""
        plain = replace(
            parameters, stripes="none", stripe_size=None, stripe_threshold=CorrectParameters().stripe_threshold
        )
        key = (scan, index, plain)
        before, found = self._key, self._found
        if len(before) != len(key) or before[0] is not scan or before[1:] != key[1:]:
            self.forget()
            views = correct_tomogram(scan, index, plain, abort)
            self._key, self._found = key, {"views": views}
            return views
        return found["views"]

    def axis(self, corrected: CorrectedTomogram, abort: threading.Event) -> AxisEstimate:
        """Give the vote on the axis in the views that are kept."""
        return self._once("axis", lambda: find_axis(corrected.optical_density, corrected.angles, abort))

    def jitter(
        self, corrected: CorrectedTomogram, center: float, tilt: float, method: JitterMethod, abort: threading.Event
    ) -> Jitter:
        """Give the jitter of the views that are kept, about an axis."""
        views, angles = corrected.optical_density, corrected.angles
        return self._once(
            ("jitter", center, tilt, method),
            lambda: find_jitter_of(views, angles, center, tilt=tilt, method=method, abort=abort),
        )

    def note_shifts(self, center: float, method: JitterMethod, shifts: FloatArray | None) -> None:
        """Keep the shifts of the views that were found about an axis, None where they stand in their place."""
        self._found["shifts", center, method] = shifts

    def shifts_of_another_axis(
        self, center: float, method: JitterMethod
    ) -> tuple[Literal[False], None] | tuple[Literal[True], FloatArray | None]:
        """Say whether shifts were found about other axes but not about this one, and give those of the nearest."""
        known = {key[1]: found for key, found in self._found.items() if key[0] == "shifts" and key[2] == method}
        if not known or center in known:
            return False, None
        return True, known[min(known, key=lambda other: abs(other - center))]

    def _once(self, name: Any, make: Callable[[], Any]) -> Any:
        found = self._found  # whoever lets go of everything meanwhile begins another one
        if name not in found:
            found[name] = make()
        return found[name]
