"""Who is at work on a project: a note that is touched while the work lasts.

The lock of the file system frees itself when its process ends, but does not reach every machine: some network file systems
lock for one machine only, or not at all. The note does: a run elsewhere is told from one that is gone by whether its note is
still touched, both times being the file system's own.
"""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..atomic import write_json
from ..errors import ProjectError

NOTE = ".holder.json"
_BEAT = 15.0
"""Seconds from touch to touch."""
_GONE = 120.0
"""Seconds after which a note that is not touched is of a run that is gone."""


@contextmanager
def noted(folder: Path) -> Iterator[Callable[[], None]]:
    """Note that this process is at work on a project, and refuse where one of another machine is.

    Yields
    ------
    callable
        Raises `ProjectError` once another run has taken the project over, as when this machine slept for minutes.
    """
    note = folder / NOTE
    _refuse(note)
    own = {"host": platform.node(), "process": os.getpid(), "token": uuid4().hex}
    write_json(note, own)
    ended = threading.Event()
    beating = threading.Thread(target=_touch, args=(note, own, ended), name="spectrotomo-holder", daemon=True)
    beating.start()

    def mine() -> None:
        if (found := _read(note)) != own:
            raise ProjectError(f"{_who(found)} took over the project {folder}: this run ends here.")

    try:
        yield mine
    finally:
        ended.set()
        beating.join()
        if _read(note) == own:
            note.unlink(missing_ok=True)


def _refuse(note: Path) -> None:
    """Refuse where a run of another machine is at work; on this one, the lock has told that there is none."""
    found = _read(note)
    if not found or found.get("host") == platform.node():
        return
    lock = note.with_name(".lock")
    os.utime(lock)  # the time now, by the clock that the note's is of
    age = lock.stat().st_mtime - note.stat().st_mtime
    if age < _GONE:
        raise ProjectError(
            f"{_who(found)} is at work on {note.parent}, or was {max(age, 0):.0f} s ago: wait for it, or stop it first. "
            f"If it was killed, the project is free {_GONE:.0f} s after its end."
        )


def _touch(note: Path, own: dict[str, Any], ended: threading.Event) -> None:
    while not ended.wait(_BEAT):
        try:
            if _read(note) == own:
                os.utime(note)
        except OSError:  # out of reach for now; the run itself says so when it writes
            continue


def _read(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _who(found: dict[str, Any]) -> str:
    return f"A run on {found.get('host', 'another machine')} (process {found.get('process', 'unknown')})"
