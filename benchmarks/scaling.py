"""Time and peak memory of every stage against the number of energies, the size of volumes and the number of workers.

    python benchmarks/scaling.py --scans DIR [--energies 4,8,12] [--sizes 96,160,224] [--output docs/benchmark]
    python benchmarks/scaling.py --scans DIR --sizes 160 --workers
    python benchmarks/scaling.py --scans DIR --whole 384 --energies 18 --memory 2GB

Every stage runs in a process of its own, whose peak resident memory is the operating system's account (wait4), the interpreter and
all libraries included. Time is that of the processor, which other work on the machine hardly changes, less what a process takes
that does nothing. Scans are those of `synthetic`, made where they are missing.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from napari_spectrotomo.benchmark.machine import environment
from synthetic import write_balls

STAGES = ("correct", "align", "reconstruct", "binarize", "label", "register", "spectra", "report")
SHOWN = (*STAGES[:6], "moving", *STAGES[6:])
"""The stage `register` finds transforms, one after the other, and then moves volumes, which is told by itself."""
CALL = "from napari_spectrotomo.cli import main; main()"
LIMIT = "16GB"
"""More than any of these takes; with a limit, freed arrays go back to the system, and peaks are what stages hold."""
HEADS = ("size", "energies", "workers", "stage", "seconds", "cpu_seconds", "peak_bytes")


def run(scan, project, until, *more):
    """Run stages in a process of its own; gives its peak memory in bytes and its processor time in s, children included."""
    words = [sys.executable, "-c", CALL, "run", str(scan), "--output", str(project), "--until", until, *more]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words[2:])} ended with status {os.waitstatus_to_exitcode(status)}.")
    return usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime


def measured(folder, size, energies, views):
    """Run all stages of a scan, one process each; gives a row a stage."""
    scan = write_balls(folder / f"balls_{size}_{energies}_{views}", size, energies, views)
    project = _anew(folder / f"project_{size}_{energies}")
    run(scan, project, "read")
    idle = run(scan, project, "read")[1]
    rows = []
    for stage in STAGES:
        peak, cpu = run(scan, project, stage, "--set", "report.renderings=false", "--memory", LIMIT)
        seconds, cpu = _entry(project, stage)["seconds"], max(cpu - idle, 0.0)
        share = _moving(project / "run.log") / seconds if stage == "register" else 0.0
        for name, part in ((stage, 1 - share), ("moving", share)):
            if part > 0:
                rows.append([size, energies, 0, name, round(part * seconds, 2), round(part * cpu, 2), peak])
                print(*rows[-1], flush=True)
    shutil.rmtree(project)
    return rows


def measured_with_workers(folder, size, energies, views, workers):
    """Run a scan in one process with workers of one thread; gives a row a stage. The first has the start of the workers in it."""
    scan = write_balls(folder / f"balls_{size}_{energies}_{views}", size, energies, views)
    project = _anew(folder / f"project_{size}_{energies}_{workers}")
    _, cpu = run(scan, project, "register", "--workers", str(workers), "--threads", "1")
    rows = []
    for stage in ("align", "reconstruct", "binarize", "register"):
        entry = _entry(project, stage)
        moving = _moving(project / "run.log") if stage == "register" else 0.0
        for name, seconds in ((stage, entry["seconds"] - moving), ("moving", moving)):
            if seconds > 0:
                rows.append([size, energies, workers, name, round(seconds, 2), cpu, entry["worker_peak_memory_bytes"]])
                print(*rows[-1], flush=True)
    shutil.rmtree(project)
    return rows


def _anew(folder):
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _entry(project, stage):
    return json.loads((project / "run.json").read_text())["stages"][stage]


def _moving(log):
    """Seconds from the last transform that was found to the last volume that was moved."""
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if " register" in line]
    moved = [k for k, line in enumerate(lines) if line.endswith("volume moved")]
    start, end = (datetime.fromisoformat(lines[k][:23].replace(",", ".")) for k in (moved[0] - 1, moved[-1]))
    return (end - start).total_seconds()


def table(rows, key, title, measure=5):
    """Give time (of the processor; 4: of the clock) and peak memory of every stage by one of the numbers, as a Markdown table."""
    values = sorted({row[key] for row in rows})
    lines = [f"| {title} | " + " | ".join(f"{v}" for v in values) + " |", "|---|" + "---:|" * len(values)]
    for stage in SHOWN:
        found = {row[key]: row for row in rows if row[3] == stage}
        if found:
            cells = [f"{found[v][measure]:.1f} s, {found[v][6] / 2**20:.0f} MiB" for v in values]
            lines.append(f"| {stage} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def drawn(by_energies, by_size, path):
    """Draw time and peak memory against energies and against voxels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.5), layout="constrained")
    axes = figure.subplots(2, 2, sharex="col")
    for column, rows, at, label in (
        (0, by_energies, lambda r: r[1], "energies"),
        (1, by_size, lambda r: r[0] ** 3 / 1e6, "million voxels a volume"),
    ):
        for stage in SHOWN:
            own = sorted((at(r), r[5], r[6] / 2**20) for r in rows if r[3] == stage)
            for row, value in ((0, 1), (1, 2)):
                axes[row, column].plot([o[0] for o in own], [o[value] for o in own], "o-", label=stage, markersize=3.5)
        axes[1, column].set_xlabel(label)
    for row, label in ((0, "processor time, s"), (1, "peak memory, MiB")):
        axes[row, 0].set_ylabel(label)
        for one in axes[row]:
            one.set_ylim(bottom=0)
    axes[0, 0].legend(fontsize=8, frameon=False)
    figure.savefig(path)


