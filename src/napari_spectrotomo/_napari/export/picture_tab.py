"""The canvas for print, and as a movie."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path
from typing import ClassVar

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, SpinBox

from ...progress import Progress
from .compose import Look, save_picture
from .movie import Camera, Film, movie_steps, over_energy, turning
from .movie_files import can_write_mp4
from .shot import is_waiting, take
from .tab import Tab, Task

_SCREEN = 96.0  # dpi: what a pixel of a movie is counted as
_WORDS_SHARE = 40  # a movie is this many times as wide as its words are high


class PictureTab(Tab):
    """The picture on screen, at print resolution."""

    TITLE: ClassVar[str] = "Picture"
    ACTION: ClassVar[str] = "Save picture…"
    KINDS: ClassVar[dict[str, str]] = {
        ".png": "PNG",
        ".tif": "TIFF",
        ".pdf": "PDF, words as words",
        ".jpg": "JPEG",
    }

    def build(self) -> None:
        """Put in its size and what is drawn over it."""
        self.width_mm = FloatSpinBox(
            label="width (mm)",
            value=85,
            min=10,
            max=600,
            step=5,
            tooltip="In print: a column is about 85 mm, a page 180.",
        )
        self.dpi = SpinBox(label="resolution (dpi)", value=300, min=50, max=1200, step=50, tooltip="Pixels an inch.")
        self.words = FloatSpinBox(
            label="words (pt)", value=8, min=4, max=24, step=0.5, tooltip="Height of all words and numbers in print."
        )
        self.background = ComboBox(
            label="background", choices=["as shown", "white", "black"], tooltip="Behind what is transparent or unknown."
        )
        self.scale_bar = CheckBox(text="Scale bar", value=True, tooltip="A round length, in nm or µm.")
        self.bars = CheckBox(
            text="Colour bars",
            value=True,
            tooltip="Of the layers whose colour bar is shown, or of the only one visible.",
        )
        self.energy = CheckBox(text="Energy", value=True, tooltip="In eV, where a stack is shown.")
        self.crop = CheckBox(text="Crop to what is seen", value=True, tooltip="Leave out empty background around it.")
        fields = (self.width_mm, self.dpi, self.words, self.background)
        self.add_rows(*fields, self.scale_bar, self.bars, self.energy, self.crop)
        for field in (self.width_mm, self.dpi):
            field.changed.connect(lambda *_: self._tell())
        self._tell()

    def why_not(self) -> str:
        """Ask for something to see."""
        if not any(layer.visible for layer in self.viewer.layers):
            return "Nothing is shown: make a layer visible first."
        return "A slice is still being read: wait until it is shown." if is_waiting(self.viewer) else ""

    def suggestion(self) -> str:
        """Give a name."""
        return "picture"

    def look(self) -> Look:
        """Give how the picture is laid out."""
        return Look(
            width=self.width_mm.value,
            dpi=self.dpi.value,
            words=self.words.value,
            scale_bar=self.scale_bar.value,
            bars=self.bars.value,
            energy=self.energy.value,
        )

    def begin(self, path: Path) -> Task:
        """Take the canvas now; lay out and write in the worker."""
        look = self.look()
        color = None if self.background.value == "as shown" else self.background.value
        scene = take(self.viewer, look.pixels, background=color, crop=self.crop.value)

        def steps(abort: threading.Event) -> Generator[Progress, None, Path]:
            save_picture(scene, look, path)
            yield Progress("export", 1, 1, f"{path.name} written")
            return path

        return Task(steps)

    def _tell(self) -> None:
        self.about.setText(
            f"{self.look().pixels} pixels wide. What the canvas shows now; scale and colours drawn for print."
        )


class MovieTab(Tab):
    """A movie over energy, or of a turning rendering."""

    TITLE: ClassVar[str] = "Movie"
    ACTION: ClassVar[str] = "Record movie…"
    KINDS: ClassVar[dict[str, str]] = {".mp4": "MP4, for slides and players", ".gif": "GIF, 256 colours"}

    def build(self) -> None:
        """Put in what moves, how fast, and how large."""
        self.what = ComboBox(
            label="of",
            choices=["all energies", "a turn in 3-D"],
            tooltip="The slice or rendering on screen at every energy; or once round, about the vertical of the screen.",
        )
        self.rate = SpinBox(label="frames a second", value=8, min=1, max=60, tooltip="How fast it plays (1/s).")
        self.frames = SpinBox(
            label="frames of a turn", value=72, min=8, max=720, tooltip="72 turn by 5° a frame, 360 by 1°."
        )
        self.pixels = SpinBox(
            label="width (pixels)", value=1280, min=200, max=3840, step=160, tooltip="Of every frame."
        )
        self.scale_bar = CheckBox(text="Scale bar", value=True, tooltip="A round length, in nm or µm.")
        self.bars = CheckBox(text="Colour bars", value=True, tooltip="Of the layers whose colour bar is shown.")
        self.energy = CheckBox(text="Energy", value=True, tooltip="In eV, where a stack is shown.")
        self.add_rows(self.what, self.rate, self.frames, self.pixels, self.scale_bar, self.bars, self.energy)
        for field in (self.what, self.rate, self.frames):
            field.changed.connect(lambda *_: self.refresh())

    def kinds(self) -> dict[str, str]:
        """Leave out MP4 where there is no encoder."""
        return self.KINDS if can_write_mp4() else {".gif": self.KINDS[".gif"]}

    def refresh(self) -> None:
        """Say how long the movie will be."""
        turns = self.what.value == "a turn in 3-D"
        self.frames.enabled = turns
        count = self.frames.value if turns else len(over_energy(self.viewer)[0])
        hint = "" if can_write_mp4() else " For MP4 install an encoder: pip install 'napari-spectrotomo[movie]'."
        words = f"{count} frames, {count / self.rate.value:.1f} s. Leave the canvas alone while it is recorded."
        self.about.setText((self.why_not() or words) + hint)

    def why_not(self) -> str:
        """Ask for something that moves."""
        if not any(layer.visible for layer in self.viewer.layers):
            return "Nothing is shown: make a layer visible first."
        if self.what.value == "all energies" and len(over_energy(self.viewer)[0]) < 2:
            return "No visible layer has energies: show the raw or the registered volumes first."
        return ""

    def suggestion(self) -> str:
        """Give a name."""
        return "turn" if self.what.value == "a turn in 3-D" else "energies"

    def begin(self, path: Path) -> Task:
        """Take frames in the GUI thread, one a turn of its event loop, while the worker asks for them and writes."""
        turns = self.what.value == "a turn in 3-D"
        moves, names = turning(self.viewer, self.frames.value) if turns else over_energy(self.viewer)
        width = self.pixels.value
        look = Look(
            width=25.4 * width / _SCREEN,
            dpi=_SCREEN,
            words=72 * width / _WORDS_SHARE / _SCREEN,
            scale_bar=self.scale_bar.value,
            bars=self.bars.value,
            energy=self.energy.value,
        )
        film = Film(moves, names, self.rate.value, look)
        camera = Camera(self.viewer, film)

        def steps(abort: threading.Event) -> Generator[Progress, None, Path]:
            yield from movie_steps(camera, film, path, abort)
            return path

        return Task(steps, camera.put_back)
