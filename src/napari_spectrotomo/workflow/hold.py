"""Holding a project folder while work is done on it: alone, with its log, and with advice where it cannot be written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError, ProjectError, SpectrotomoError
from .holder import noted
from .own_places import require_own_places


@contextmanager
def alone(folder: Path) -> Iterator[Callable[[], None]]:
    """Hold the project for one run; it is free again when the process ends, however it ends.

    Yields
    ------
    callable
        Raises `ProjectError` once a run on another machine has taken the project over.
    """
    from filelock import FileLock, Timeout

    require_own_places(folder)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ProjectError(f"Another run is at work on {folder}: wait for it, or stop it first.") from error
    except NotImplementedError:  # a file system without locks: the note alone tells
        (folder / ".lock").touch()
    except OSError as error:
        raise ProjectError(f"The project folder {folder} cannot be written: {error.strerror}.") from error
    try:
        with noted(folder) as mine:
            yield mine
    finally:
        lock.release()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a full disk, a folder that cannot be written or too little memory into advice; readers' own errors never come here."""
    try:
        yield
    except OSError as error:
        if error.filename and not Path(error.filename).is_relative_to(folder):
            raise DataError(f"{error.filename} cannot be read: {error.strerror or error}.") from error
        raise ProjectError(
            f"The project folder {folder} cannot be written: {error.strerror or error}. What was finished is kept: "
            "free space or mend the folder, then give the same command again."
        ) from error
    except MemoryError as error:
        raise SpectrotomoError(
            f"There was too little memory ({error or 'none was left'}). What was finished is kept: close other programs, or "
            "make the volumes smaller (correct.binning, reconstruct.region), then give the same command again."
        ) from error


class _Log(logging.FileHandler):
    """A log that says so when it cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Let the error out, where logging would print it and go on."""
        raise  # noqa: PLE0704 - called within the handler of the error


@contextmanager
def logging_to(folder: Path) -> Iterator[logging.Logger]:
    """Append to ``run.log`` while a run lasts."""
    log = logging.getLogger(f"napari_spectrotomo.run.{folder}")
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        handler = _Log(folder / "run.log", encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"The project folder {folder} cannot be written: {error.strerror}.") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        yield log
    finally:
        log.removeHandler(handler)
        handler.close()
