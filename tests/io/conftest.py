"""A small scan of known numbers, and ways to put it on disk as beamlines do."""

import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_spectrotomo.data import Scan

SECTOR, MINI, CUTOFF = 512, 64, 4096
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


@pytest.fixture
def small_scan() -> Scan:
    """Three energies, five views of 4 x 6 pixels, taken from the highest energy down."""
    random = np.random.default_rng(2)
    count = lambda n: [random.integers(100, 4000, (n, 4, 6)).astype(np.uint16) for _ in range(3)]  # noqa: E731
    return Scan.from_arrays(
        count(5),
        [6540.25, 6550.0, 6571.5],
        np.linspace(-90, 90, 5),
        flats=count(3),
        darks=count(2),
        pixel_size=[40.1, 40.2, 40.333],
        exposure=0.5,
        flat_exposure=0.3,
        time=[300.0, 200.0, 100.0],
        flat_positions=[np.array([0, 2, 5])] * 3,
    )


def _compound(streams: dict[str, bytes]) -> bytes:
    """Bytes of a compound file with these streams, at most one folder deep."""
    names = [""]
    folders: dict[str, list[int]] = {"": []}
    places: dict[str, int] = {}
    for name in streams:
        folder, _, last = name.rpartition("/")
        if folder and folder not in places:
            places[folder] = len(names)
            folders[""].append(len(names))
            folders[folder] = []
            names.append(folder)
        folders[folder].append(len(names))
        places[name] = len(names)
        names.append(last)

    sectors: list[bytes] = []
    chain: list[int] = []

    def placed(content: bytes) -> int:
        """Append a stream's sectors; give its first."""
        start = len(sectors)
        count = -(-len(content) // SECTOR)
        for i in range(count):
            sectors.append(content[i * SECTOR : (i + 1) * SECTOR].ljust(SECTOR, b"\0"))
            chain.append(start + i + 1 if i < count - 1 else END)
        return start if count else END

    mini, mini_chain, starts = b"", [], {}
    for name, content in streams.items():
        if len(content) >= CUTOFF:
            starts[name] = placed(content)
        elif content:
            starts[name] = len(mini) // MINI
            count = -(-len(content) // MINI)
            mini_chain += [*range(starts[name] + 1, starts[name] + count), END]
            mini += content.ljust(count * MINI, b"\0")
    mini_start = placed(mini)
    mini_table = struct.pack(f"<{len(mini_chain)}I", *mini_chain)
    mini_tables = -(-len(mini_table) // SECTOR)
    mini_fat_start = placed(mini_table.ljust(mini_tables * SECTOR, b"\xff"))

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le")
        head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2, kind, 1)
        return head + struct.pack("<III", FREE, right, child) + b"\0" * 36 + struct.pack("<IQ", start, size)

    right = {a: b for inside in folders.values() for a, b in pairwise(inside)}
    first = {folder: inside[0] for folder, inside in folders.items() if inside}
    of = {place: name for name, place in places.items()}
    directory = entry("Root Entry", 5, FREE, first.get("", FREE), mini_start, len(mini))
    for place in range(1, len(names)):
        name = of[place]
        if name in streams:
            size = len(streams[name])
            directory += entry(names[place], 2, right.get(place, FREE), FREE, starts.get(name, END), size)
        else:
            directory += entry(names[place], 1, right.get(place, FREE), first[name], 0, 0)
    directory_start = placed(directory)
    tables = -(-(len(sectors)) // (SECTOR // 4 - 1)) + 1
    table_start = len(sectors)
    chain += [FAT] * tables
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * SECTOR, b"\xff")
    sectors += [table[i * SECTOR : (i + 1) * SECTOR] for i in range(tables)]
    at = [*range(table_start, table_start + tables)]
    assert len(at) <= 109, "a file this large needs a chain of tables"
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 62, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, tables, directory_start, 0, CUTOFF, mini_fat_start, mini_tables, END, 0)
    return head + struct.pack("<109I", *at, *[FREE] * (109 - len(at))) + b"".join(sectors)


def _write_xradia(path: Path, images: Any, angles: Any = 0.0, energy: Any = 8333.0, **more: Any) -> Path:
    """Write images (n, row, column), uint16 or float32, with a header; `more` adds or replaces entries of ImageInfo.

    A number or list becomes int32 or float32 as its type says, bytes stay; a name with a folder stays where it is; None leaves
    an entry out.
    """
    stack = np.asarray(images)
    n = len(stack)
    code = {"uint16": 5, "float32": 10}[stack.dtype.name]
    info = {
        "ImageHeight": stack.shape[1],
        "ImageWidth": stack.shape[2],
        "NoOfImages": n,
        "ImagesTaken": n,
        "DataType": code,
        "Angles": np.broadcast_to(np.float64(angles), n).tolist(),
        "Energy": np.broadcast_to(np.float64(energy), n).tolist(),
        "ExpTimes": [0.5] * n,
        "PixelSize": 0.03,
    } | more
    streams = {}
    for name, value in info.items():
        if value is None:
            continue
        values = np.atleast_1d(value) if not isinstance(value, bytes) else value
        if not isinstance(values, bytes):
            values = values.astype("<i4" if values.dtype.kind in "iu" else "<f4").tobytes()
        streams[name if "/" in name else f"ImageInfo/{name}"] = values
    for i, image in enumerate(stack):
        streams[f"ImageData{i // 100 + 1}/Image{i + 1}"] = image.tobytes()
    path.write_bytes(_compound(streams))
    return path


def _dates(*seconds: float) -> bytes:
    """Dates of images in Xradia's form, so many seconds after 15:00:00 on 29 May 2016."""
    return b"".join(
        f"05/29/16 {15 + int(s) // 3600:02d}:{int(s) // 60 % 60:02d}:{int(s) % 60:02d}".encode().ljust(40, b"\0")
        for s in seconds
    )


@pytest.fixture
def write_xradia():
    """Write Xradia files of known content."""
    return _write_xradia


@pytest.fixture(scope="session")
def write_xradia_once():
    """Write Xradia files of known content, for what is made once."""
    return _write_xradia


@pytest.fixture
def xradia_dates():
    """Dates as Xradia's headers hold them."""
    return _dates
