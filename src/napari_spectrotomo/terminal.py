"""What the command shows on a terminal while it works, and how Ctrl-C asks it to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .progress import Progress, ProgressCallback


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


def printable(text: str) -> str:
    """Give words without what a terminal would obey: a file's name may hold the codes that move its cursor."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def has_display() -> bool:
    """Say whether a window can be opened."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
