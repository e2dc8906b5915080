"""Runs that are killed, harmed and continued a hundred times, and what is left of the numbers in the end: all of them.

    python benchmarks/soak.py --cycles 100 --seed 1 --output docs/benchmark

Each cycle gives the same command anew and ends it at a random moment; before some, a bit of the images is flipped, a file is
removed, or an input is changed for a while. In the end the results are compared, byte for byte, with those of an undisturbed run.
Commands are forked from one process that has imported the program and computes nothing itself: threads do not survive a fork.
"""

import argparse
import csv
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import h5py

from napari_spectrotomo import cli, workflow
from napari_spectrotomo.atomic import write_text

SCAN = {"rows": 16, "columns": 24, "n_angles": 21, "energies": [6480, 6530, 6548, 6554, 6710], "seed": 3}
RECIPE = {
    "align": {"jitter": "none", "motion": False},
    "register": {"transform": "translation", "by_particle": False, "refine": "none"},
    "report": {"renderings": False},
}
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
HARMS = ("none",) * 8 + (
    "bit flipped",
    "bit flipped",
    "shard removed",
    "result removed",
    "input changed",
    "input removed",
)
LONGEST = 300
"""Seconds that no command may take."""
_TIMES = re.compile(rb"[\d.]+ s\b|\d+-\d\d-\d\d \d\d:\d\d")


def begun(work: Path, *arguments: str) -> int:
    """Begin a command in a process of its own; give its id."""
    sys.stdout.flush()
    if child := os.fork():
        return child
    status = 99
    try:
        log = os.open(work / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.argv = ["spectrotomo", *arguments]
        cli.main()
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        if status == 99:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status)


def ended(child: int, after: float | None = None, how: int = signal.SIGKILL) -> int:
    """Wait for a command, and end it after so many seconds; give its status, negative for a signal."""
    start = time.monotonic()
    until = None if after is None else start + after
    while time.monotonic() < start + LONGEST:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if until is not None and time.monotonic() > until:
            os.kill(child, how)
            until = None
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise SystemExit(f"A command had not ended after {LONGEST} s.")


