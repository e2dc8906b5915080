"""What the GUI thread does in each long action, from a scan that is loaded to its map, and as the project is opened again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image, Labels

from viewer_events import Events

ACTIONS = (
    "action",
    "seconds",
    "longest turn (ms)",
    "of this plugin (ms)",
    "of napari (ms)",
    "turns > 100 ms",
    "of the plugin > 100 ms",
)


def actions(viewer: Any, events: Events, folder: Path) -> list[tuple[Any, ...]]:
    """Do them all, and give the rows."""
    rows: list[tuple[Any, ...]] = []
    began = time.perf_counter()
    cpu = time.thread_time()
    from napari_spectrotomo._napari.warm import warm_up

    warm_up()  # as napari does before anything else of the plugin
    spent = f"{1e3 * (time.thread_time() - cpu):.0f}"
    rows.append(("the first import", f"{time.perf_counter() - began:.1f}", "", spent, "", "", ""))

    from napari_spectrotomo import simulate_scan, write_scan
    from napari_spectrotomo._napari.docks import BESIDE, STEPS, open_panel
    from napari_spectrotomo._napari.load.opening import load, reopen
    from napari_spectrotomo._napari.run import run_until
    from napari_spectrotomo._napari.state import state_of
    from napari_spectrotomo._napari.turn_times import TurnTimes
    from napari_spectrotomo.workflow import write_project_report

    def measure(name: str, action: Callable[[], Any]) -> None:
        began = time.perf_counter()
        with TurnTimes() as times:
            action()
            events.until(lambda: state_of(viewer).job is None)
            seconds = time.perf_counter() - began
            events.rest(1)
        turns = times.turns
        row: list[Any] = [name, f"{seconds:.1f}"]
        row += [f"{max(getattr(t, what) for t in turns):.0f}" for what in ("wall", "plugin", "napari")]
        row += [sum(t.wall > 100 for t in turns), sum(t.plugin > 100 for t in turns)]
        rows.append(tuple(row))

    scan, _ = simulate_scan()
    (folder / "scan").mkdir()
    write_scan(scan, folder / "scan", format="fxi")
    project = folder / "project"
    measure("open the panel Load", lambda: open_panel(viewer, "Load"))
    measure("load", lambda: load(viewer, folder / "scan", project, {}))
    stages = {"Reconstruct": "reconstruct", "Binarize": "label", "Register": "register", "Edge map": "spectra"}
    for name in STEPS[1:]:
        measure(f"open the panel {name}", lambda name=name: open_panel(viewer, name))
        if name in stages:
            measure(name.lower(), lambda name=name: run_until(viewer, stages[name], name))
    for name in BESIDE:
        measure(f"open the panel {name}", lambda name=name: open_panel(viewer, name))
    from napari_spectrotomo._napari.run import start
    from napari_spectrotomo.progress import Progress

    def report(abort: Any) -> Any:
        yield Progress("report", 0, 1)
        write_project_report(state_of(viewer).project)

    measure("write the report", lambda: start(viewer, "Writing the report", report))
    state_of(viewer).project = None
    viewer.layers.clear()
    measure("open the project", lambda: reopen(viewer, project))
    viewer.layers.clear()
    values = np.zeros((31, 96, 112, 112), np.float32)
    plain = Image(values, visible=False, contrast_limits=(0, 1))
    measure("napari alone: an image of zeros is added", lambda: viewer.add_layer(plain))
    labels = Labels(values.astype(np.uint8), visible=False)
    measure("napari alone: labels of zeros are added", lambda: viewer.add_layer(labels))
    viewer.layers.clear()
    state_of(viewer).project = None
    return rows
