"""One fit of references, the same for all spectra: normalisation, references and what noise does to both, made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...data import FloatArray
from ...errors import DataError, ParameterError
from ...threads import in_threads
from ..normalize.background import Background, background
from ..normalize.windows import Pair, Windows
from .references import Reference, read_in

if TYPE_CHECKING:
    from .kernels import Plan

WINDOW = (-20.0, 60.0)
"""Where spectra are compared by default, eV from e0."""
NODE = 0.25
"""Shifts (eV) at which references are laid out are at most so far apart."""
LOST = 5.0
"""So many eV of a window may lie outside the scan without a word: the scan's next energy is farther away than that."""
ILL_CONDITIONED = 50.0
"""Beyond this condition number references are too much alike to go unremarked."""
ONE_SIGMA = 0.8413447460685429
"""Share of a normal distribution below one standard deviation."""
_CHUNK = 1 << 13


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """What was found in N spectra, float32, NaN where nothing was.

    Attributes
    ----------
    fractions, error : (R, N)
    residual : (N,)
    shift : (N,) eV, or None where none was looked for
    """

    fractions: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    residual: npt.NDArray[np.float32]
    shift: npt.NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """How references are fitted to spectra at `energies`.

    Attributes
    ----------
    energies : (E,) float64, eV, ascending
    windows : Windows
    names : tuple of str
    references : (R, E) float64
        Normalised on the scan's grid, not shifted.
    fitted : (E,) bool
    max_shift : float, eV
    plan : Plan
    divided : bool
        Whether fractions, fitted freely, are divided by their sum.
    warnings : tuple of str
    """

    energies: FloatArray
    windows: Windows
    names: tuple[str, ...]
    references: FloatArray
    fitted: npt.NDArray[np.bool_]
    max_shift: float
    plan: Plan
    divided: bool
    warnings: tuple[str, ...]

    def run(self, spectra: FloatArray) -> Mixed:
        """Fit `spectra` (E, N), on all threads."""
        n, size = spectra.shape[1], len(self.names)
        fractions, error = (np.empty((size, n), np.float32) for _ in range(2))
        residual = np.empty(n, np.float32)
        shift = np.empty(n, np.float32) if self.max_shift > 0 else None

        def fit(start: int) -> None:
            chunk = slice(start, min(n, start + _CHUNK))
            rows = np.array(spectra[:, chunk].T, np.float64, order="C")
            if shift is None:
                from .kernels import fit_fixed

                found = fit_fixed(self.plan, rows)
            else:
                from .shifted import fit_shifted

                *found, shift[chunk] = fit_shifted(self.plan, rows)
            fractions[:, chunk], error[:, chunk], residual[chunk] = found[0].T, found[1].T, found[2]

        in_threads(fit, range(0, n, _CHUNK))
        if self.divided:
            total = fractions.sum(axis=0)
            total[total == 0] = np.nan
            fractions, error = fractions / total, error / total
        return Mixed(fractions, error, residual, shift)


