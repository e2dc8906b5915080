"""How far a project is, in words: the trail of steps at the top of each panel, and one line a stage."""

from __future__ import annotations

from typing import Any

from ..errors import SpectrotomoError
from ..workflow.estimate import estimate, in_time
from .docks import STEPS
from .state import ViewerState
from .theme import Colors

LAST_STAGE = {
    "Load": "read",
    "Reconstruct": "reconstruct",
    "Binarize": "label",
    "Register": "register",
    "Edge map": "spectra",
    "Composition": "composition",
}
MARKS = {"done": "✓", "partial": "◐", "outdated": "↻", "missing": "○"}
WORDS = {
    "done": "done",
    "partial": "begun",
    "outdated": "out of date, a parameter or input before it changed",
    "missing": "not done yet",
}


VERBS = {
    "read": "read the headers",
    "correct": "correct",
    "align": "align",
    "reconstruct": "reconstruct",
    "binarize": "binarize",
    "label": "label particles",
    "register": "register",
    "spectra": "map the edge",
    "composition": "fit the composition",
    "report": "write the report",
}
"""What stages do, as a sentence says it."""


def plan_line(shared: ViewerState, until: str) -> str:
    """Say what a run up to a stage still does, and how long that should take; empty where nothing is left."""
    try:
        left = estimate(shared.project, until, shared.stage)
    except SpectrotomoError:
        return ""  # what is wrong is said where it can be mended
    if not left:
        return ""
    energies = len(shared.project.energies)
    verbs = [VERBS[part.stage] for part in left]
    words = verbs[0] if len(verbs) == 1 else f"{', '.join(verbs[:-1])} and {verbs[-1]}"
    return f"Will {words}: {energies} energies, {in_time(sum(part.seconds for part in left))}."


def trail(shared: ViewerState, here: str, shades: Colors) -> str:
    """Give the steps with their marks as links, the present one in bold; HTML."""
    parts = []
    for name in STEPS:
        if shared.project is not None and shared.project.kind == "stack" and name == "Reconstruct":
            continue
        state = shared.stage(LAST_STAGE[name])
        words = name.replace(" ", "&nbsp;")
        text = f"<b>{words}</b>" if name == here else words
        style = f"color: {shades.link}; text-decoration: none;"
        parts.append(f'<a href="{name}" style="{style}" title="{WORDS[state]}">{text}&nbsp;{MARKS[state]}</a>')
    return "&nbsp; ".join(parts)


def span(energies: Any) -> str:
    """Say how many energies there are, and from where to where."""
    if len(energies) == 1:
        return f"1 energy, {energies[0]:.1f} eV"
    return f"{len(energies)} energies, {energies[0]:.1f}–{energies[-1]:.1f} eV"


def stage_line(shared: ViewerState, stage: str, done: str) -> str:
    """Say how far one stage is; `done` are the words for when it is."""
    state = shared.stage(stage)
    if state == "done":
        return done
    if state == "partial" and stage in ("reconstruct", "binarize", "register"):
        flags = shared.project.done(stage)
        if flags.any():
            return f"{int(flags.sum())} of {len(flags)} energies done; the button continues."
    return {
        "missing": "Not done yet.",
        "partial": "Begun; the button continues.",
        "outdated": "Out of date: a parameter or an input changed since.",
    }[state]
