"""Text files, read whole and no further than any of their kind goes."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ReadError

MOST_BYTES = 16 * 2**20
"""A longer text is no list of angles, no script and no spectrum."""


def text_of(path: Path, most: int = MOST_BYTES) -> str:
    """Give the text of a file; what is no UTF-8 stands as question marks.

    Parameters
    ----------
    path : Path
    most : int
        Bytes beyond which it is refused unread.

    Raises
    ------
    ReadError
        If it is not there, is a folder, a pipe or a device, cannot be read, or is longer.
    """
    if not os.path.isfile(path):
        raise ReadError(
            f"{path} cannot be read: {'it is no file' if os.path.exists(path) else 'there is no such file'}."
        )
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(content) > most:
        raise ReadError(f"{path} holds more than {most / 1e6:.0f} MB of text, which no list and no spectrum needs.")
    return content.decode("utf-8-sig", "replace")
