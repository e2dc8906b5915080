"""A scene with scale bar, colour bars and the energy, in sizes of print: drawn by Qt, beside the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSizeF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageSize, QPainter, QPdfWriter, QPen

from ...atomic import whole_file
from ...errors import ParameterError, SpectrotomoError
from .shot import Bar, Pixels, Scene

KINDS = (".png", ".tif", ".tiff", ".jpg", ".pdf")
_PT = 1 / 72
_MM = 1 / 25.4
_STEPS = (1, 2, 5)
_BAR_SHARE = 0.22
"""Of the picture's width that the scale bar takes at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is laid out.

    Attributes
    ----------
    width : float, mm
    dpi : float
        Pixels an inch.
    words : float, pt
        Height of the words in print.
    scale_bar, bars, energy : bool
        What is drawn over the image and beside it.
    """

    width: float = 85.0
    dpi: float = 300.0
    words: float = 8.0
    scale_bar: bool = True
    bars: bool = True
    energy: bool = True

    @property
    def pixels(self) -> int:
        """Width in pixels."""
        return round(self.width * _MM * self.dpi)


def compose(scene: Scene, look: Look) -> QImage:
    """Give a scene as a picture of the width that is asked for; any thread."""
    layout = _Layout(scene, look)
    picture = QImage(look.pixels, layout.height, QImage.Format.Format_RGB888)
    for per_metre in (picture.setDotsPerMeterX, picture.setDotsPerMeterY):
        per_metre(round(look.dpi / 0.0254))
    painter = QPainter(picture)
    layout.paint(painter)
    painter.end()
    return picture


def pixels_of(picture: QImage) -> Pixels:
    """Give the pixels of a composed picture, (h, w, 3)."""
    raw = picture.constBits()
    if hasattr(raw, "setsize"):
        raw.setsize(picture.sizeInBytes())
    rows = np.frombuffer(raw, np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return rows[:, : 3 * picture.width()].reshape(picture.height(), picture.width(), 3).copy()


def save_picture(scene: Scene, look: Look, path: Path) -> Path:
    """Write a scene as PNG, TIFF, JPEG or PDF with its size in print; whole or not at all.

    Raises
    ------
    ParameterError
        If the path has another suffix.
    SpectrotomoError
        If the file cannot be written.
    """
    if path.suffix.lower() not in KINDS:
        raise ParameterError(f"A picture is written as {', '.join(KINDS)}, not as {path.name}.")
    try:
        with whole_file(path) as temporary:
            if path.suffix.lower() == ".pdf":
                _write_pdf(scene, look, temporary)
            elif not compose(scene, look).save(str(temporary), None, 95):
                raise SpectrotomoError(f"{path} cannot be written: choose another folder.")
    except OSError as error:
        raise SpectrotomoError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def _write_pdf(scene: Scene, look: Look, path: Path) -> None:
    layout = _Layout(scene, look)
    writer = QPdfWriter(str(path))
    size = QSizeF(look.width, layout.height / look.dpi / _MM)
    writer.setResolution(round(look.dpi))
    writer.setPageSize(QPageSize(size, QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(writer.pageLayout().minimumMargins())
    painter = QPainter(writer)
    layout.paint(painter)
    painter.end()


def nice_length(most: float) -> float:
    """Give the largest of 1, 2, 5, 10, … that is no longer than `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in _STEPS if step * power <= most * (1 + 1e-9)))


def in_words(length: float, unit: str) -> str:
    """Give a length with its unit, in µm from 1000 nm on."""
    if unit == "nm" and length >= 1000:
        return f"{length / 1000:g} µm"
    return f"{length:g} {unit if unit == 'nm' or length == 1 else 'voxels'}"


def tick_labels(low: float, high: float) -> list[tuple[float, str]]:
    """Give three to six round numbers within limits, with as many decimals as tell them apart."""
    span = max(high - low, 1e-12)
    power = 10.0 ** np.floor(np.log10(span / 4))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if span / (s * power) <= 5)
    decimals = max(0, -int(np.floor(np.log10(step))) + (1 if round(step / power, 3) == 2.5 else 0))
    first = np.ceil(low / step - 1e-6) * step
    values = np.arange(first, high + step * 1e-6, step)
    return [(float(v), f"{v + 0.0:.{decimals}f}") for v in values]


class _Layout:
    """Where everything lies, in pixels, and how it is painted."""

    def __init__(self, scene: Scene, look: Look) -> None:
        self.scene, self.look = scene, look
        self.font = QFont("sans-serif")
        self.font.setPixelSize(max(round(look.words * _PT * look.dpi), 6))
        self.metrics = QFontMetricsF(self.font)
        self.unit = self.metrics.height()
        self.bars = scene.bars if look.bars else ()
        self.margin = sum(self._room(bar) for bar in self.bars)
        self.image_width = max(look.pixels - self.margin, 0.3 * look.pixels)
        h, w = scene.image.shape[:2]
        least = 6 * self.unit if self.bars else 1
        self.image_height = max(round(self.image_width * h / w), 1)
        self.height = int(max(self.image_height, least))
        dark = float(np.mean(scene.background)) < 128
        self.ink = QColor("white") if dark else QColor("black")
        self.paper = QColor(0, 0, 0, 150) if dark else QColor(255, 255, 255, 170)

    def paint(self, painter: QPainter) -> None:
        painter.setFont(self.font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        page = QRectF(
            -2, -2, self.look.pixels + 4, self.height + 4
        )  # a page of a PDF is never a whole number of pixels
        painter.fillRect(page, QColor(*map(int, self.scene.background)))
        h, w = self.scene.image.shape[:2]
        image = QImage(self.scene.image.tobytes(), w, h, 3 * w, QImage.Format.Format_RGB888)
        place = QRectF(0, (self.height - self.image_height) / 2, self.image_width, self.image_height)
        if w > self.image_width:  # larger drawings are averaged, smaller ones keep their voxels sharp
            size = place.size().toSize()
            image = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        painter.drawImage(place, image)
        if self.look.scale_bar and self.scene.length is not None:
            self._scale_bar(painter, place, self.scene.length * w / self.image_width)
        if self.look.energy and self.scene.energy:
            self._boxed(painter, QPointF(place.left() + self.unit / 2, place.top() + self.unit / 2), self.scene.energy)
        for x, y, name in self.scene.cells:
            corner = QPointF(
                x * self.image_width + self.unit / 2, place.top() + y * self.image_height - 1.8 * self.unit
            )
            self._boxed(painter, corner, name)
        left = self.image_width
        for bar in self.bars:
            self._color_bar(painter, bar, left)
            left += self._room(bar)

    def _boxed(self, painter: QPainter, corner: QPointF, words: str, line: float = 0.0) -> None:
        """Write words, over a line of some length if there is one, on a box that keeps them readable on any image."""
        wide = max(self.metrics.horizontalAdvance(words), line)
        high = self.unit * (1.5 if line else 1.0)
        box = QRectF(corner.x(), corner.y(), wide + 0.8 * self.unit, high + 0.3 * self.unit)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.paper)
        painter.drawRoundedRect(box, 0.2 * self.unit, 0.2 * self.unit)
        painter.setPen(self.ink)
        inner = box.adjusted(0.4 * self.unit, 0.15 * self.unit, -0.4 * self.unit, -0.15 * self.unit)
        painter.drawText(inner, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)
        if line:
            bar = QRectF(inner.center().x() - line / 2, inner.bottom() - 0.35 * self.unit, line, 0.2 * self.unit)
            painter.fillRect(bar, self.ink)

    def _scale_bar(self, painter: QPainter, place: QRectF, length: float) -> None:
        value = nice_length(length * self.image_width * _BAR_SHARE)
        line, words = value / length, in_words(value, self.scene.unit)
        wide = max(self.metrics.horizontalAdvance(words), line) + 0.8 * self.unit
        corner = QPointF(place.right() - wide - self.unit / 2, place.bottom() - 2.3 * self.unit)
        self._boxed(painter, corner, words, line)

    def _room(self, bar: Bar) -> float:
        """Give the width of a colour bar with its numbers and its title, which runs along it."""
        numbers = max((self.metrics.horizontalAdvance(t) for _, t in tick_labels(bar.low, bar.high)), default=0.0)
        return 0.6 * self.unit + 1.1 * self.unit + 0.6 * self.unit + numbers + 0.3 * self.unit + 1.2 * self.unit

    def _color_bar(self, painter: QPainter, bar: Bar, left: float) -> None:
        top, high = 0.6 * self.unit, self.height - 1.2 * self.unit
        place = QRectF(left + 0.6 * self.unit, top, 1.1 * self.unit, high)
        # as many pixels as are painted, and not one column: what shows a PDF would blend its rim with what is beside it
        rows = np.linspace(255, 0, max(round(high), 2)).round().astype(int)
        colors = np.repeat(bar.colors[rows, None], max(round(place.width()), 1), axis=1)
        size = colors.shape[1::-1]
        strip = QImage(colors.tobytes(), *size, 3 * size[0], QImage.Format.Format_RGB888)
        painter.setBrush(self.ink)  # in a PDF an image is as transparent as the brush, and that of a box was
        painter.drawImage(place, strip)
        painter.setPen(QPen(self.ink, max(self.unit / 14, 1)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)
        right = 0.0
        for value, words in tick_labels(bar.low, bar.high):
            y = place.bottom() - (value - bar.low) / max(bar.high - bar.low, 1e-12) * high
            painter.drawLine(QPointF(place.right(), y), QPointF(place.right() + 0.3 * self.unit, y))
            wide = self.metrics.horizontalAdvance(words)
            row = QRectF(place.right() + 0.5 * self.unit, y - self.unit / 2, wide + 2, self.unit)
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
            right = max(right, row.right())
        painter.save()
        painter.translate(right + 0.2 * self.unit + self.unit, place.bottom())
        painter.rotate(-90)
        title = self.metrics.elidedText(bar.title, Qt.TextElideMode.ElideRight, high + 0.6 * self.unit)
        row = QRectF(0, -self.unit, high, self.unit)
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, title)
        painter.restore()
