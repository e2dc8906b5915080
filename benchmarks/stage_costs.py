"""What a stage costs in seconds and memory: the numbers behind `spectrotomo run --dry-run`.

``python benchmarks/stage_costs.py FOLDER`` simulates scans of growing size in FOLDER, takes each through the whole chain in a
process of its own, and prints for each stage the seconds a unit of work (as `workflow.estimate.seconds` counts it), the peak
memory, and the straight line through the peaks of all sizes against the bytes of one volume. The constants of `estimate.seconds`
are read off its last lines; they are rounded up. Those of `workflow.memory` are of ``scaling.py``, which keeps stages apart.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from napari_spectrotomo import simulate_scan, write_scan
from napari_spectrotomo.benchmark.machine import environment
from napari_spectrotomo.workflow import STAGES, Project
from napari_spectrotomo.workflow.estimate.seconds import work_of
from napari_spectrotomo.workflow.estimate.sizes import Sizes

ENERGIES = (6480.0, 6515.0, 6535.0, 6545.0, 6549.0, 6553.0, 6560.0, 6640.0, 6710.0)
VIEWS = 61
SIZES = ((32, 48), (96, 144), (144, 216))
"""Rows and columns."""


def measured(folder: Path, rows: int, columns: int) -> Project:
    """Give the finished project of a phantom of a size; one that is there is taken as it is."""
    scan, project = folder / f"scan_{rows}", folder / f"project_{rows}"
    if not scan.exists():
        made, _ = simulate_scan(rows=rows, columns=columns, n_angles=VIEWS, energies=ENERGIES, seed=1)
        write_scan(made, scan, format="fxi")
    words = ["run", str(scan), "--output", str(project)]
    subprocess.run([sys.executable, "-m", "napari_spectrotomo", *words], check=True, stdout=subprocess.DEVNULL)
    return Project.open(project)


def main(folder: Path) -> None:
    print("; ".join(environment()))
    projects = [measured(folder, *size) for size in SIZES]
    volumes = np.array([float(np.prod(p.stack().shape)) * 4 for p in projects])
    print("stage | seconds | seconds a unit | peak (MiB) | peak = base (MiB) + volumes x one volume")
    for stage in STAGES:
        entries = [p.record.stage(stage) for p in projects]
        seconds = [entry["seconds"] for entry in entries]
        work = [work_of(Sizes.of(p), stage) for p in projects]
        peaks = np.array([entry["peak_memory_bytes"] for entry in entries], float)
        slope, base = np.polyfit(volumes, peaks, 1)
        each = ", ".join(f"{s / w:.1e}" for s, w in zip(seconds, work, strict=True))
        print(
            f"{stage} | {', '.join(f'{s:.1f}' for s in seconds)} | {each} | "
            f"{', '.join(f'{p / 2**20:.0f}' for p in peaks)} | {base / 2**20:.0f} + {slope:.1f} x"
        )
    print(json.dumps({"volume_bytes": volumes.tolist()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
