"""Spectra as a picture at print resolution: `write_spectra_picture`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import whole_file
from ..data import FloatArray
from ..errors import DataError, ParameterError, SpectrotomoError
from .figures.canvas import FAINT, as_they_are_written, legend, plot_axes

FORMATS = (".png", ".svg", ".pdf")
_INCH = 25.4  # mm
_DARKEST = 0.45
"""Relative luminance above which a colour is hard to see on white paper, and is darkened."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSpectrum:
    """A spectrum to be drawn.

    Attributes
    ----------
    name : str
        In the legend; empty: not in it.
    energies : (E,), eV
    values : (E,)
        NaN is not drawn; its neighbours are joined.
    error : (E,) or None
        Shaded to either side.
    color : colour as matplotlib takes it
        Darkened where it could hardly be seen on white.
    dashed : bool
    """

    name: str
    energies: FloatArray
    values: FloatArray
    error: FloatArray | None = None
    color: Any = "black"
    dashed: bool = False


def write_spectra_picture(
    path: str | Path,
    spectra: Sequence[DrawnSpectrum],
    *,
    label: str = "normalised attenuation",
    energy: float | None = None,
    width: float = 120.0,
    dpi: int = 300,
) -> Path:
    """Draw spectra on white, for a paper or a talk.

    Parameters
    ----------
    path : path ending in ``.png``, ``.svg`` or ``.pdf``
        Written whole or not at all.
    spectra : sequence of DrawnSpectrum
    label : str
        Of the values, with their unit.
    energy : float, eV
        Where a dotted line is drawn; None: nowhere.
    width : float, mm
        Of the picture; it is two thirds as high.
    dpi : int
        Pixels an inch, of PNG.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is nothing to draw.
    ParameterError
        If the path has another suffix.
    SpectrotomoError
        If the file cannot be written.
    """
    place = Path(path).expanduser()
    kind = place.suffix.lower()
    if kind not in FORMATS:
        raise ParameterError(f"Pictures of spectra are {', '.join(FORMATS)}, not {place.name}: choose one of these.")
    content = spectra_picture(spectra, kind.removeprefix("."), label=label, energy=energy, width=width, dpi=dpi)
    try:
        with whole_file(place) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise SpectrotomoError(f"The picture cannot be written to {place}: {error.strerror or error}.") from error
    return place


def spectra_picture(
    spectra: Sequence[DrawnSpectrum],
    kind: str = "png",
    *,
    label: str = "normalised attenuation",
    energy: float | None = None,
    width: float = 120.0,
    dpi: int = 300,
) -> bytes:
    """Draw spectra as `write_spectra_picture` does and give the file's content, 'png', 'svg' or 'pdf'.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    if not spectra:
        raise DataError("There are no spectra to draw.")
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "pdf.fonttype": 42}):  # words stay words, for who edits the picture
        figure = Figure(figsize=(width / _INCH, width / _INCH / 1.5), dpi=dpi, facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        axes = plot_axes(figure.subplots(), "photon energy (eV)", label)
        for spectrum in spectra:
            _draw(axes, spectrum)
        if energy is not None:
            axes.axvline(energy, color=FAINT, linewidth=0.9, linestyle=(0, (1, 2)))
        legend(axes, loc="lower right", fontsize=8)
        as_they_are_written(figure)
        out = io.BytesIO()
        figure.savefig(out, format=kind, dpi=dpi)
    return out.getvalue()


def _draw(axes: Any, spectrum: DrawnSpectrum) -> None:
    color = _on_white(spectrum.color)
    known = np.isfinite(spectrum.values)
    energies, values = np.asarray(spectrum.energies)[known], np.asarray(spectrum.values)[known]
    style: Any = (0, (4, 2)) if spectrum.dashed else "-"
    axes.plot(energies, values, color=color, linewidth=1.3, linestyle=style, label=spectrum.name or None)
    if spectrum.error is not None:
        error = np.asarray(spectrum.error)[known]
        axes.fill_between(energies, values - error, values + error, color=color, alpha=0.22, linewidth=0)


def _on_white(color: Any) -> tuple[float, float, float]:
    """Darken a colour until it can be seen on white paper."""
    from matplotlib.colors import to_rgb

    rgb = np.asarray(to_rgb(color))
    while float(rgb @ (0.2126, 0.7152, 0.0722)) > _DARKEST:
        rgb = rgb * 0.93
    red, green, blue = (float(c) for c in rgb)
    return red, green, blue
