"""Saving what is set in the panels as a recipe, and taking up a recipe."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFileDialog

from ...atomic import write_text
from ...errors import SpectrotomoError
from ...parameters import as_plain
from ...workflow import Recipe
from ..load.opening import read_again
from ..state import state_of

if TYPE_CHECKING:
    from .panel import JourneyPanel

_FILES = "Recipes (*.yaml *.yml)"
_OF_ONE_SCAN = {
    ("correct", "exclude"),
    ("binarize", "masks"),
    ("binarize", "region"),
    ("binarize", "thresholds"),
    ("label", "labels"),
}
"""What is left out, drawn or set by hand at one energy: it means nothing to another scan."""


def save_recipe(journey: JourneyPanel) -> None:
    """Ask for a file and write the recipe of the viewer's project."""
    panel = journey.step
    if not panel.apply_forms():
        return
    chosen, _ = QFileDialog.getSaveFileName(journey, "Save the recipe", "recipe.yaml", _FILES)
    if not chosen:
        return
    path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(".yaml")
    try:
        write_text(path, journey.state.project.recipe.to_yaml())
    except OSError as error:
        panel.say(f"The recipe cannot be written to {path}: {error.strerror or error}.", error=True)
        return
    panel.say(f"Written. `spectrotomo run SCAN --output FOLDER --recipe {path.name}` repeats these settings.")


def open_recipe(journey: JourneyPanel) -> None:
    """Ask for a recipe and take its settings."""
    chosen, _ = QFileDialog.getOpenFileName(journey, "Use a recipe", "", _FILES)
    if chosen:
        say_taken(journey, Path(chosen))


def say_taken(journey: JourneyPanel, path: Path) -> None:
    """Take the settings of a recipe, and say in the step shown what came of it."""
    other = journey.running.other_chosen()
    try:
        changed = take_recipe(journey.viewer, path, later=other)
    except SpectrotomoError as error:
        journey.step.say(str(error), error=True)
        return
    if journey.state.project is None or other:
        words = f"The settings of {path.name} will be used for the scan that is loaded next."
    elif changed:
        words = f"Taken from {path.name}: settings of {', '.join(changed)}. Steps that they change are out of date now."
    else:
        words = f"{path.name} has the settings that are in use already."
    journey.step.say(words)


def take_recipe(viewer: Any, path: Path, *, later: bool = False) -> list[str]:
    """Take the settings of a recipe for a viewer's project, or for the one that is loaded next; give the stages that changed.

    `later` keeps them for the next one where there is a project: a scan that was dropped waits to be loaded.

    What is left out, drawn or set by hand belongs to one scan: a recipe leaves it as it is in the project.

    Raises
    ------
    ParameterError
        If the file is not a recipe; nothing is changed then.
    """
    recipe, state = Recipe.load(path), state_of(viewer)
    if state.project is None or later:
        state.recipe = recipe
        return []
    changed = []
    for field in fields(recipe):
        stage = field.name
        own = as_plain(getattr(state.project.recipe, stage))
        values = {
            name: value
            for name, value in as_plain(getattr(recipe, stage)).items()
            if value != own[name] and (stage, name) not in _OF_ONE_SCAN
        }
        if values:
            state.project.change(stage, **values)
            changed.append(stage)
    if changed:
        state.touch()
    if not state.project.is_read:
        read_again(viewer)
    return changed
