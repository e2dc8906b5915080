"""Holding a project folder while work is done on it: alone, with its log, and with advice where it cannot be written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError, ProjectError
from .own_places import require_own_places


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the project for one run; the system frees it when the process ends, however it ends."""
    from filelock import FileLock, Timeout

    require_own_places(folder)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ProjectError(f"Another run is at work on {folder}: wait for it, or stop it first.") from error
    except OSError as error:
        raise ProjectError(f"The project folder {folder} cannot be written: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a full disk or a folder that cannot be written into advice; readers' own errors never come here."""
    try:
        yield
    except OSError as error:
        if error.filename and not Path(error.filename).is_relative_to(folder):
            raise DataError(f"{error.filename} cannot be read: {error.strerror or error}.") from error
        raise ProjectError(
            f"The project folder {folder} cannot be written: {error.strerror or error}. What was finished is kept: "
            "free space or mend the folder, then give the same command again."
        ) from error


@contextmanager
def logging_to(folder: Path) -> Iterator[logging.Logger]:
    """Append to ``run.log`` while a run lasts."""
    log = logging.getLogger(f"napari_spectrotomo.run.{folder}")
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        handler = logging.FileHandler(folder / "run.log", encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"The project folder {folder} cannot be written: {error.strerror}.") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        yield log
    finally:
        log.removeHandler(handler)
        handler.close()
