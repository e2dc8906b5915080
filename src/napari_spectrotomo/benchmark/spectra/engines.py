"""What is timed: our calls on all spectra at once, and each peer's own call on one spectrum after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...data import EnergyStack, FloatArray
from ...spectra import Composition, edge_energy, edge_energy_of, fit_references_of, normalize_spectra
from ..engines import Engine as AnyEngine
from ..engines import chosen_of, missing_of
from .task import Task

Run = Callable[[], FloatArray]
Prepare = Callable[[Task], Run]
JOBS = {
    "normalise": "normalised and flattened spectra",
    "half height": "edge energy by half height",
    "edge map": "edge energy by half height and its error, of a stack of volumes",
    "derivative": "energy of the steepest rise",
    "composition": "fractions of three oxides by non-negative least squares",
}


@dataclass(frozen=True, slots=True)
class Engine(AnyEngine):
    """One way to do some of the jobs.

    Attributes
    ----------
    calls : mapping
        Job -> function that makes a task ready and gives what is timed, which does the job for all spectra of the task and gives
        (E, N), (N,) or (R, N).
    sample : int or None
        So many spectra are timed, where it takes one after another; None: all.
    """

    calls: Mapping[str, Prepare]
    sample: int | None


def available(names: Sequence[str] | None = None) -> tuple[Engine, ...]:
    """Give the engines of these names, in this order, as `chosen_of` does; None for all that can run here."""
    return chosen_of(ENGINES, names)


def missing() -> tuple[str, ...]:
    """Say which engines are left out because they are not installed, a sentence each."""
    return missing_of(ENGINES)


def _normalise(task: Task) -> Run:
    return lambda: normalize_spectra(task.energies, task.mu, **task.windows).normalized


def _half_height(task: Task) -> Run:
    return lambda: edge_energy_of(task.energies, task.mu, "half-height", **task.windows)


def _edge_map(task: Task) -> Run:
    stack = EnergyStack.from_arrays(task.cube(), task.energies)
    return lambda: edge_energy(stack, "half-height", **task.windows).energy.ravel()


def _derivative(task: Task) -> Run:
    return lambda: edge_energy_of(task.energies, task.mu, "derivative", **task.windows)


def _composition(task: Task) -> Run:
    return lambda: _fitted(task).fractions


def _fitted(task: Task) -> Composition:
    return fit_references_of(task.energies, task.mu, task.references(), least_step=0.0, **task.windows)


def _larch_normalise(task: Task) -> Run:
    from larch import Group
    from larch.xafs import pre_edge

    spectra, (pre1, pre2), (norm1, norm2) = task.mu.T.astype(float), task.windows["pre"], task.windows["post"]
    given = {"e0": task.windows["e0"], "nnorm": task.windows["nnorm"]}
    given |= {"pre1": pre1, "pre2": pre2, "norm1": norm1, "norm2": norm2}

    def run() -> FloatArray:
        made = np.empty(task.mu.shape)
        for k, mu in enumerate(spectra):
            group = Group()
            pre_edge(task.energies, mu, group=group, **given)
            made[:, k] = group.flat
        return made

    return run


def _larch_derivative(task: Task) -> Run:
    from larch.xafs import find_e0

    spectra = task.mu.T.astype(float)
    return lambda: np.array([find_e0(task.energies, mu) for mu in spectra])


def _scipy_composition(task: Task) -> Run:
    from scipy.optimize import nnls

    model = _fitted(task.first(1))
    design = np.ascontiguousarray(model.references[:, model.fitted].T)
    normalized = normalize_spectra(task.energies, task.mu, **task.windows).normalized
    spectra = np.ascontiguousarray(normalized[model.fitted].T, dtype=float)
    return lambda: np.array([nnls(design, spectrum)[0] for spectrum in spectra]).T


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            "ours",
            "ours",
            "normalize_spectra, edge_energy_of, edge_energy and fit_references_of, all spectra in one call",
            "",
            "",
            {
                "normalise": _normalise,
                "half height": _half_height,
                "edge map": _edge_map,
                "derivative": _derivative,
                "composition": _composition,
            },
            None,
        ),
        Engine(
            "larch",
            "larch",
            "larch.xafs.pre_edge with the same windows, and find_e0, a spectrum a call",
            "xraylarch",
            "larch",
            {"normalise": _larch_normalise, "derivative": _larch_derivative},
            500,
        ),
        Engine(
            "scipy",
            "scipy",
            "scipy.optimize.nnls, a spectrum a call, on spectra that are normalised before the clock starts (ours normalises them)",
            "scipy",
            "scipy",
            {"composition": _scipy_composition},
            20000,
        ),
    )
}
