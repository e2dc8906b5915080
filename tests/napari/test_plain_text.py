"""What a file or a layer is called stands in the panels as it is: Qt takes words that look like HTML for HTML."""

from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_spectrotomo._napari.message import Message
from napari_spectrotomo._napari.plot import Curve, legend_of
from napari_spectrotomo._napari.reconstruct.finder import vote_in_words

NAME = "<img src='file:///etc/hostname'><h1>scan</h1>"


def test_an_error_that_names_a_file_is_plain_text(qtbot, model):
    message = Message(model)
    qtbot.addWidget(message)
    message.say(f"There is no file {NAME}.", error=True, details="why")
    assert message.label.textFormat() == Qt.TextFormat.PlainText
    assert message.text() == f"There is no file {NAME}."


@pytest.mark.parametrize(
    "html",
    [
        legend_of([Curve(np.zeros(1), np.zeros(1), NAME, "#ff0000")]),
        vote_in_words(SimpleNamespace(doubts=(NAME,), center=np.nan, confidence=0.5, uncertainty=0.1), 6550.0),
    ],
)
def test_names_within_coloured_words_are_escaped(html):
    assert "<img" not in html
    assert "<h1>" not in html
    assert "&lt;img" in html
