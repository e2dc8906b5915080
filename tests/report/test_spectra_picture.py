"""Spectra as a picture for a paper."""

import numpy as np
import pytest
from PIL import Image

from napari_spectrotomo.errors import DataError, ParameterError, SpectrotomoError
from napari_spectrotomo.report import DrawnSpectrum, write_spectra_picture

ENERGIES = np.linspace(6500.0, 6600.0, 11)
SPECTRA = [
    DrawnSpectrum("one", ENERGIES, np.linspace(0, 1, 11), np.full(11, 0.1), "#ffd33d"),
    DrawnSpectrum("", ENERGIES, np.r_[np.nan, np.linspace(0, 1, 10)], None, (1.0, 1.0, 1.0), dashed=True),
]


def test_a_picture_is_as_wide_and_as_fine_as_asked_for(tmp_path):
    picture = Image.open(write_spectra_picture(tmp_path / "a.png", SPECTRA, energy=6551.0, width=85.0, dpi=300))
    assert abs(picture.width - 85.0 / 25.4 * 300) < 2
    assert picture.info["dpi"][0] == pytest.approx(300, abs=0.1)
    pixels = np.asarray(picture.convert("RGB"), int)
    colored = np.ptp(pixels, axis=2) > 60
    assert colored.sum() > 200


def test_words_of_a_vector_picture_stay_words(tmp_path):
    text = write_spectra_picture(tmp_path / "a.svg", SPECTRA, label="attenuation (1/µm)").read_text()
    assert ">attenuation (1/µm)<" in text
    assert ">one<" in text
    assert write_spectra_picture(tmp_path / "a.pdf", SPECTRA).read_bytes().startswith(b"%PDF")


def test_what_cannot_be_drawn_is_refused_with_a_word(tmp_path):
    with pytest.raises(DataError, match="no spectra"):
        write_spectra_picture(tmp_path / "a.png", [])
    with pytest.raises(ParameterError, match=r"\.png, \.svg"):
        write_spectra_picture(tmp_path / "a.docx", SPECTRA)
    with pytest.raises(SpectrotomoError, match="cannot be written"):
        write_spectra_picture(tmp_path / "no" / "a.png", SPECTRA)
    assert not list(tmp_path.iterdir())
