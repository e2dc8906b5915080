"""A project folder: the recipe, the record, and everything the run has made so far, read lazily."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import __version__
from ..atomic import is_temporary, write_text
from ..errors import ProjectError
from ..io import identify
from ..parameters import as_plain
from .hold import alone
from .holder import NOTE
from .inputs import Inputs
from .outputs import FILES, IMAGES_OF, UNFINISHED, asked_for
from .own_places import require_own_places
from .recipe import Recipe, used_windows
from .record import Record, State, dependents
from .source import absolute, check_named_files, read_source, way_to
from .store import IMAGES, Store
from .sums import is_as_noted, set_aside, sums_of


class Project(Inputs):
    """A project folder, as ``spectrotomo run … --output`` makes it.

    Make one with `Project.create` or `Project.open`. The folder is both checkpoint and result.

    Attributes
    ----------
    path : Path
        The folder.
    recipe : Recipe
        What to do; changed through `change`.
    record : Record
        What was done.
    store : Store
        The images, ``project.zarr``.
    """

    def __init__(self, path: Path, recipe: Recipe, record: Record) -> None:
        self.path = path
        self.recipe = recipe
        self.record = record
        self.store = Store(path / "project.zarr", self._origin)
        super().__init__()

    @classmethod
    def create(
        cls, path: str | Path, source: str | Path, recipe: Recipe | str | Path | dict[str, Any] | None = None
    ) -> Project:
        """Make a project for `source` in the folder `path`, or reopen the one there.

        Parameters
        ----------
        path : path
            A new or empty folder, or that of a project of the same source.
        source : path
            A scan or a stack of volumes.
        recipe : Recipe, path of a YAML file, or dict by stage, optional
            By default the one in the folder, else the defaults.

        Raises
        ------
        ReadError
            If `source` cannot be read; nothing is written then.
        ProjectError
            If the folder holds other files or the project of another source, or cannot be written.
        """
        project = cls.planned(path, source, recipe)
        project.begin()
        return project

    @classmethod
    def planned(
        cls, path: str | Path, source: str | Path, recipe: Recipe | str | Path | dict[str, Any] | None = None
    ) -> Project:
        """Give the project that `create` would make or reopen, and write nothing; `begin` does."""
        path, source = absolute(path), absolute(source)
        if path.exists() and not path.is_dir():
            raise ProjectError(f"The output {path} is a file: name a folder.")
        if (source / "run.json").exists():
            raise ProjectError(
                f"{source} is a project, not a scan; its volumes are a stack: {source / 'project.zarr'}."
            )
        exists = (path / "run.json").exists()
        if path.is_dir() and not exists and any(not _is_ours(file) for file in path.iterdir()):
            raise ProjectError(f"The folder {path} holds other files and no project: name a new or an empty folder.")
        known = cls.open(path) if exists else None
        wanted = Recipe.of(recipe) or (known.recipe if known else Recipe())
        check_named_files(wanted)
        kind = wanted.read.kind if wanted.read.kind != "auto" else identify(source, wanted.read.format)[0]
        project = cls(path, wanted, known.record if known else Record.new(path / "run.json", source, kind))
        if known and known.source != source:
            known._must_hold_the_same(source, wanted, kind)
        project.record.content.update(source=str(source), source_from_project=way_to(source, path), kind=kind)
        _ = project.fixed_index  # reads the headers, and refuses what cannot be before anything is written
        return project

    def begin(self) -> None:
        """Make the project's folder and write what is planned into it, once nobody else is at work.

        Raises
        ------
        ProjectError
            If it cannot be written, or a run is at work on it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with alone(self.path):
                self._begin()
        except OSError as error:
            raise ProjectError(
                f"The project folder {self.path} cannot be written: {error.strerror or error}."
            ) from error

    def _begin(self) -> None:
        """Write what a run begins from; the record first, by which the folder is a project."""
        if self.record.path.exists():
            known = {name: self.record.content[name] for name in ("source", "source_from_project", "kind")}
            self.record.reload()
            self.record.content.update(known)
        self.record.save()
        self.save_recipe()

    @classmethod
    def open(cls, path: str | Path) -> Project:
        """Open the project in the folder `path`.

        Raises
        ------
        ProjectError
            If there is none.
        """
        path = absolute(path)
        record = Record.load(path / "run.json")
        recipe = Recipe.load(path / "recipe.yaml") if (path / "recipe.yaml").exists() else Recipe()
        return cls(path, recipe, record)

    def _must_hold_the_same(self, source: Path, recipe: Recipe, kind: str) -> None:
        """Let a moved scan pass: the same files in name and size."""
        found = read_source(source, recipe.read, kind)
        files = sorted((Path(f).name, Path(f).stat().st_size) for f in found.metadata.get("files", []))
        if not files or files != sorted((i["name"], i["size"]) for i in self.record.content["inputs"]):
            raise ProjectError(
                f"The folder {self.path} holds the project of another scan ({self.source}): "
                f"name another output folder for {source}."
            )

    def save(self) -> None:
        """Write the recipe and the record."""
        self.save_recipe()
        self.record.save()

    def save_recipe(self) -> None:
        """Write the recipe, and as a remark the windows that an edge map up to date took."""
        used = used_windows(self.record.stage("spectra")) if self.state("spectra") == "done" else ""
        write_text(self.path / "recipe.yaml", self.recipe.to_yaml() + used)

    def change(self, stage: str, **values: Any) -> None:
        """Give parameters of a stage other values, checked and saved.

        Raises
        ------
        ParameterError
            If a name is unknown or a value cannot be taken; nothing is changed then.
        """
        self.recipe = self.recipe.changed(stage, **values)
        self.save_recipe()

    def _origin(self, image: str) -> dict[str, Any]:
        """Say how an image comes to be, for its own attributes; nothing that differs when a run is repeated."""
        stage = next(stage for stage, images in IMAGES_OF.items() if image in images)
        return {
            "stage": stage,
            "parameters": as_plain(getattr(self.recipe, stage)),
            "version": __version__,
            "source": self.source.name,
        }

    def state(self, stage: str) -> State:
        """Say whether a stage is 'missing', 'partial', 'done', or 'outdated' by a change of parameters or inputs.

        A stage whose results are no longer all there is 'partial', whatever the record says.
        """
        state = self.record.state(stage, self.recipe)
        if state == "done" and not self._holds(stage):
            return "partial"
        return state

    def _holds(self, stage: str) -> bool:
        images = all(
            self.store.is_described(name) and self.store.done(name).any() and self.store.done(name).all()
            for name in IMAGES_OF.get(stage, ())
            if name in IMAGES
        )
        noted = self.record.stage(stage).get("files", {})
        return images and all(is_as_noted(self.path / name, noted) for name in self._files(stage))

    def note_files(self, stage: str) -> None:
        """Note in the record what the files of a stage are, so that a change of them is found."""
        self.record.stage(stage)["files"] = sums_of(self.path, FILES.get(stage, ()))

    def set_aside(self, stage: str) -> list[str]:
        """Set files of a stage aside that are no longer what it wrote, before it writes them again; say which."""
        noted = self.record.stage(stage).get("files", {})
        return [words for name in noted for words in set_aside(self.path / name, noted)]

    def _files(self, stage: str) -> tuple[str, ...]:
        """Give the files a stage leaves in this project."""
        if stage == "align" and (self.kind == "stack" or self.planar):
            return ()
        return asked_for(stage, self.recipe, self.maps_edges)

    def discard(self, stage: str) -> list[str]:
        """Take away what a stage and those that depend on it have left, so that nothing old stands beside something new.

        Returns
        -------
        list of str
            Which files were set aside, since they are not what was written.
        """
        require_own_places(self.path)
        aside = []
        for name in (stage, *dependents(stage)):
            aside += self.set_aside(name)
            for file in (*FILES.get(name, ()), *UNFINISHED.get(name, ())):
                (self.path / file).unlink(missing_ok=True)
            for image in IMAGES_OF.get(name, ()):
                self.store.remove(image)
            self.record.content["stages"].pop(name, None)
        self.record.save()
        return aside

    def done(self, stage: str) -> npt.NDArray[np.bool_]:
        """Give one flag an energy: whether its volume of this stage is there and up to date."""
        name = IMAGES_OF[stage][0]
        if not self.store.is_described(name) or self.store.fingerprint(name) != self.record.fingerprint(
            stage, self.recipe
        ):
            return np.zeros(len(self.energies), bool)
        return self.store.done(name)


def _is_ours(file: Path) -> bool:
    """Tell what a run leaves in a folder that was killed before the folder became a project."""
    return file.name in (".lock", NOTE) or is_temporary(file)
