"""What a scan would take on many workers, by what `scaling.py` measured: processor time, bytes, and where it stops to scale.

    python benchmarks/scaling_plan.py [--size 1024] [--energies 60] [--views 721] [--output docs/benchmark]

Processor time of an energy grows with its voxels, by the straight line through the volumes that were measured, and that of the
reconstruction with its views too; the threads of a worker share it.
"""

import argparse
import csv
import re
from pathlib import Path

import numpy as np

from scaling import SHOWN

BY_ENERGY = ("align", "reconstruct", "binarize", "moving")
"""Energies side by side; transforms are found one after the other, and the run's own process maps the edges."""
ONCE = ("correct", "label", "report")
"""What looks at one energy or two."""
WORKERS = (1, 4, 16, 64)
THREADS = 8
"""Of each worker, and of the process of the run; transforms are taken to use one of them."""
DISK = 2e9
"""Bytes a second that all workers together get from the shared disk: an assumption, said in the page."""


def transferred(size, views):
    """Bytes read and written at one energy, by stage, uncompressed."""
    volume, mask, counts = 4 * size**3, size**3, 2 * views * size**2
    return {
        "align": (counts, 0),
        "reconstruct": (counts, volume),
        "binarize": (volume, mask),
        "register": (volume + mask, 0),
        "moving": (volume + 2 * mask, 3 * volume),
        "spectra": (4 * volume, 0),
    }


def planned(rows, size, views, measured_views):
    """Give, by stage, seconds of one energy (of all, where it is done once) and the bytes of one energy."""
    few = min(int(row["energies"]) for row in rows)
    own = [row for row in rows if int(row["energies"]) == few and row["workers"] == "0"]
    bytes_of = transferred(size, views)
    found = {}
    for stage in SHOWN:
        points = [(int(row["size"]) ** 3, float(row["cpu_seconds"])) for row in own if row["stage"] == stage]
        seconds = grown(points, size**3) / (1 if stage == "register" else THREADS)
        if stage == "reconstruct":
            seconds *= views / measured_views
        found[stage] = (seconds if stage in ONCE else seconds / few, bytes_of.get(stage, (0, 0)))
    return found


def grown(points, voxels):
    """Processor time of a volume of so many voxels, by the line through what was measured; a stage that does not grow stays."""
    slope, start = np.polyfit(*np.array(points, float).T, 1)
    return start + slope * voxels if slope > 0 else max(seconds for _, seconds in points)


def wall(stage, seconds, moved, energies, workers):
    """Seconds of a stage on so many workers: what is computed, or what the disk gives, whichever is longer."""
    rounds = -(-energies // workers) if stage in BY_ENERGY else 1 if stage in ONCE else energies
    return max(rounds * seconds, energies * sum(moved) / DISK)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--energies", type=int, default=60)
    parser.add_argument("--views", type=int, default=721)
    parser.add_argument("--output", type=Path, default=Path("docs/benchmark"))
    given = parser.parse_args()
    with (given.output / "scaling.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = (given.output / "scaling.md").read_text(encoding="utf-8")
    views = int(re.search(r"(\d+) views an energy", told).group(1))
    found = planned(rows, given.size, given.views, views)
    heads = [
        "stage",
        "an energy",
        "read, written an energy",
        *(f"{w} workers" if w > 1 else "1 worker" for w in WORKERS),
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    total = [0.0] * len(WORKERS)
    for stage in SHOWN:
        seconds, moved = found[stage]
        walls = [wall(stage, seconds, moved, given.energies, w) for w in WORKERS]
        total = [a + b for a, b in zip(total, walls)]
        each = f"{seconds:.0f} s" + (" in all" if stage in ONCE else "")
        amounts = f"{moved[0] / 1e9:.1f}, {moved[1] / 1e9:.1f} GB" if any(moved) else ""
        lines.append(f"| {stage} | {each} | {amounts} | " + " | ".join(f"{w / 60:.0f} min" for w in walls) + " |")
    lines.append("| all | | | " + " | ".join(f"{w / 60:.0f} min" for w in total) + " |")
    (given.output / "scaling_plan.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
