"""How far a project is, in words: the trail of steps at the top of each panel, and one line a stage."""

from __future__ import annotations

from typing import Any

from ..errors import SpectrotomoError
from ..spectra import FEWEST_ENERGIES
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
STEP_OF = {
    "read": "Load",
    "correct": "Reconstruct",
    "align": "Reconstruct",
    "reconstruct": "Reconstruct",
    "binarize": "Binarize",
    "label": "Binarize",
    "register": "Register",
    "spectra": "Edge map",
    "composition": "Composition",
}
"""The step that does a stage."""

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
    """Say what a run up to a stage still does, and how long that should take; empty where nothing is left.

    Nothing is said of a project whose files must be looked at first.
    """
    if not shared.project.is_read:
        return ""
    try:
        left = estimate(shared.project, until, shared.stage)
    except SpectrotomoError:
        return ""  # what is wrong is said where it can be mended
    if not left:
        return ""
    verbs = [VERBS[part.stage] for part in left]
    words = verbs[0] if len(verbs) == 1 else f"{', '.join(verbs[:-1])} and {verbs[-1]}"
    return f"Will {words}: {_count(shared.project.energies)}, {in_time(sum(part.seconds for part in left))}."


def whole_run(project: Any) -> str:
    """Give the last stage that a project's energies allow."""
    energies = len(project.energies)
    if energies < 2:
        return "label"
    return "report" if project.planar or energies >= FEWEST_ENERGIES else "register"


def next_step(shared: ViewerState) -> str:
    """Give the first step to the edge map that is not done, or the edge map: what comes after it must be asked for."""
    if shared.project is None:
        return "Load"
    needed = STEPS[: STEPS.index("Edge map")]
    open_steps = (name for name in needed if shared.stage(LAST_STAGE[name]) != "done" and _has(shared, name))
    return next(open_steps, "Edge map")


def in_words(project: Any) -> str:
    """Say how a finished run came out, in two sentences."""
    stages = project.record.content["stages"]
    spent = sum(float(entry.get("seconds", 0.0)) for entry in stages.values())
    words = f"All is done, in {spent:.0f} s of work."
    last = whole_run(project)
    if last != "report":
        done = {"label": "binarized and labelled", "register": "registered"}[last]
        return f"{words} {_count(project.energies)} can be {done}; an edge needs at least {FEWEST_ENERGIES}."
    if project.maps_edges and project.state("spectra") == "done":
        particles = project.particles()
        medians = ", ".join(f"{m:.2f}" for m in particles["median_eV"][:4])
        words += f" Median edge energy of the particles: {medians} eV."
    return f"{words} The report is in {project.path.name}/report.html."


def _has(shared: ViewerState, step: str) -> bool:
    """Say whether a project goes through a step: volumes that were read are not reconstructed."""
    return not (step == "Reconstruct" and shared.project is not None and shared.project.kind == "stack")


def trail(shared: ViewerState, here: str, shades: Colors) -> str:
    """Give the steps with their marks as links, the present one in bold; HTML."""
    parts = []
    for name in STEPS:
        if not _has(shared, name):
            continue
        state = shared.stage(LAST_STAGE[name])
        words = name.replace(" ", "&nbsp;")
        text = f"<b>{words}</b>" if name == here else words
        style = f"color: {shades.link}; text-decoration: none;"
        parts.append(f'<a href="{name}" style="{style}" title="{WORDS[state]}">{text}&nbsp;{MARKS[state]}</a>')
    return "&nbsp; ".join(parts)


def _count(energies: Any) -> str:
    return f"{len(energies)} energ{'y' if len(energies) == 1 else 'ies'}"


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
