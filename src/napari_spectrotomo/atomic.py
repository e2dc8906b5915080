"""Files that are whole or absent: written beside their place under another name, then moved there in one step.

Power may fail as well as a process: a file's bytes are on disk before it takes its place, and its place is before the next
thing is done. What a killed process left under another name is hidden, and `is_temporary` tells it.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}(\.\w+)?")
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)
"""What file systems say that take no order to write a folder's list of files at once."""


def temporary_name(path: Path, suffix: str | None = None) -> Path:
    """Give a hidden name beside `path` that nothing else has."""
    return path.with_name(f".{path.stem}.{uuid4().hex[:8]}{path.suffix if suffix is None else suffix}")


def is_temporary(path: Path) -> bool:
    """Tell by its name what `whole_file` or `remove_folder` has left when it was killed."""
    return _TEMPORARY.fullmatch(path.name) is not None


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; what was written there takes the place of `path` when the block ends well.

    Parameters
    ----------
    path : path
        Where the file shall be. Its suffix is kept, for writers that go by it.
    """
    path = Path(path)
    temporary = temporary_name(path)
    try:
        yield temporary
        with temporary.open("r+b") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
        settle_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


MOST_JSON = 256 * 2**20
"""Bytes of a record: that of 1000 energies with 1000 particles takes a tenth."""


def read_json(path: str | Path) -> Any:
    """Give what a JSON file holds.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no JSON, holds a number that is not finite, is nested deeper than any record, or longer than any.
    """
    with Path(path).open("rb") as file:
        content = file.read(MOST_JSON + 1)
    if len(content) > MOST_JSON:
        raise ValueError(f"it has more than {MOST_JSON / 1e6:.0f} MB")
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested deeper than any record") from error


def _no_number(text: str) -> float:
    raise ValueError(f"it holds {text}, which is no number")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def settle_folder(folder: Path) -> None:
    """Have the names in a folder on disk, where the system can be told so."""
    if os.name == "nt":
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(place)


def settle_all(folder: Path) -> None:
    """Have every file in a folder, and in those below it, on disk."""
    for inside, _, names in os.walk(folder):
        for name in names:
            with (Path(inside) / name).open("r+b") as written:
                os.fsync(written.fileno())
        settle_folder(Path(inside))


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it; it is gone in one step, so that no part of it is taken for the whole."""
    hidden = temporary_name(folder)
    folder.rename(hidden)
    shutil.rmtree(hidden)


def write_bytes(path: Path, content: Any) -> None:
    """Write bytes, or what gives them, to `path`, whole or not at all; folders on the way are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` in UTF-8 to `path`, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, content: Any) -> None:
    """Write plain values as JSON to `path`, whole or not at all; numbers that are not finite are refused."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
