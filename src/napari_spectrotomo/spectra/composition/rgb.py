"""Fractions of up to three references as one coloured picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_array
from ...errors import ParameterError

Colors = Literal["magenta-yellow-cyan", "red-green-blue"]
MIXTURES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "magenta-yellow-cyan": ((1, 0, 1), (1, 1, 0), (0, 1, 1)),
    "red-green-blue": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}


def composition_rgb(
    fractions: Any, channels: Sequence[int] | None = None, *, colors: Colors = "magenta-yellow-cyan"
) -> npt.NDArray[np.uint8]:
    """Colour every voxel by what it is made of.

    Magenta, yellow and cyan, the default, differ in brightness and along the blue-yellow axis, so that readers who cannot tell red
    from green still tell them apart; equal thirds are grey. Red, green and blue look the same to some of them.

    Parameters
    ----------
    fractions : (R, ...)
        Fractions of R references.
    channels : sequence of int
        Which of them take the first, second and third colour; None: all, where there are no more than three.
    colors : 'magenta-yellow-cyan' or 'red-green-blue'

    Returns
    -------
    (..., 3) uint8
        A fraction of one is the full colour, one below zero none; black where a fraction is NaN.

    Raises
    ------
    ParameterError
        If there are more than three references and none are chosen, or a channel or the colours are not known.

    Examples
    --------
    >>> composition_rgb([[1.0, 0.5], [0.0, 0.5]]).tolist()
    [[255, 0, 255], [255, 128, 128]]
    """
    shares = np.asarray(as_array(fractions, "fractions", ParameterError))
    if colors not in MIXTURES:
        raise ParameterError(f"There are no colours {colors!r}: choose one of {', '.join(MIXTURES)}.")
    if shares.ndim == 0 or len(shares) == 0:
        raise ParameterError("Fractions have one map a reference along their first axis; none was given.")
    chosen = list(range(len(shares))) if channels is None else list(channels)
    if not 1 <= len(chosen) <= 3:
        raise ParameterError(
            f"A picture shows one to three of the {len(shares)} references, not {len(chosen)}: choose them with channels, such "
            "as [0, 1, 2]."
        )
    if not all(isinstance(c, int | np.integer) and 0 <= c < len(shares) for c in chosen):
        raise ParameterError(f"Channels are numbers of references from 0 to {len(shares) - 1}; found {chosen}.")
    picture = np.zeros((*shares.shape[1:], 3), np.float32)
    for channel, color in zip(chosen, MIXTURES[colors], strict=False):
        picture += np.clip(shares[channel], 0.0, 1.0)[..., None] * np.array(color, np.float32)
    return (255 * np.clip(np.nan_to_num(picture, nan=0.0), 0.0, 1.0) + 0.5).astype(np.uint8)