def mixture(
    energies: FloatArray,
    windows: Windows,
    references: object,
    *,
    sum_to_one: bool,
    max_shift: float,
    broadening: float,
    window: Pair | None,
    least_step: float,
) -> Mixture:
    """Set up the fit of `references` to spectra at `energies` (E,) with the windows of the map.

    Raises
    ------
    DataError
        If a reference cannot be used, or too few energies are left to fit.
    ParameterError
        If the window holds no energies.
    """
    read = read_in(references, energies, windows)
    fitted, warnings = _fitted(energies, windows.e0, window, read, max_shift)
    wanted = len(read) + (max_shift > 0)
    if fitted.sum() <= wanted:
        raise DataError(
            f"{fitted.sum()} energies are compared, too few for {len(read)} references"
            f"{' and a shift' if max_shift > 0 else ''}: widen the window, or give fewer references."
        )
    lines = background(energies, windows)
    nodes = _nodes(max_shift)
    laid = np.stack([_normalized(energies - shift, read, lines, broadening) for shift in nodes])
    still = laid[len(nodes) // 2]
    short = [reference.name for reference in read if reference.short]
    divided = sum_to_one and bool(short)
    plan, free = _plan(energies, windows, lines, laid, fitted, nodes, least_step, sum_to_one and not divided)
    if divided:
        are = "is" if len(short) == 1 else "are"
        warnings.append(
            f"Fractions were fitted freely and then divided by their sum: {', '.join(short)} {are} too short to have "
            "the scan's edge step, and a sum held at one would take a wrong scale for composition."
        )
    warnings += [w for reference in read for w in reference.warnings]
    warnings += _short(read, energies)
    warnings += _alike(read, still[:, fitted])
    if free < 1:
        warnings.append(
            f"{len(energies)} energies leave no degree of freedom beside the background and {len(read)} references: errors of "
            "the fractions are unknown, and no voxel was judged by its edge step."
        )
    names = tuple(reference.name for reference in read)
    return Mixture(energies, windows, names, still, fitted, max_shift, plan, divided, tuple(warnings))


def _fitted(
    energies: FloatArray, e0: float, window: Pair | None, references: tuple[Reference, ...], max_shift: float
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Which energies are compared, and what of the window was left out."""
    low, high = (e0 + end for end in sorted(WINDOW if window is None else window))
    warnings = []
    ends = [("the scan", energies[0], energies[-1], LOST)]
    ends += [
        (f"the reference {r.name}", r.energies[0] + max_shift, r.energies[-1] - max_shift, 0.0) for r in references
    ]
    for name, first, last, lost in ends:
        if (energies[(energies >= low) & (energies <= high)].size == 0) or first > high or last < low:
            raise ParameterError(
                f"No energies can be compared from {low:.1f} to {high:.1f} eV: {name} goes from {first:.1f} to {last:.1f} eV. "
                f"Give the window in eV from e0 = {e0:.1f} eV."
            )
        inside = (energies >= low) & (energies <= high)
        left_out = inside & ((energies < first) | (energies > last))
        if left_out.any() or (lost and (first - low > lost or high - last > lost)):
            warnings.append(
                f"Spectra are compared from {max(first, low):.1f} to {min(last, high):.1f} eV instead of {low:.1f} to "
                f"{high:.1f} eV: {name} goes no farther{' with the shift allowed' if max_shift > 0 and not lost else ''}."
            )
        low, high = max(first, low), min(last, high)
    return (energies >= low) & (energies <= high), warnings


def _short(references: tuple[Reference, ...], energies: FloatArray) -> list[str]:
    """Say which references end before the windows do, those of the same range together."""
    alike: dict[str, list[str]] = {}
    for reference in references:
        if reference.short:
            alike.setdefault(reference.short, []).append(reference.name)
    return [
        f"{', '.join(names)} {'does' if len(names) == 1 else 'do'} not cover the windows of the scan, {energies[0]:.0f} to "
        f"{energies[-1]:.0f} eV: normalised {how}, so that the scale of fractions is uncertain."
        for how, names in alike.items()
    ]


def _nodes(max_shift: float) -> FloatArray:
    """Shifts at even distances, one beyond either bound; none but 0 where none is allowed."""
    if max_shift <= 0:
        return np.zeros(1)
    half = max(2, int(np.ceil(max_shift / NODE)))
    return np.arange(-half - 1, half + 2) * (max_shift / half)


def _normalized(
    energies: FloatArray, references: tuple[Reference, ...], lines: Background, broadening: float
) -> FloatArray:
    """References (R, E) flattened, with an edge step of one by the scan's own matrices."""
    values = np.stack([reference.at(energies, broadening) for reference in references])
    steps = values @ lines.step
    for reference, step in zip(references, steps, strict=True):
        if not step > 0:
            raise DataError(
                f"The reference {reference.name} has no edge step ({step:.3g}) at the energies of the scan: check the energies "
                "of both, and that the reference is of the element scanned."
            )
    return (values @ lines.flattened.T) / steps[:, None]


def _plan(
    energies: FloatArray,
    windows: Windows,
    lines: Background,
    laid: FloatArray,
    fitted: npt.NDArray[np.bool_],
    nodes: FloatArray,
    least_step: float,
    sum_to_one: bool,
) -> tuple[Plan, int]:
    from scipy.special import stdtrit

    from .kernels import Plan

    flat = lines.flattened[fitted]
    slopes = np.gradient(laid, nodes, axis=0) if len(nodes) > 1 else laid[:, :0]
    bases = [_explained(energies, windows, np.vstack(pair)) for pair in zip(laid, slopes, strict=True)]
    basis = np.zeros((len(nodes), len(energies), max(b.shape[1] for b in bases)))
    for whole, b in zip(basis, bases, strict=True):
        whole[:, : b.shape[1]] = b
    free = np.array([len(energies) - b.shape[1] for b in bases], float)
    with np.errstate(invalid="ignore"):
        widening = stdtrit(np.where(free > 0, free, np.nan), ONE_SIGMA)
    ready = np.ascontiguousarray(np.vstack([flat, lines.step]).T)
    plan = Plan(
        ready=ready,
        matrix=np.ascontiguousarray(np.hstack([ready, flat.T @ laid[0][:, fitted].T, basis[0]])),
        references=np.ascontiguousarray(laid[:, :, fitted]),
        covariance=flat @ flat.T,
        crossed=flat @ lines.step,
        step_variance=float(lines.step @ lines.step),
        basis=basis,
        free=free,
        widening=widening,
        nodes=nodes,
        least_step=float(least_step),
        sum_to_one=bool(sum_to_one),
    )
    return plan, int(free.min())


def _explained(energies: FloatArray, windows: Windows, references: FloatArray) -> FloatArray:
    """Orthonormal (E, Q): a line everywhere, the curve that flattening takes away above e0, and the references."""
    relative = (energies - windows.e0) / np.abs(energies - windows.e0).max()
    columns = [np.ones_like(relative), relative]
    at = relative[windows.e0_index]
    columns += [np.where(relative >= at, relative**k - at**k, 0.0) for k in range(1, windows.nnorm + 1)]
    design = np.column_stack([*columns, *references])
    lengths = np.linalg.norm(design, axis=0)
    left, sizes, _ = np.linalg.svd(design[:, lengths > 0] / lengths[lengths > 0], full_matrices=False)
    return left[:, sizes > 1e-10 * sizes[0]]


def _alike(references: tuple[Reference, ...], values: FloatArray) -> list[str]:
    """A warning where references (R, W) can hardly be told apart."""
    if len(references) < 2:
        return []
    unit = values / np.linalg.norm(values, axis=1)[:, None]
    condition = float(np.linalg.cond(unit))
    if condition < ILL_CONDITIONED:
        return []
    alike = np.abs(unit @ unit.T) - 2 * np.eye(len(unit))
    first, second = np.unravel_index(int(np.argmax(alike)), alike.shape)
    said = f"{condition:.0f}" if condition < 1e6 else "above a million"
    return [
        f"The references are hard to tell apart at these energies (condition number {said}, most of all "
        f"{references[first].name} and {references[second].name}): noise comes out magnified in their fractions. Leave one out, "
        "or measure more energies where they differ."
    ]
