"""How long the window stands still, sliders take and spectra follow: what docs/viewer_benchmark.md shows.

    xvfb-run -a -s "-screen 0 1280x1024x24 +extension GLX +render -noreset" python benchmarks/viewer.py --output docs/benchmark

A real window, a simulated scan, and volumes of `--size` voxels a side at `--energies` energies, made in a temporary folder (3.5 GB
for 31 x 512³; `--volumes` keeps them there for another run). Prints its tables and writes ``viewer_actions.csv``,
``viewer_sliders.csv``, ``viewer_spectra.csv`` and ``viewer_machine.md``.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path
from typing import Any

import napari
from viewer_actions import ACTIONS, actions
from viewer_events import Events
from viewer_sliders import SLIDERS, SPECTRA, large_stack, sliders, small_stack, spectra


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("docs/benchmark"))
    parser.add_argument("--size", type=int, default=512, help="voxels a side of the large volumes")
    parser.add_argument("--energies", type=int, default=31)
    parser.add_argument("--volumes", type=Path, help="folder where the large volumes are kept, or made")
    parser.add_argument("--only", choices=["actions", "sliders"])
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        viewer = napari.Viewer()
        viewer.window._qt_window.resize(1280, 800)
        events = Events()
        events.rest(1)
        if wanted.only != "sliders":
            write(wanted.output / "viewer_actions.csv", ACTIONS, actions(viewer, events, Path(folder)))
        if wanted.only != "actions":
            moved: list[tuple[Any, ...]] = []
            followed: list[tuple[Any, ...]] = []
            large = wanted.volumes or Path(folder) / "large"
            for title, stacks in (
                ("31 x 96 x 112 x 112", small_stack(Path(folder) / "small")),
                (f"{wanted.energies} x {wanted.size}³", large_stack(large, wanted.energies, wanted.size)),
            ):
                moved += sliders(viewer, events, title, *stacks)
                followed += spectra(viewer, events, title)
                print(*moved, *followed, sep="\n", flush=True)
            write(wanted.output / "viewer_sliders.csv", SLIDERS, moved)
            write(wanted.output / "viewer_spectra.csv", SPECTRA, followed)
        from napari_spectrotomo.benchmark.machine import environment  # the actions time the first import

        (wanted.output / "viewer_machine.md").write_text(". ".join(environment(["napari", "vispy"])) + ".\n")
        viewer.close()


def write(path: Path, heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([heads, *rows])
    print(path.name)
    for row in (heads, *rows):
        print("  " + " | ".join(str(cell) for cell in row), flush=True)


if __name__ == "__main__":
    main()
