"""How far the links of HDF5 files lead: within the folder of the scan, or anywhere where the user lets them.

A file can name others in four ways: an external link, a soft link through one, a virtual dataset, and storage in raw files.
HDF5 follows each without a word to wherever its writer said, which in a file from elsewhere may be any file of the reader's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import h5py

from ...errors import ReadError

_MOST_LINKS = 16
"""Links on the way to one dataset; HDF5 itself follows no more."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where links may lead besides the folder of the file they are in.

    Attributes
    ----------
    folder : Path or None
        That of the scan.
    anywhere : bool
        Whether they may lead out of it.
    """

    folder: Path | None = None
    anywhere: bool = False

    def holds(self, target: Path, home: Path) -> bool:
        """Tell whether a file lies in the folder of the scan or of the file that names it, wherever links of the system lead."""
        folders = {home.absolute().parent.resolve(), home.resolve().parent}
        folders |= {self.folder.resolve()} if self.folder is not None else set()
        return any(target.resolve().is_relative_to(folder) for folder in folders)

    def require(self, target: Path, home: Path, what: str) -> None:
        """Raise `ReadError` where a file lies out of reach, or is no file."""
        if target.exists() and not target.is_file():
            raise ReadError(f"{home}: {what} leads to {target}, which is no file.")
        if not self.anywhere and not self.holds(target, home):
            raise ReadError(
                f"{home}: {what} leads to {target}, outside the folder of the scan: put that file beside it, or, if you trust "
                "where the scan comes from, allow it (follow_links=True, --set read.follow_links=true)."
            )


_OWN_FOLDER = Reach()
_REACH: ContextVar[Reach] = ContextVar("reach", default=_OWN_FOLDER)


@contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """Read with this reach in the block; elsewhere links lead no further than the folder of their file."""
    token = _REACH.set(reach)
    try:
        yield
    finally:
        _REACH.reset(token)


def current_reach() -> Reach:
    """Give how far links lead here, to hand it on to what is read later."""
    return _REACH.get()


def require_path_within(group: h5py.Group, name: str, left: int = _MOST_LINKS) -> None:
    """Raise `ReadError` where a link on the way to `name` leads out of reach, before HDF5 follows it.

    A way that ends nowhere is no matter of this function.
    """
    home = Path(group.file.filename)
    if left == 0:
        raise ReadError(f"{home}: the links to {name} go in a circle.")
    node = group.file if name.startswith("/") else group
    parts = [part for part in name.split("/") if part not in ("", ".")]
    for k, part in enumerate(parts):
        links, key = node.id.links, part.encode("utf-8", "surrogateescape")
        if not links.exists(key):
            return
        kind, rest = links.get_info(key).type, parts[k + 1 :]
        if kind == h5py.h5l.TYPE_SOFT:
            require_path_within(node, "/".join([_text(links.get_val(key)), *rest]), left - 1)
            return
        if kind == h5py.h5l.TYPE_EXTERNAL:
            file, inside = map(_text, links.get_val(key))
            target = home.parent / file
            current_reach().require(target, home, f"{node.name.rstrip('/')}/{part}")
            _require_in_other(target, "/".join([inside, *rest]), left - 1)
            return
        found = node[part]
        if not isinstance(found, h5py.Group):
            return
        node = found


def _require_in_other(target: Path, inside: str, left: int) -> None:
    try:
        with h5py.File(target, "r") as file:
            require_path_within(file, f"/{inside.lstrip('/')}", left)
    except OSError:
        return  # that it is not there, or damaged, is said where it is read


def require_dataset_within(group: h5py.Group, dataset: h5py.Dataset) -> None:
    """Raise `ReadError` where a dataset that was found, or what it gathers from, lies out of reach."""
    home = Path(dataset.file.filename)
    if dataset.file.filename != group.file.filename:
        current_reach().require(home, Path(group.file.filename), dataset.name)
    for file, _ in sources(home, dataset):
        current_reach().require(file, home, dataset.name)


def sources(home: Path, dataset: h5py.Dataset) -> Iterator[tuple[Path, str]]:
    """Files and datasets that a virtual dataset gathers from; a raw file has no dataset.

    HDF5 looks for the sources of a virtual dataset beside its file, and for raw files in the working folder.
    """
    if dataset.is_virtual:
        for source in dataset.virtual_sources():
            if "%" not in source.file_name:
                yield (home if source.file_name == "." else home.parent / source.file_name), source.dset_name
                continue
            for file in _numbered(home.parent / source.file_name):
                yield file, ""
    for name, _, _ in dataset.external or ():
        yield Path(os.path.abspath(_text(name))), ""


def _numbered(pattern: Path) -> list[Path]:
    """Files that a source with a running number, ``part_%b.h5``, stands for; the pattern itself where there are none."""
    if "%" in str(pattern.parent):
        raise ReadError(f"A virtual dataset gathers from {pattern}: the running number stands in the name of a folder.")
    begin, _, end = pattern.name.partition("%b")
    found = (
        [file for file in pattern.parent.glob("*") if file.name.startswith(begin) and file.name.endswith(end)]
        if pattern.parent.is_dir()
        else []
    )
    return found or [pattern]


def _text(name: bytes | str) -> str:
    return os.fsdecode(name)
