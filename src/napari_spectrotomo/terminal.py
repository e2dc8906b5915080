"""What the command shows on a terminal while it works, and how Ctrl-C asks it to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from .workflow.estimate import Plan

NOTHING_WRITTEN = "Nothing was written. Time and memory are estimates; what is written is counted uncompressed."


def complain(sentence: str) -> None:
    """Say what is wrong, on stderr."""
    print(printable(f"spectrotomo: {sentence}"), file=sys.stderr)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into a request to stop after the step at hand; a second Ctrl-C stops at once."""
    abort = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if abort.is_set():
            raise KeyboardInterrupt
        abort.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield abort
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shown() -> Iterator[ProgressCallback]:
    """Give what shows each step: bars on a terminal, else a line a stage."""
    from rich.console import Console

    console = Console(stderr=True)
    with _bars(console) if console.is_terminal else _lines() as show:
        yield show


@contextmanager
def _bars(console: Any) -> Iterator[ProgressCallback]:
    """Show a bar a stage, with the energy at hand and the time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    stage, energy = TextColumn("{task.fields[stage]:<11}"), TextColumn("{task.description:>9}")
    left = (TextColumn("left"), TimeRemainingColumn())
    with Bars(stage, BarColumn(14), MofNCompleteColumn(), energy, TimeElapsedColumn(), *left, console=console) as bars:
        tasks: dict[str, Any] = {}

        def show(step: Progress) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task("", total=step.total, stage=step.stage)
            at = "" if step.energy is None else f"{step.energy:.1f} eV"
            bars.update(tasks[step.stage], completed=step.done, total=step.total, description=at)

        yield show


@contextmanager
def _lines() -> Iterator[ProgressCallback]:
    """Print a line when a stage is done, for logs of batch jobs."""

    def show(step: Progress) -> None:
        if step.done == step.total:
            print(f"{step.stage}: {step.message}", flush=True)

    yield show


def show_plan(plan: Plan) -> None:
    """Print what a run will take, a stage a row, and what there is."""
    from rich.console import Console
    from rich.table import Table

    from .workflow.estimate import in_bytes, in_time

    console = Console(soft_wrap=True)
    table = Table("stage", "time, about", "memory at its peak, about", "disk, at most", box=None, pad_edge=False)
    for stage in plan.stages:
        table.add_row(stage.stage, in_time(stage.seconds), in_bytes(stage.memory), in_bytes(stage.written))
    if plan.stages:
        table.add_row("in all", in_time(plan.seconds), in_bytes(plan.peak), in_bytes(plan.written))
        console.print(table)
    else:
        console.print("Everything is done.")
    there = (
        f"There are {in_bytes(plan.memory_free)} of memory, and {in_bytes(plan.disk_free)} of disk for {plan.folder}."
    )
    lines = [there, *(f"warning: {sentence}" for sentence in plan.warnings())]
    lines.append(NOTHING_WRITTEN)
    for line in lines:
        console.print(line, markup=False, highlight=False)


def printable(text: str) -> str:
    """Give words without what a terminal would obey: a file's name may hold the codes that move its cursor."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def has_display() -> bool:
    """Say whether a window can be opened."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
