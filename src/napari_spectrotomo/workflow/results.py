"""What the stages have left in a project folder, read lazily."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..data import EnergyStack, FloatArray
from ..errors import ProjectError
from ..tiff_pages import read_tiff_volume
from .alignment import Alignment
from .kept import kept
from .outputs import missing
from .record import Record
from .store import Store
from .sums import is_as_noted
from .tables import read_table

if TYPE_CHECKING:
    import pandas as pd

    from ..register import Registration
    from ..spectra import Clusters, Components, Composition, EdgeMap, ValenceMap


class Results:
    """The results of a project, each read from its file when asked for.

    Attributes
    ----------
    path : Path
        The folder.
    record : Record
    store : Store
    """

    path: Path
    record: Record
    store: Store

    def alignment(self) -> Alignment:
        """Give the rotation axes and the shifts of the views."""
        return Alignment.load(self._made("alignment.json"))

    @kept
    def stack(self, name: str = "reconstruction") -> EnergyStack:
        """Give 'reconstruction' or 'registered' as a lazy stack; energies not done yet are NaN.

        Raises
        ------
        ProjectError
            If it is not there yet.
        """
        data = self.store.array(name)
        own = self.store.attributes(name) or {}
        return EnergyStack(
            data=data,
            energies=np.asarray(own["energies_eV"], np.float64),
            voxel_size=self._voxel_size(),
            attenuation_unit=own["attenuation_unit"],
            metadata={"source": str(self.path)},
        )

    def masks(self) -> da.Array:
        """Give the masks, bool, (energy, z, y, x), lazily."""
        return self.store.array("mask")

    def squared_difference(self, which: Literal["raw", "registered"]) -> da.Array:
        """Give the squared difference of the masks to the fixed one, float32, (energy, z, y, x), lazily."""
        return self.store.array(f"squared_difference_{which}")

    @kept
    def labels(self) -> npt.NDArray[np.int32]:
        """Give the particle labels of the fixed volume, (z, y, x)."""
        return self._tiff("labels.tif").astype(np.int32)

    def registration(self) -> Registration:
        """Give the registration."""
        from ..register import load_registration

        return load_registration(self._made("registration.json"))

    @kept
    def edge_map(self) -> EdgeMap:
        """Give the edge-energy map with its step and error."""
        from ..spectra import EdgeMap

        about = {k: v for k, v in self.record.stage("spectra").get("edge_map", {}).items() if k != "energy_shift"}
        return EdgeMap(
            energy=self._tiff("edge_energy.tif"),
            step=self._tiff("edge_step.tif"),
            error=self._tiff("edge_energy_error.tif"),
            voxel_size=self._voxel_size(),
            **about,
        )

    @kept
    def edge_windows(self) -> dict[str, Any]:
        """Give e0, windows and order of the edge map, as `EdgeMap.windows`; empty where there is none. No volume is read."""
        return dict(self.record.stage("spectra").get("edge_map", {}).get("windows", {}))

    @kept
    def energy_shift(self) -> dict[str, Any]:
        """Give what was added to the scan's energies: ``shift_eV``, ``uncertainty_eV`` and ``origin``, in words."""
        none = {"shift_eV": 0.0, "uncertainty_eV": 0.0, "origin": ""}
        return none | self.record.stage("spectra").get("edge_map", {}).get("energy_shift", {})

    @kept
    def valence(self) -> ValenceMap:
        """Give the valence of every voxel with its errors, and the line through the standards it was read off."""
        from ..spectra import valence_map
        from .valence_line import line_from_plain

        return valence_map(self.edge_map(), line_from_plain(self._noted("spectra", "valence", "valence.tif")))

    @kept
    def composition(self) -> Composition:
        """Give the fractions of the references in every voxel, with their errors."""
        from ..spectra import Composition

        about = self._noted("composition", "references", "fractions.tif")
        fractions, error = (self._volumes(f"{name}.tif", about["names"]) for name in ("fractions", "fraction_errors"))
        shifted = (self.path / "composition_shift.tif").exists()
        return Composition(
            names=tuple(about["names"]),
            fractions=fractions,
            error=error,
            residual=self._tiff("composition_residual.tif"),
            shift=self._tiff("composition_shift.tif") if shifted else None,
            energies=np.asarray(about["energies_eV"], np.float64),
            fitted=np.asarray(about["fitted"], bool),
            references=np.asarray(about["spectra"], np.float64),
            e0=float(about["e0"]),
            windows=about["windows"],
            warnings=tuple(about["warnings"]),
            voxel_size=self._voxel_size(),
        )

    @kept
    def fractions(self) -> pd.DataFrame:
        """Give the mean fractions of the references in every particle, as in ``composition.csv``."""
        return self._table("composition.csv")

    @kept
    def components(self) -> Components:
        """Give the components the spectra were split into."""
        from ..spectra import Components

        about = self._noted("composition", "components", "components.csv")
        table = self._table("components.csv")
        names = [name for name in table.columns if name.startswith("component_")]
        return Components(
            spectra=table[names].to_numpy(np.float64).T,
            scores=self._volumes("component_scores.tif", names),
            explained=np.asarray(about["explained"], np.float64),
            residual=float(about["residual"]),
            above_noise=int(about["above_noise"]),
            mean=table["mean"].to_numpy(np.float64),
            energies=table["energy_eV"].to_numpy(np.float64),
            voxels=int(about["voxels"]),
            e0=about["e0"],
            warnings=tuple(about["warnings"]),
            voxel_size=self._voxel_size(),
        )

    @kept
    def clusters(self) -> Clusters:
        """Give the clusters of voxels with similar spectra."""
        from ..spectra import Clusters

        about = self._noted("composition", "clusters", "clusters.tif")
        table = self._table("clusters.csv")
        names = [f"cluster_{k}" for k in range(1, len(about["sizes"]) + 1)]
        return Clusters(
            labels=self._tiff("clusters.tif").astype(np.int32),
            spectra=table[names].to_numpy(np.float64).T,
            errors=table[[f"{name}_standard_error" for name in names]].to_numpy(np.float64).T,
            sizes=np.asarray(about["sizes"], np.int64),
            components=int(about["components"]),
            energies=table["energy_eV"].to_numpy(np.float64),
            method=about["by"],
            e0=about["e0"],
            warnings=tuple(about["warnings"]),
            voxel_size=self._voxel_size(),
        )

    @kept
    def spectra_of(self, kind: Literal["components", "clusters"]) -> pd.DataFrame:
        """Give the spectra of the components or the clusters, as in ``components.csv`` or ``clusters.csv``."""
        return self._table(f"{kind}.csv")

    @kept
    def profiles(self) -> pd.DataFrame:
        """Give the particles' edge energies against depth, as in ``profiles.csv``."""
        return self._table("profiles.csv")

    @kept
    def densities(self) -> pd.DataFrame:
        """Give the kernel densities of the particles' edge energies, as in ``densities.csv``."""
        return self._table("densities.csv")

    @kept
    def comparisons(self) -> pd.DataFrame:
        """Give how the largest particles differ, pair by pair, as in ``comparisons.csv``."""
        return self._table("comparisons.csv")

    @kept
    def spectra(self) -> pd.DataFrame:
        """Give the mean normalised spectra of the particles, as in ``spectra.csv``."""
        return self._table("spectra.csv")

    @kept
    def particles(self) -> pd.DataFrame:
        """Give the statistics of the particles, as in ``particles.csv``."""
        return self._table("particles.csv")

    def warnings(self) -> list[str]:
        """Give what the stages warned of, each sentence once."""
        return self.record.warnings()

    def _made(self, name: str) -> Path:
        path = self.path / name
        if not path.exists():
            raise missing(self.path, name)
        if not all(is_as_noted(path, entry.get("files", {})) for entry in self.record.content["stages"].values()):
            raise ProjectError(
                f"{path} is no longer what the run wrote: it is damaged, or was changed. Give the `spectrotomo run` command of "
                "the project again: the file is set aside under another name, and made again."
            )
        return path

    def _table(self, name: str) -> pd.DataFrame:
        return read_table(self._made(name))

    def _tiff(self, name: str) -> npt.NDArray[Any]:
        volume = read_tiff_volume(self._made(name), "voxels", error=ProjectError)
        return volume[None] if volume.ndim == 2 else volume

    def _volumes(self, name: str, kinds: Sequence[str]) -> npt.NDArray[Any]:
        """Read several volumes of one file, (k, z, y, x), however many axes of length 1 its reader left out."""
        found = self._tiff(name)
        shape = self.store.array("mask").shape[1:]
        return found.reshape(len(kinds), *shape)

    def _noted(self, stage: str, what: str, file: str) -> dict[str, Any]:
        """Give what a stage noted of a result in ``run.json``."""
        self._made(file)
        found = self.record.stage(stage).get(what)
        if found is None:
            raise missing(self.path, file)
        return found

    def _voxel_size(self) -> FloatArray | None:
        size = self.record.content["scan"].get("voxel_size_nm")
        return None if size is None else np.asarray(size, np.float64)
