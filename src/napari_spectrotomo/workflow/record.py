"""What was done: ``run.json``, the record of a project's inputs, versions, stages, timings and warnings.

A stage is up to date when it was finished with the fingerprint it has now. A fingerprint covers the stage's parameters and
all that the stage depends on, down to the checksums of the input files; so a change anywhere makes the stages after it, and
only those, out of date.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ..atomic import read_json, write_json
from ..errors import Aborted, DataError, ProjectError, SpectrotomoError
from ..parameters import as_plain, identifying
from ..threads import thread_count
from .provenance import PeakMemory, now, session, versions
from .recipe import FILE_PARAMETERS, Recipe
from .record_form import fault_in
from .standards import files_of_standards

MENDED = "mended"
"""Where ``run.json`` keeps what was damaged and is made again."""

NEEDS: dict[str, tuple[str, ...]] = {
    "read": (),
    "correct": ("read",),
    "align": ("correct",),
    "reconstruct": ("align",),
    "binarize": ("reconstruct",),
    "label": ("binarize",),
    "register": ("binarize", "label"),
    "spectra": ("register", "label"),
    "composition": ("spectra",),
    "report": ("composition",),
}
"""What every stage takes from: a stage out of date makes those that name it out of date."""


_TAKE_THE_FIXED_ENERGY = ("reconstruct", "label")
"""Stages that need to know which energy is the fixed one: its pixel size is the grid's, its mask is labelled."""

_TAKE_THE_AXIS = ("align",)
"""Stages before the reconstruction that need to know whether the rotation axis or its tilt is given."""


def dependents(stage: str) -> tuple[str, ...]:
    """Give the stages that take from `stage`, directly or through others, in order."""
    found = {stage}
    for name, needs in NEEDS.items():
        if found & set(needs):
            found.add(name)
    return tuple(name for name in NEEDS if name in found - {stage})


State = Literal["missing", "partial", "done", "outdated"]


