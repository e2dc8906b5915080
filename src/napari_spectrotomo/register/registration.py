"""The registration of a whole stack: a matrix an energy, how good each is, and the file that holds them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..atomic import write_json
from ..data import EnergyStack, FloatArray
from ..errors import RegistrationError
from .resample import resample

if TYPE_CHECKING:
    import pandas as pd

CONVENTION = "fixed (z,y,x,1) -> moving, voxel index"
NUMBERS = ("mse_raw", "mse_global", "mse_registered", "dice_raw", "dice_global", "dice_registered")
WORDS = ("stop_reason", "status", "flag")


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Transforms of all energies to the fixed one.

    Attributes
    ----------
    energies : (E,) float64, eV
        NaN when unknown.
    fixed_index : int
        Index of the energy that all others are registered to.
    transform : str
        What might move.
    shape : (z, y, x)
        Of the fixed volume.
    voxel_size : (3,) float64, nm, or None when unknown
    matrices : (E, 4, 4) float64
        From a voxel (z, y, x, 1) of the fixed volume to the same point at each energy; all NaN where it failed.
    particle_matrices : None
        One transform serves the whole volume.
    quality : DataFrame
        A row an energy: energy_eV, mse_raw, mse_global, mse_registered, dice_raw, dice_global, dice_registered, iterations,
        stop_reason, status, flag.
    """

    energies: FloatArray
    fixed_index: int
    transform: str
    shape: tuple[int, int, int]
    voxel_size: FloatArray | None
    matrices: npt.NDArray[np.float64]
    particle_matrices: dict[int, npt.NDArray[np.float64]] | None
    quality: "pd.DataFrame"

    def apply(self, stack: EnergyStack) -> EnergyStack:
        """Put every volume of a stack on the fixed grid, lazily, by one cubic-spline interpolation.

        Parameters
        ----------
        stack : EnergyStack
            Volumes of the energies that were registered.

        Returns
        -------
        EnergyStack
            NaN where the moving field does not reach, and at energies whose registration failed.

        Raises
        ------
        RegistrationError
            If it is no stack, or has other energies or another grid than the registration.
        """
        self._check(stack)
        data = stack.data.map_blocks(
            _one_energy,
            matrices=self.matrices,
            shape=tuple(self.shape),
            chunks=((1,) * len(stack), *((n,) for n in self.shape)),
            dtype=np.float32,
            meta=np.empty((0, 0, 0, 0), np.float32),
        )
        return EnergyStack(data, stack.energies, stack.voxel_size, stack.attenuation_unit, dict(stack.metadata))

    def _check(self, stack: EnergyStack) -> None:
        """Raise `RegistrationError` where a stack is not the one that was registered."""
        if not isinstance(stack, EnergyStack):
            raise RegistrationError(
                f"A registration is applied to an EnergyStack, not to {type(stack).__name__}: make one with "
                "EnergyStack.from_arrays(volumes, energies)."
            )
        if len(stack) != len(self.matrices):
            raise RegistrationError(f"The stack has {len(stack)} energies and the registration {len(self.matrices)}.")
        apart = np.abs(stack.energies - self.energies)
        if np.any(apart > 0.01):
            worst = int(np.nanargmax(apart))
            raise RegistrationError(
                f"The stack's energy {stack.energies[worst]:g} eV is {self.energies[worst]:g} eV in the registration: "
                "it is another scan's."
            )
        if tuple(stack.shape) != tuple(self.shape):
            raise RegistrationError(
                f"The stack's volumes have shape {tuple(stack.shape)} and those that were registered {tuple(self.shape)}: "
                "crop and bin them alike, or register this stack."
            )
        theirs, mine = stack.voxel_size, self.voxel_size
        if theirs is not None and mine is not None and not np.allclose(theirs, mine, rtol=0.01):
            raise RegistrationError(
                f"The stack's voxels are {theirs.tolist()} nm and those that were registered {mine.tolist()} nm: "
                "it is on another grid."
            )

    def save(self, path: str | Path) -> None:
        """Write ``registration.json``; the file is whole or is not there.

        Parameters
        ----------
        path : path

        Raises
        ------
        RegistrationError
            If it cannot be written.
        """
        table = self.quality
        plain: dict[str, Any] = {
            "convention": CONVENTION,
            "energies_eV": _plain(self.energies),
            "fixed_index": int(self.fixed_index),
            "transform": self.transform,
            "shape": [int(n) for n in self.shape],
            "voxel_size_nm": None if self.voxel_size is None else _plain(self.voxel_size),
            "matrices": _plain(self.matrices),
            "particles": None,
        }
        plain |= {name: _plain(table[name].to_numpy(np.float64)) for name in NUMBERS}
        plain |= {"iterations": [int(n) for n in table["iterations"]]}
        plain |= {name: [str(word) for word in table[name]] for name in WORDS}
        try:
            write_json(path, plain)
        except OSError as error:
            raise RegistrationError(
                f"The registration cannot be written to {path} ({error.strerror or error})."
            ) from error


def load_registration(path: str | Path) -> Registration:
    """Read a ``registration.json``.

    Parameters
    ----------
    path : path

    Returns
    -------
    Registration

    Raises
    ------
    RegistrationError
        If the file cannot be read or is no registration.
    """
    import pandas as pd

    try:
        plain = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError) as error:
        raise RegistrationError(f"The registration {path} cannot be read ({error}).") from error
    try:
        if plain["convention"] != CONVENTION:
            raise RegistrationError(f"The matrices in {path} follow another convention ({plain['convention']!r}).")
        energies = np.array(plain["energies_eV"], np.float64)
        matrices = np.array(plain["matrices"], np.float64).reshape(len(energies), 4, 4)
        columns: dict[str, Any] = {"energy_eV": energies}
        columns |= {name: np.array(plain[name], np.float64) for name in NUMBERS}
        columns["iterations"] = np.array(plain.get("iterations", [0] * len(energies)), np.int64)
        columns |= {name: [str(word) for word in plain.get(name, [""] * len(energies))] for name in WORDS}
        size = plain["voxel_size_nm"]
        return Registration(
            energies=energies,
            fixed_index=int(plain["fixed_index"]),
            transform=str(plain["transform"]),
            shape=tuple(int(n) for n in plain["shape"]),  # type: ignore[arg-type]
            voxel_size=None if size is None else np.array(size, np.float64),
            matrices=matrices,
            particle_matrices=None,
            quality=pd.DataFrame(columns),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RegistrationError(
            f"{path} is no registration of this program: {error} is missing or malformed."
        ) from error


def _one_energy(
    block: npt.NDArray[np.float32],
    matrices: npt.NDArray[np.float64],
    shape: tuple[int, ...],
    block_id: tuple[int, ...] = (0,),
) -> npt.NDArray[np.float32]:
    return resample(block[0], matrices[block_id[0]], shape)[None]


def _plain(values: npt.NDArray[np.floating]) -> list[Any]:
    """Give nested lists with None for NaN."""
    boxed = np.asarray(values, np.float64).astype(object)
    boxed[~np.isfinite(np.asarray(values, np.float64))] = None
    return list(boxed.tolist())
