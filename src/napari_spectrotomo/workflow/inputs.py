"""What a project is made from: its scan or stack, read lazily, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..data import EnergyStack, FloatArray, Scan
from ..errors import ParameterError, ProjectError
from ..preprocess import corrected_layout, leave_out
from .recipe import Recipe
from .results import Results
from .source import absolute, is_there, read_source


class Inputs(Results):
    """The scan or stack of a project; its headers are read once, when they are first asked for.

    Attributes
    ----------
    recipe : Recipe
        How it is read, and what is left out.
    """

    recipe: Recipe

    def __init__(self) -> None:
        self._input: Scan | EnergyStack | None = None
        self._input_for: Any = None

    @property
    def source(self) -> Path:
        """The scan or stack the project is made from; where it lies now if both were moved together."""
        told = Path(self.record.content["source"])
        beside = self.record.content.get("source_from_project")
        if beside is None or is_there(told):
            return told
        moved = absolute(self.path / beside)
        return moved if is_there(moved) else told

    @property
    def has_source(self) -> bool:
        """Whether the scan or stack is where it can be read; results can be looked at without."""
        return is_there(self.source)

    @property
    def kind(self) -> Literal["scan", "stack"]:
        """Whether the source holds projections or volumes."""
        return self.record.content["kind"]

    @property
    def planar(self) -> bool:
        """Whether it is a 2-D XANES project: of a scan with one view an energy, whose images are never made volumes."""
        if not self.has_source and self.store.attributes("reconstruction") is not None:
            return self.kind == "scan" and self.stack().planar
        found = self.input()
        return isinstance(found, Scan) and found.planar

    @property
    def maps_edges(self) -> bool:
        """Whether there are energies enough for an edge; a 2-D XANES project goes without where there are not."""
        from ..spectra import FEWEST_ENERGIES

        return len(self.energies) >= FEWEST_ENERGIES

    @property
    def energies(self) -> FloatArray:
        """Energies of the project, (E,), eV, ascending; those left out are not among them."""
        if not self.has_source and (made := self.store.attributes("reconstruction")) is not None:
            return np.asarray(made["energies_eV"], np.float64)
        return self.input().energies

    @property
    def fixed_index(self) -> int:
        """Index of the energy that all others are registered to."""
        n, fixed = len(self.energies), self.recipe.register.fixed
        if not -n <= fixed < n:
            raise ParameterError(
                f"register.fixed is {fixed}, and there are {n} energies: give an index from {-n} to {n - 1}."
            )
        return range(n)[fixed]

    def layout(self) -> tuple[int, int, FloatArray | None]:
        """Give rows, columns and pixel size (E,), nm, of the projections as corrected, which may be binned."""
        return corrected_layout(self.scan(), self.recipe.correct)

    @property
    def is_read(self) -> bool:
        """Whether `input` gives what the source holds without reading the headers of its files first."""
        return self._input is not None and self._input_for == self._how_to_read()

    def _how_to_read(self) -> tuple[Any, ...]:
        return self.source, self.kind, self.recipe.read, self.recipe.correct.exclude

    def input(self) -> Scan | EnergyStack:
        """Give what the source holds, lazily, without what the recipe leaves out."""
        if self._input is None or not self.is_read:
            found = read_source(self.source, self.recipe.read, self.kind)
            self._input = leave_out(found, self.recipe.correct.exclude) if isinstance(found, Scan) else found
            self._input_for = self._how_to_read()
        return self._input

    def scan(self) -> Scan:
        """Give the scan, lazily, without the projections and energies that the recipe leaves out.

        Raises
        ------
        ProjectError
            If the project began from volumes.
        """
        found = self.input()
        if not isinstance(found, Scan):
            raise ProjectError("This project began from reconstructed volumes: it has no projections.")
        return found
