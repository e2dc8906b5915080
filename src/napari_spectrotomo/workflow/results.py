"""What the stages have left in a project folder, read lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..data import EnergyStack
from .alignment import Alignment
from .outputs import missing
from .record import Record
from .store import Store

if TYPE_CHECKING:
    import pandas as pd

    from ..register import Registration
    from ..spectra import EdgeMap


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

    def stack(self, name: str = "reconstruction") -> EnergyStack:
        """Give 'reconstruction' or 'registered' as a lazy stack; energies not done yet are NaN.

        Raises
        ------
        ProjectError
            If it is not there yet.
        """
        data = self.store.array(name)
        own = self.store.attributes(name) or {}
        size = self.record.content["scan"].get("voxel_size_nm")
        return EnergyStack(
            data=data,
            energies=np.asarray(own["energies_eV"], np.float64),
            voxel_size=None if size is None else np.asarray(size, np.float64),
            attenuation_unit=own["attenuation_unit"],
            metadata={"source": str(self.path)},
        )

    def masks(self) -> da.Array:
        """Give the masks, bool, (energy, z, y, x), lazily."""
        return self.store.array("mask")

    def squared_difference(self, which: Literal["raw", "registered"]) -> da.Array:
        """Give the squared difference of the masks to the fixed one, float32, (energy, z, y, x), lazily."""
        return self.store.array(f"squared_difference_{which}")

    def labels(self) -> npt.NDArray[np.int32]:
        """Give the particle labels of the fixed volume, (z, y, x)."""
        return self._tiff("labels.tif").astype(np.int32)

    def registration(self) -> Registration:
        """Give the registration."""
        from ..register import load_registration

        return load_registration(self._made("registration.json"))

    def edge_map(self) -> EdgeMap:
        """Give the edge-energy map with its step and error."""
        from ..spectra import EdgeMap

        about = self.record.stage("spectra").get("edge_map", {})
        size = self.record.content["scan"].get("voxel_size_nm")
        return EdgeMap(
            energy=self._tiff("edge_energy.tif"),
            step=self._tiff("edge_step.tif"),
            error=self._tiff("edge_energy_error.tif"),
            voxel_size=None if size is None else np.asarray(size, np.float64),
            **about,
        )

    def spectra(self) -> pd.DataFrame:
        """Give the mean normalised spectra of the particles, as in ``spectra.csv``."""
        import pandas as pd

        return pd.read_csv(self._made("spectra.csv"))

    def particles(self) -> pd.DataFrame:
        """Give the statistics of the particles, as in ``particles.csv``."""
        import pandas as pd

        return pd.read_csv(self._made("particles.csv"))

    def warnings(self) -> list[str]:
        """Give what the stages warned of, each sentence once."""
        return self.record.warnings()

    def _made(self, name: str) -> Path:
        path = self.path / name
        if not path.exists():
            raise missing(self.path, name)
        return path

    def _tiff(self, name: str) -> npt.NDArray[Any]:
        import tifffile

        volume = tifffile.imread(self._made(name))
        return volume[None] if volume.ndim == 2 else volume
