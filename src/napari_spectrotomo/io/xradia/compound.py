"""Compound files (OLE2), the container of Xradia's images: only the sectors that are asked for are read.

A folder of `.xrm` files holds ten thousand of them, each with four hundred streams of which a dozen matter. Layout after
[MS-CFB], Compound File Binary File Format, Microsoft.
"""

from __future__ import annotations

import struct
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ...errors import ReadError

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY = struct.Struct("<64sHBx3I36xIQ")  # name, its length, kind, left, right, child, start, size
ENTRY_BYTES = 128
"""What every stream takes in the directory."""
_LAST = 0xFFFFFFFA  # sectors and entries from here up are marks: none, end, table
_MINI = 64
_MOST_DIRECTORY = 64 * 2**20  # bytes: half a million streams
_MOST_TEXT = 8 * 2**20  # bytes of a list in a header, such as the angles of two million images
_STREAM, _ROOT = 2, 5
_Sectors = npt.NDArray[np.uint32]
_Run = tuple[int, int]  # first sector, and how many follow one another in the file


class _Entry(NamedTuple):
    """A stream or storage in the directory, and where its content begins."""

    kind: int
    child: int
    start: int
    size: int


class CompoundFile:
    """A compound file, open for reading; closed with its ``with`` block.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ReadError
        If it is not there, is no compound file, or is cut short or damaged where it is looked at.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise ReadError(f"There is no file {path}.") from error
        except OSError as error:
            raise ReadError(f"{path} cannot be opened: {error.strerror or error}.") from error
        with ExitStack() as unless_opened:
            unless_opened.callback(self._file.close)
            self._open()
            unless_opened.pop_all()

    def _open(self) -> None:
        self.bytes = self._file.seek(0, 2)
        head = self._read_at(0, 512)
        if len(head) < 512 or head[:8] != SIGNATURE:
            raise ReadError(f"{self.path} cannot be opened as an Xradia file, it is truncated or something else.")
        shift, mini_shift = struct.unpack_from("<HH", head, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise self._damaged("its sectors have a size that cannot be")
        self.sector = 1 << shift
        directory, _, self._cutoff, mini, _, more, _ = struct.unpack_from("<7I", head, 48)
        if self._cutoff != 4096:
            raise self._damaged("its header holds a number that cannot be")
        self._tables = self._fat_sectors(np.frombuffer(head, "<u4", 109, 76), more)
        self._fat: dict[int, npt.NDArray[np.int64]] = {}
        runs = self._chain(directory)
        if sum(count for _, count in runs) * self.sector > _MOST_DIRECTORY:
            raise self._damaged("its directory names more streams than any file has")
        self._directory = self._content(runs)
        numbers = np.frombuffer(self._directory, "<u4", len(self._directory) // ENTRY_BYTES * 32).reshape(-1, 32)
        self._tree: list[list[int]] = numbers[:, 16:19].tolist()  # length of the name and more, left, right
        if len(self._directory) < ENTRY_BYTES or self._entry(0).kind != _ROOT:
            raise self._damaged("its directory has no root")
        self._mini_start = mini
        self._mini_fat: _Sectors | None = None
        self._folders: dict[bytes, dict[bytes, int]] = {}

    def __enter__(self) -> Self:
        """Give the open file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def exists(self, name: str) -> bool:
        """Tell whether there is a stream of this name, as ``ImageInfo/Angles``."""
        return self._find(name) is not None

    def size(self, name: str) -> int:
        """Bytes that a stream says it has; 0 where there is none."""
        found = self._find(name)
        return 0 if found is None else found.size

    @property
    def entries(self) -> int:
        """How many streams and folders its directory has room for."""
        return len(self._tree)

    def listed(self, name: str) -> bytes:
        """Give the content of a stream that lists something of every image.

        Raises
        ------
        ReadError
            If it is cut short, or longer than such a list can be.
        """
        if self.size(name) > _MOST_TEXT:
            raise self._damaged(f"its list {name} of {self.size(name)} bytes is longer than any")
        return self.read(name)

    def read(self, name: str) -> bytes:
        """Give the content of a stream, b'' where there is none.

        Raises
        ------
        ReadError
            If it is cut short.
        """
        found = self._find(name)
        size = 0 if found is None else found.size
        if found is None or size == 0:
            return b""
        small = size < self._cutoff
        content = self._small(found.start, size) if small else self._content(self._chain(found.start, size), size)
        if len(content) < size:
            raise ReadError(f"{self.path} is truncated: {name} has {size} bytes and {len(content)} are left.")
        return content

    def require_whole(self, name: str) -> None:
        """Raise `ReadError` if a large stream's sectors are not all in the file; its content is not read."""
        found = self._find(name)
        if found is not None and found.size >= self._cutoff:
            self._whole(self._chain(found.start, found.size), found.size)

    def _entry(self, at: int) -> _Entry:
        _, _, kind, _, _, child, start, size = _ENTRY.unpack_from(self._directory, at * ENTRY_BYTES)
        return _Entry(
            kind, child, start, size & 0xFFFFFFFF if self.sector == 512 else size
        )  # version 3 has no upper half

    def _read_at(self, start: int, count: int) -> bytes:
        try:
            self._file.seek(start)
            return self._file.read(count) or b""
        except OSError as error:
            raise ReadError(f"{self.path} cannot be read: {error.strerror or error}.") from error

    def _damaged(self, reason: str) -> ReadError:
        return ReadError(f"{self.path} is damaged, or was cut short: {reason}.")

    def _fat_sectors(self, first: _Sectors, more: int) -> list[int]:
        """Sectors in which the allocation table lies: 109 in the header, others in a chain of their own."""
        found: list[int] = first[first < _LAST].tolist()
        seen: set[int] = set()
        while more < _LAST:
            content = self._content([(more, 1)])
            if len(content) < self.sector or more in seen:
                raise self._damaged("its allocation table leaves the file, or goes in a circle")
            seen.add(more)
            numbers = np.frombuffer(content, "<u4")
            found += numbers[:-1][numbers[:-1] < _LAST].tolist()
            more = int(numbers[-1])
        return found

    def _run(self, sector: int, most: int) -> tuple[int, int]:
        """How many sectors from this one on follow one another, at most `most`, and the next one after them."""
        table, place = divmod(sector, self.sector // 4)
        if table not in self._fat:
            if table >= len(self._tables):
                raise self._damaged("a stream leaves the allocation table")
            content = self._content([(self._tables[table], 1)])
            if len(content) < self.sector:
                raise self._damaged("its allocation table lies past the end of the file")
            self._fat[table] = np.frombuffer(content, "<u4").astype(np.int64)
        nexts = self._fat[table][place : place + most]
        apart = nexts != np.arange(sector + 1, sector + 1 + len(nexts))
        last = int(apart.argmax()) if apart.any() else len(nexts) - 1
        return last + 1, int(nexts[last])

    def _chain(self, start: int, size: int | None = None) -> list[_Run]:
        """Sectors of a stream in order, as many as `size` bytes need; no more than the file can hold."""
        most = self.bytes // self.sector + 1
        need = most if size is None else -(-size // self.sector)
        if need > most:
            raise ReadError(f"{self.path} is truncated: a stream of {size} bytes does not fit in its {self.bytes}.")
        found: list[_Run] = []
        left, sector = need, start
        begun: set[int] = set()
        while sector < _LAST and left > 0:
            if sector in begun:
                raise self._damaged("a chain of sectors goes in a circle")
            begun.add(sector)
            count, following = self._run(sector, left)
            found.append((sector, count))
            left -= count
            sector = following
        if size is None and sector < _LAST:
            raise self._damaged("a chain of sectors has no end")
        if size is not None and left > 0:
            raise self._damaged(f"a stream of {size} bytes has only {need - left} sectors")
        return found

    def _whole(self, runs: list[_Run], size: int) -> None:
        ends = [(first + 1 + count) * self.sector for first, count in runs]
        if ends:
            ends[-1] -= -(-size // self.sector) * self.sector - size
        if ends and max(ends) > self.bytes:
            raise ReadError(
                f"{self.path} is truncated: its images would end at byte {max(ends)} and the file has {self.bytes}."
            )

    def _content(self, runs: list[_Run], size: int | None = None) -> bytes:
        """Content of sectors; less than asked for where the file ends."""
        content = b"".join(self._read_at((first + 1) * self.sector, count * self.sector) for first, count in runs)
        return content if size is None else content[:size]

    def _short(self, start: int) -> bytes:
        """Content of a chain that holds the small streams, or the table of them."""
        runs = self._chain(start)
        if sum(count for _, count in runs) * self.sector > _MOST_DIRECTORY:
            raise self._damaged("its small streams are more than any file has")
        return self._content(runs)

    def _small(self, start: int, size: int) -> bytes:
        """Content of a stream below the cutoff, which lies in the root's own stream in pieces of 64 bytes."""
        if self._mini_fat is None:
            self._mini_fat = np.frombuffer(self._short(self._mini_start), "<u4")
            self._mini = self._short(self._entry(0).start)
        pieces = []
        at = start
        for _ in range(-(-size // _MINI)):
            if at >= len(self._mini_fat) or at * _MINI >= len(self._mini):
                raise self._damaged("a stream of its header leaves the file")
            pieces.append(self._mini[at * _MINI : (at + 1) * _MINI])
            at = int(self._mini_fat[at])
        return b"".join(pieces)[:size]

    def _find(self, name: str) -> _Entry | None:
        *folders, last = (part.encode("utf-16-le") for part in name.split("/"))
        where = b""
        inside = self._inside(where, self._entry(0).child)
        for folder in folders:
            if folder not in inside:
                return None
            where += b"/" + folder
            inside = self._inside(where, self._entry(inside[folder]).child)
        found = self._entry(inside[last]) if last in inside else None
        return found if found is not None and found.kind == _STREAM else None

    def _inside(self, where: bytes, child: int) -> dict[bytes, int]:
        """Entries of a storage by name; `child` is the top of their tree."""
        if where not in self._folders:
            found: dict[bytes, int] = {}
            seen: set[int] = set()
            waiting = [child]
            while waiting:
                at = waiting.pop()
                if at < _LAST and at not in seen:
                    if at >= len(self._tree):
                        raise self._damaged("an entry of its directory lies outside of it")
                    seen.add(at)
                    length, left, right = self._tree[at]
                    start = at * ENTRY_BYTES
                    found[self._directory[start : start + min(64, max(0, (length & 0xFFFF) - 2))]] = at
                    waiting += (left, right)
            self._folders[where] = found
        return self._folders[where]