class Record:
    """The content of ``run.json``, saved whole after every change.

    Parameters
    ----------
    path : path
        Of ``run.json``.
    content : dict
        Plain values, as in the file.
    """

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path = path
        self.content = content
        self._memory: PeakMemory | None = None

    @classmethod
    def new(cls, path: Path, source: Path, kind: str) -> Record:
        """Begin the record of a project that reads `source`."""
        return cls(
            path,
            {
                "source": str(source),
                "kind": kind,
                "versions": versions(),
                "inputs": [],
                "scan": {},
                "stages": {},
                "warnings": [],
            },
        )

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a record.

        Raises
        ------
        ProjectError
            If the file is missing or not a record.
        """
        try:
            content = read_json(path)
        except FileNotFoundError as error:
            raise ProjectError(
                f"{path.parent} is not a project: it has no run.json. Give the folder that 'spectrotomo run --output' wrote."
            ) from error
        except (OSError, ValueError) as error:
            raise ProjectError(
                f"The record {path} cannot be read ({error}): restore it, or start again in a new folder."
            ) from error
        if not isinstance(content, dict) or not {"source", "kind", "stages"} <= content.keys():
            raise ProjectError(
                f"{path} is not the record of a spectrotomo project: give the folder that 'spectrotomo run --output' wrote."
            )
        if (fault := fault_in(content)) is not None:
            raise ProjectError(f"The record {path} is damaged ({fault}): restore it, or start again in a new folder.")
        return cls(path, content)

    def save(self) -> None:
        """Write the record to its file."""
        self.content["warnings"] = [*self.warnings(), *self.content.get(MENDED, [])]
        write_json(self.path, self.content)

    def reload(self) -> None:
        """Take the record as another process may have left it since."""
        self.content = Record.load(self.path).content

    def stage(self, name: str) -> dict[str, Any]:
        """Give what is recorded of a stage; empty when it never ran."""
        return self.content["stages"].get(name, {})

    def begin(self, name: str, fingerprint: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Give the entry of a stage about to run: the one begun before when nothing changed since, else a new one."""
        entry = self.stage(name)
        if entry.get("fingerprint") != fingerprint:
            entry = {"fingerprint": fingerprint, "finished": False, "seconds": 0.0, "warnings": {}}
            self.content["stages"][name] = entry
        entry["parameters"] = parameters
        entry |= {"started": entry.get("started", now()), "ended": None, "threads": thread_count()}
        if self._memory is not None:
            self._memory.restart()
        return entry

    def finish(self, name: str) -> None:
        """Note that a stage is done."""
        entry = self.content["stages"][name]
        entry.update(finished=True, ended=now())
        if self._memory is not None:
            entry["peak_memory_bytes"] = max(self._memory.peak(), entry.get("peak_memory_bytes", 0))
        self.content["versions"] = versions()
        self.save()

    @contextmanager
    def remembered(self, until: str, by: str | None = None) -> Iterator[None]:
        """Keep who asked for a run, when, on which machine and how it came out, if it does anything; see `session`.

        A run that was killed has no end.
        """
        self.reload()  # another process may have worked on the project since
        note, before = session(until, by), self._progress()
        self.content.setdefault("runs", []).append(note)
        try:
            with PeakMemory() as self._memory:
                yield
            note["outcome"] = "done"
        except (Aborted, GeneratorExit):
            note["outcome"] = "stopped on request"
            raise
        except (SpectrotomoError, OSError) as error:
            note["outcome"] = str(error)
            raise
        finally:
            self._memory = None
            note["ended"] = now()
            if self._progress() == before:
                self.content["runs"].remove(note)  # all was found done, or refused before it began
            self.save()

    def _progress(self) -> dict[str, list[Any]]:
        told = ("started", "ended", "seconds")
        return {name: [entry.get(key) for key in told] for name, entry in self.content["stages"].items()}

    def warn(self, name: str, sentences: tuple[str, ...] | list[str], step: str = "") -> None:
        """Keep what a stage warned of; a step that is done again replaces what it said before."""
        self.content["stages"][name]["warnings"][step] = list(sentences)

    def warnings(self) -> list[str]:
        """Give the warnings of all stages in order, each once."""
        said = (w for name in NEEDS for step in self.stage(name).get("warnings", {}).values() for w in step)
        return list(dict.fromkeys(said))

    def fingerprint(self, name: str, recipe: Recipe) -> str:
        """Give the fingerprint of a stage under `recipe`."""
        content = {
            "stage": name,
            "parameters": identifying(getattr(recipe, name)),
            "needs": [self.fingerprint(n, recipe) for n in NEEDS[name]],
            "inputs": [[i["name"], i["sha256"]] for i in self.content["inputs"]] if name == "read" else None,
            "given": _given_files(getattr(recipe, name)),
            "fixed": recipe.register.fixed if name in _TAKE_THE_FIXED_ENERGY else None,
            "axis": [as_plain(recipe.reconstruct)[p] for p in ("center", "tilt")] if name in _TAKE_THE_AXIS else None,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def state(self, name: str, recipe: Recipe) -> State:
        """Say how far a stage is: never run, begun, done, or done for other parameters or inputs than those now."""
        entry = self.stage(name)
        if not entry:
            return "missing"
        if entry["fingerprint"] != self.fingerprint(name, recipe):
            return "outdated"
        return "done" if entry["finished"] else "partial"


def inputs_of(files: list[str], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give name, size, time and SHA-256 of every input file; checksums are taken again only where size or time changed."""
    before = {(i["path"], i["size"], i["modified_ns"]): i["sha256"] for i in known}
    found = []
    for file in sorted({str(Path(f)) for f in files}):
        path = Path(file)
        status = path.stat()
        key = (file, status.st_size, status.st_mtime_ns)
        found.append(
            {
                "name": path.name,
                "path": file,
                "size": key[1],
                "modified_ns": key[2],
                "sha256": (path.is_file() and before.get(key)) or checksum(path),
            }
        )
    return found


def looks_changed(files: list[str], known: list[dict[str, Any]]) -> bool:
    """Say whether files differ in name, size or time from those known; no file is read."""
    found = sorted((path.name, (status := path.stat()).st_size, status.st_mtime_ns) for path in map(Path, set(files)))
    return found != sorted((i["name"], i["size"], i["modified_ns"]) for i in known)


def check_unchanged(known: list[dict[str, Any]]) -> None:
    """Refuse to go on where an input file is no longer what it was when the run began, by its size and time.

    Raises
    ------
    DataError
    """
    for one in known:
        path = Path(one["path"])
        try:
            status = path.stat()
        except OSError as error:
            raise DataError(
                f"The input file {path} went away while the run read it ({error.strerror}): bring it back, then give the same "
                "command again. What was finished is kept."
            ) from error
        if (status.st_size, status.st_mtime_ns) != (one["size"], one["modified_ns"]):
            raise DataError(
                f"The input file {path} changed while the run read it: nothing that was made of it meanwhile is kept. Give the "
                "same command again when it changes no more."
            )


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; of a folder (a zarr store), that of its files' names, sizes and times."""
    if path.is_dir():
        inside = [(f.relative_to(path).as_posix(), f.stat()) for f in sorted(path.rglob("*")) if f.is_file()]
        listing = "\n".join(f"{name} {s.st_size} {s.st_mtime_ns}" for name, s in inside)
        return hashlib.sha256(listing.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _given_files(parameters: Any) -> list[str]:
    """What tells that a file named by a parameter has changed: size and time, of a folder those of all that is in it."""
    named = [Path(path) for name in FILE_PARAMETERS if isinstance(path := getattr(parameters, name, None), str)]
    if isinstance(standards := getattr(parameters, "standards", None), str):
        named += files_of_standards(standards)
    return [
        checksum(p) if p.is_dir() else f"{p.stat().st_size} {p.stat().st_mtime_ns}" for p in named if os.path.exists(p)
    ]
