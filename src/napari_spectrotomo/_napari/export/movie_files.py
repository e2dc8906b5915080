"""Frames to movie files: MP4 by ffmpeg, which runs as a program of its own, GIF by Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from ...errors import ParameterError
from .shot import Pixels

KINDS = (".mp4", ".gif")


class Writer(Protocol):
    """Takes frames, (h, w, 3) uint8, all of one shape."""

    def append(self, frame: Pixels) -> None:
        """Write a frame after those before."""


def can_write_mp4() -> bool:
    """Say whether there is an encoder of MP4: the package imageio-ffmpeg, of the extra ``movie``."""
    return find_spec("imageio_ffmpeg") is not None


@contextmanager
def movie_file(path: Path, rate: float) -> Iterator[Writer]:
    """Open a movie to write frames to, `rate` a second.

    Raises
    ------
    ParameterError
        If the path has another suffix, or there is no encoder for it.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise ParameterError(f"A movie is written as .mp4 or .gif, not as {path.name}.")
    if kind == ".mp4" and not can_write_mp4():
        raise ParameterError("MP4 needs an encoder: pip install 'napari-spectrotomo[movie]', or write a .gif.")
    writer = _Mp4(path, rate) if kind == ".mp4" else _Gif(path, rate)
    try:
        yield writer
        writer.finish()
    finally:
        writer.close()


class _Gif:
    """Keeps frames in 256 colours of their own until all are there: a GIF says first which colours it has."""

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._duration = path, round(1000 / rate)
        self._frames: list[Any] = []

    def append(self, frame: Pixels) -> None:
        from PIL import Image

        self._frames.append(Image.fromarray(frame).quantize(256, dither=Image.Dither.NONE))

    def finish(self) -> None:
        first, *others = self._frames
        first.save(self._path, save_all=True, append_images=others, duration=self._duration, loop=0, optimize=False)

    def close(self) -> None:
        self._frames.clear()


class _Mp4:
    """Sends frames to ffmpeg; yuv420p is what players and slides show, and takes even sizes only."""

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._rate = path, rate
        self._sink: Any = None

    def append(self, frame: Pixels) -> None:
        from imageio_ffmpeg import write_frames

        even = frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2].copy()
        if self._sink is None:
            size = even.shape[1::-1]
            # quality 8 of 10 keeps voxels sharp
            self._sink = write_frames(
                str(self._path), size, fps=self._rate, codec="libx264", quality=8, macro_block_size=2
            )
            self._sink.send(None)
        self._sink.send(even)

    def finish(self) -> None:
        """Nothing is left to write: ffmpeg ends its file when it is closed."""

    def close(self) -> None:
        if self._sink is not None:
            self._sink.close()
            self._sink = None