def numbers(text):
    return [int(part) for part in text.split(",")]


def whole(given):
    """Run one scan from end to end in one process, and print its peak against what it was given."""
    size, energies = given.whole, given.energies[-1]
    scan = write_balls(given.scans / f"balls_{size}_{energies}_{given.views}", size, energies, given.views)
    project = given.scans / f"project_{size}_{energies}_whole"
    shutil.rmtree(project, ignore_errors=True)
    settings = [word for one in given.set for word in ("--set", one)]
    peak, cpu = run(scan, project, "report", *(("--memory", given.memory) if given.memory else ()), *settings)
    stages = json.loads((project / "run.json").read_text())["stages"]
    volumes = energies * size**3 * (4 * 4 + 1)  # four images of float32 and the masks
    print(
        f"{size}³ x {energies}: {volumes / 1e9:.1f} GB of volumes and masks, peak {peak / 1e9:.2f} GB, {cpu:.0f} s of processor"
    )
    print(", ".join(f"{name} {entry['seconds']:.0f} s" for name, entry in stages.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=Path, required=True)
    parser.add_argument("--energies", type=numbers, default=[4, 8, 12])
    parser.add_argument("--sizes", type=numbers, default=[96, 160, 224])
    parser.add_argument("--views", type=int, default=91)
    parser.add_argument(
        "--workers",
        action="store_true",
        help="Instead, one worker on few energies of the largest size, and two on twice as many.",
    )
    parser.add_argument("--whole", type=int, help="Only run volumes of so many voxels a side from end to end.")
    parser.add_argument("--memory")
    parser.add_argument("--set", action="append", default=[], help="A parameter for --whole, STAGE.PARAMETER=VALUE.")
    parser.add_argument("--output", type=Path, default=Path("docs/benchmark"))
    given = parser.parse_args()
    given.scans.mkdir(parents=True, exist_ok=True)
    if given.whole:
        whole(given)
        return
    few, small = given.energies[0], given.sizes[0]
    kept = given.output / "scaling.csv"
    rows = _read(kept) if kept.exists() else []
    if given.workers:
        rows = [row for row in rows if not row[2]]
        for workers in (1, 2):
            rows += measured_with_workers(given.scans, given.sizes[-1], few * workers, given.views, workers)
    else:
        rows = [row for row in rows if row[2]]
        for size, count in dict.fromkeys([*((small, n) for n in given.energies), *((n, few) for n in given.sizes)]):
            rows += measured(given.scans, size, count, given.views)
    written(rows, given.views, given.output)


def _read(path):
    with path.open(encoding="utf-8") as file:
        return [[*map(int, row[:3]), row[3], *map(float, row[4:6]), int(row[6])] for row in list(csv.reader(file))[1:]]


def written(rows, views, output):
    """Write the rows, and of them the tables and the figure."""
    alone = [row for row in rows if not row[2]]
    small, few = min(row[0] for row in alone), min(row[1] for row in alone)
    by_energies, by_size = ([row for row in alone if row[k] == n] for k, n in ((0, small), (1, few)))
    lines = ["; ".join(environment()) + f"; {views} views an energy.", ""]
    lines += table(by_energies, 1, f"{small}³ voxels; energies:")
    lines += table(by_size, 0, f"{few} energies; voxels a side:")
    if shared := [row for row in rows if row[2]]:
        lines += ["", f"One thread a worker, {few} energies of {shared[0][0]}³ voxels for each, by the clock:", ""]
        lines += table(shared, 2, "workers:", 4)
    output.mkdir(parents=True, exist_ok=True)
    (output / "scaling.md").write_text("\n".join(lines), encoding="utf-8")
    with (output / "scaling.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADS, *rows])
    drawn(by_energies, by_size, output / "scaling.svg")


if __name__ == "__main__":
    main()
