"""Who takes part in a comparison: ours and its peers, chosen by name, left out with a word where not installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeVar

from ..errors import ParameterError


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to do what is compared; each comparison adds how it is called.

    Attributes
    ----------
    name : str
        What ``--engines`` calls it.
    label : str
        What tables and figures call it.
    words : str
        What it is, in a line.
    needs : str
        The package it needs beyond ours, as pip knows it; empty for none.
    module : str
        What of that package is imported.
    """

    name: str
    label: str
    words: str
    needs: str
    module: str

    def installed(self) -> bool:
        """Whether the package it needs can be imported."""
        return not self.module or find_spec(self.module) is not None


Kind = TypeVar("Kind", bound=Engine)


def chosen_of(engines: Mapping[str, Kind], names: Sequence[str] | None = None) -> tuple[Kind, ...]:
    """Give the engines of these names, in this order; None for all that can run here.

    Raises
    ------
    ParameterError
        If there is no such engine, or the package it needs is not installed.
    """
    if names is None:
        return tuple(engine for engine in engines.values() if engine.installed())
    chosen = []
    for name in dict.fromkeys(names):
        if name not in engines:
            raise ParameterError(f"There is no engine {name!r} to compare: the engines are {', '.join(engines)}.")
        if not engines[name].installed():
            raise ParameterError(f"The engine {name!r} is not installed: pip install {engines[name].needs}.")
        chosen.append(engines[name])
    if not chosen:
        raise ParameterError(f"Name one engine or more: {', '.join(engines)}.")
    return tuple(chosen)


def missing_of(engines: Mapping[str, Kind]) -> tuple[str, ...]:
    """Say which engines are left out because they are not installed, a sentence each."""
    return tuple(
        f"{engine.label} is not installed and was left out: pip install {engine.needs}."
        for engine in engines.values()
        if not engine.installed()
    )
