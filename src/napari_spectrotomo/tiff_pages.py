"""TIFF files, opened only as far as they are sound: pages that lie in the file, in a row, and unpack to what they declare."""

from __future__ import annotations

import contextlib
import lzma
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import ReadError, SpectrotomoError

if TYPE_CHECKING:
    import tifffile

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    AssertionError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
_MOST_PAGES = 200_000
"""More are no stack: 100 energies of 2000 slices have as many."""
_SMALL_PIECE = 2**20
"""Bytes of packed pixels that cannot unpack to more than a GB."""
_STEP = 2**20


@contextlib.contextmanager
def opened_tiff(path: Path, error: type[SpectrotomoError] = ReadError) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file that is certain to be whole as far as its pages go.

    Other files that its metadata name are left alone: a file stands for its own pages.

    Parameters
    ----------
    path : Path
    error : type
        What is raised.

    Raises
    ------
    SpectrotomoError
        If it is not there, is no TIFF, is truncated, or turns out to be damaged while it is open.
    """
    import tifffile

    _require_pages(path, error)
    try:
        with tifffile.TiffFile(path, _multifile=False, is_ndtiff=False) as tiff:
            yield tiff
    except FileNotFoundError as fault:
        raise error(f"There is no file {path}.") from fault
    except _BROKEN as fault:
        reason = " ".join(str(fault).split()).rstrip(".")[:300] or type(fault).__name__
        raise error(f"{path} cannot be read as TIFF, it is truncated or something else: {reason}.") from fault


def _require_pages(path: Path, error: type[SpectrotomoError]) -> None:
    """Raise `error` where the chain of pages leaves the file: what is left would pass for a shorter one."""
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2)
            file.seek(0)
            head = file.read(16)
            order = "<" if head[:2] == b"II" else ">"
            big = head[2:4] in (b"+\0", b"\0+")
            count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
            wide, narrow = struct.calcsize(order + offset), struct.calcsize(order + count)
            start = 8 if big else 4
            (at,) = struct.unpack_from(order + offset, head, start) if len(head) >= start + wide else (size,)
            seen: set[int] = set()
            while at:
                if at in seen or len(seen) == _MOST_PAGES:
                    what = "go in a circle" if at in seen else f"are more than {_MOST_PAGES}, which no stack has"
                    raise error(f"{path} cannot be read as TIFF, it is damaged: its pages {what}.")
                seen.add(at)
                file.seek(min(at, size))
                counted = file.read(narrow)
                number = struct.unpack(order + count, counted)[0] if len(counted) == narrow else size
                end = at + narrow + number * entry
                if end + wide > size:
                    raise error(
                        f"{path} cannot be read as TIFF, it is truncated or something else: a page lies past its end."
                    )
                file.seek(end)
                (at,) = struct.unpack(order + offset, file.read(wide))
    except FileNotFoundError as fault:
        raise error(f"There is no file {path}.") from fault
    except OSError as fault:
        raise error(f"{path} cannot be read: {fault.strerror or fault}.") from fault


def require_modest_pieces(path: Path, series: Any, start: int = 0, stop: int | None = None) -> None:
    """Raise `ReadError` where packed pixels unpack to more than their page declares.

    Parameters
    ----------
    path : Path
    series : tifffile's, of an open file
    start, stop : int
        The pages that will be read.
    """
    pages = series.pages[start:stop] if len(series.pages) > 1 else series.pages[:1]
    for page in pages:
        begin = _UNPACKERS.get(int(page.keyframe.compression))
        if begin is None:
            continue
        most = int(np.prod(page.keyframe.chunks, dtype=object)) * page.keyframe.dtype.itemsize
        for at, packed in zip(page.dataoffsets, page.databytecounts, strict=True):
            if packed > _SMALL_PIECE and _unpacks_beyond(most, series.parent.filehandle, at, packed, begin):
                raise ReadError(f"{path} is damaged: a piece of its pixels unpacks to more than {most} bytes.")


_UNPACKERS: dict[int, Any] = {8: zlib.decompressobj, 32946: zlib.decompressobj, 34925: lzma.LZMADecompressor}


def _unpacks_beyond(most: int, file: Any, at: int, packed: int, begin: Any) -> bool:
    """Unpack step by step, keeping nothing, until it ends or is more than it may be."""
    file.seek(at)
    unpacker, waiting, total = begin(), file.read(packed), 0
    while not unpacker.eof:
        got = len(unpacker.decompress(waiting, _STEP))
        waiting = getattr(unpacker, "unconsumed_tail", b"")
        total += got
        if total > most or (got == 0 and not waiting):
            break
    return total > most


def read_tiff_volume(
    path: Path, what: str, shapes: Sequence[Sequence[int]] = (), error: type[SpectrotomoError] = ReadError
) -> npt.NDArray[Any]:
    """Read all of a TIFF file whose shape is known beforehand.

    Parameters
    ----------
    path : Path
    what : str
        What a message calls it, in the plural, such as 'labels'.
    shapes : sequence of shapes
        Those it may have, axes of length 1 aside; any where there is none.
    error : type
        What is raised.

    Raises
    ------
    SpectrotomoError
        If it cannot be read, or has another shape; no pixel is read then.
    """
    with opened_tiff(path, error) as tiff:
        series = tiff.series[0]
        shape = tuple(map(int, series.shape))
        long = [tuple(n for n in one if n != 1) for one in (shape, *shapes)]
        if shapes and long[0] not in long[1:]:
            wanted = " or ".join(str(tuple(one)) for one in shapes)
            raise error(f"The {what} in {path} have shape {shape}: they must be {wanted}.")
        require_modest_pieces(path, series)
        return np.asarray(series.asarray())
