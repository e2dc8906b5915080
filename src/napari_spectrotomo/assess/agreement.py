"""MSE and Dice of the masks against energy, raw and registered: the curves by which the paper judges."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..register import Registration, mask_overlap

if TYPE_CHECKING:
    import pandas as pd


def mask_agreement(masks: Any, registration: Registration | None = None, fixed: int = -1) -> "pd.DataFrame":
    """Compare the mask of every energy with the fixed one.

    Parameters
    ----------
    masks : (E, z, y, x) masks, NumPy, dask or zarr
    registration : Registration or None
        Says which energy is fixed, and gives the registered columns; without it they are NaN.
    fixed : int
        Index of the fixed energy where there is no registration.

    Returns
    -------
    DataFrame
        A row an energy: energy_eV, mse_raw, mse_registered, dice_raw, dice_registered, as `mask_overlap` defines them.

    Raises
    ------
    DataError
        If the masks are not 4-D, do not fit the registration, or there is no energy `fixed`.
    """
    import pandas as pd

    if np.ndim(masks) != 4:
        raise DataError(f"Masks have four axes (energy, z, y, x); found {np.ndim(masks)}.")
    count = len(masks)
    if registration is not None and len(registration.matrices) != count:
        raise DataError(f"{count} masks do not fit a registration of {len(registration.matrices)} energies.")
    index = fixed if registration is None else registration.fixed_index
    if not -count <= index < count:
        raise DataError(f"There is no energy {index} to compare with: there are {count}, numbered from 0.")
    still = np.asarray(masks[index])
    rows = []
    for e in range(count):
        other = np.asarray(masks[e])
        raw = mask_overlap(still, other)
        done = mask_overlap(still, other, np.full((4, 4), np.nan) if registration is None else registration.matrices[e])
        energy = np.nan if registration is None else registration.energies[e]
        rows.append((energy, raw.mse, done.mse, raw.dice, done.dice))
    return pd.DataFrame(rows, columns=["energy_eV", "mse_raw", "mse_registered", "dice_raw", "dice_registered"])