class Soak:
    """A scan, its undisturbed project, and the project that is harmed."""

    def __init__(self, work: Path, seed: int) -> None:
        self.work, self.chance, self.taken = work, random.Random(seed), {}
        self.finished = self.flipped = False
        self.scan, self.whole, self.project = work / "scan", work / "undisturbed", work / "harmed"
        settings = (f"--set={name}={value}" for name, value in SCAN.items())
        self.check(ended(begun(work, "simulate", "--output", str(self.scan), *settings)), {0})
        (work / "recipe.yaml").write_text(json.dumps(RECIPE))
        for _ in range(2):  # compiled in the first
            start = time.monotonic()
            self.check(ended(self.begin(self.whole, "--restart")), {0})
            self.seconds = time.monotonic() - start

    def begin(self, project: Path, *options: str) -> int:
        recipe = str(self.work / "recipe.yaml")
        return begun(self.work, "run", str(self.scan), "--output", str(project), "--recipe", recipe, *options)

    def check(self, status: int, expected: set[int]) -> None:
        if status not in expected:
            raise SystemExit(f"status {status}:\n{(self.work / 'said.txt').read_text()}")

    def harm(self) -> str:
        """Do some harm, or none; what was done to an input before is undone."""
        self.restore()
        kind = self.chance.choice(HARMS)
        shards = [p for p in self.project.glob("project.zarr/*/0/c/**/*") if p.is_file()]
        results = [p for p in self.project.glob("*.*") if p.suffix in (".tif", ".csv", ".html")]
        if kind == "bit flipped" and shards:
            self.flip(self.chance.choice(shards))
        elif kind == "shard removed" and shards:
            self.chance.choice(shards).unlink()
        elif kind == "result removed" and results:
            self.chance.choice(results).unlink()
        elif kind.startswith("input"):
            self.harm_input(kind)
        else:
            return "none"
        return kind

    def flip(self, path: Path) -> None:
        status, content = path.stat(), bytearray(path.read_bytes())
        content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
        path.write_bytes(content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.flipped = True

    def harm_input(self, kind: str) -> None:
        path = self.chance.choice(sorted(self.scan.glob("*.h5")))
        self.taken[path] = path.read_bytes()
        if kind == "input removed":
            path.unlink()
            return
        with h5py.File(path, "r+") as file:
            file["img_tomo"][...] += 30

    def restore(self) -> None:
        for path, content in self.taken.items():
            path.write_bytes(content)
        self.taken.clear()

    def cycle(self) -> dict[str, object]:
        harm = self.harm()
        shares = {"--verify": 0.3, "--restart": 0.6 if self.finished else 0.02}
        options = [name for name, share in shares.items() if self.chance.random() < share]
        after, how = self.chance.uniform(0.05, 1.0) * self.seconds, self.chance.choice(SIGNALS)
        start = time.monotonic()
        status = ended(self.begin(self.project, *options), after, how)
        said = (self.work / "said.txt").read_text()
        gone = {1} if harm == "input removed" and "is gone" in said else set()
        self.check(status, {0, 130, -how} | gone)
        self.finished = status == 0
        if self.finished and "--restart" in options:
            self.seconds = time.monotonic() - start  # the machine may have less to do than at first
        if status == 0 and options:
            self.flipped = False
        if status == 0 and harm != "input changed" and not self.flipped:
            self.compare()
        signal_name = "" if status in (0, 1) else signal.Signals(how).name
        return {
            "harm": harm,
            "options": " ".join(options),
            "signal": signal_name,
            "status": status,
            "stage": self.stage(),
        }

    def stage(self) -> str:
        """Give the stage that was at work last."""
        log = self.project / "run.log"
        lines = log.read_text().splitlines() if log.exists() else []
        words = [line.split(" ", 3)[3] for line in lines if line.count(" ") > 2]
        return re.split(r"[ :]", words[-1])[0] if words else "start"

    def compare(self) -> int:
        """Compare all results with the undisturbed ones; give how many files are the same."""
        names = {p.relative_to(self.whole) for p in self.whole.rglob("*") if p.is_file()}
        names -= {Path(name) for name in (".lock", "run.json", "run.log")}
        for name in sorted(names):
            a, b = (
                _TIMES.sub(b"", (p / name).read_bytes()) if name.suffix == ".html" else (p / name).read_bytes()
                for p in (self.whole, self.project)
            )
            if a != b:
                raise SystemExit(f"{name} is not what it is without harm.")
        return len(names)


def table(rows: list[dict[str, object]], mended: int, files: int) -> str:
    """Say in a few lines what was done and what came of it."""

    def said(column: str, names: dict[str, str]) -> str:
        counts = Counter(str(row[column]) for row in rows)
        return ", ".join(f"{names.get(k, k)} {n}" for k, n in counts.most_common() if k not in ("", "none"))

    return "\n".join(
        [
            "| what | how often |",
            "|---|---|",
            f"| cycles, of the same command | {len(rows)} |",
            f"| ended by | {said('signal', {})} |",
            f"| came to the end before that | {sum(row['status'] == 0 for row in rows)} |",
            f"| refused, since an input was away | {sum(row['status'] == 1 for row in rows)} |",
            f"| harmed before | {said('harm', {})} |",
            f"| stage at work when it was ended | {said('stage', {'run': 'between two'})} |",
            f"| damage found and made again | {mended} |",
            f"| files compared at the end with those of an undisturbed run | {files}, all the same |",
            "",
        ]
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--cycles", type=int, default=100)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--output", type=Path, default=Path("docs/benchmark"))
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as work:
        soak, rows = Soak(Path(work), asked.seed), []
        for number in range(1, asked.cycles + 1):
            rows.append({"cycle": number} | soak.cycle())
            print(*rows[-1].values(), sep="\t", flush=True)
        soak.restore()
        soak.check(ended(soak.begin(soak.project, "--verify")), {0})
        files = soak.compare()
        mended = len(workflow.Project.open(soak.project).record.content.get("mended", []))
    asked.output.mkdir(parents=True, exist_ok=True)
    with (asked.output / "soak.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = table(rows, mended, files)
    write_text(asked.output / "soak.md", text)
    print(text)


if __name__ == "__main__":
    main()
