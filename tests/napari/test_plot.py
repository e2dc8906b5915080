"""A plot shows what it is given, can be read on any theme, and leads to the energy that is pointed at."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_spectrotomo._napari.plot import COLORS, Curve, EnergyPlot, legend_of
from napari_spectrotomo._napari.readable import LEAST_CONTRAST, ReadableLabel, contrast, readable

pytestmark = pytest.mark.viewer
DARK, LIGHT = (
    "QWidget { background-color: #23242b; color: #f0f1f2; }",
    "QWidget { background-color: #ebe7e6; color: #1e1e21; }",
)
ENERGIES = np.array([6500.0, 6540.0, 6550.0, 6600.0])


def curve(name="one", color="#00003a", **look):
    return Curve(ENERGIES, np.array([0.0, 0.1, 1.0, 0.9]), name, color, **look)


@pytest.fixture
def plot(qtbot):
    made = EnergyPlot("attenuation")
    made.setStyleSheet(DARK)
    qtbot.addWidget(made)
    made.resize(320, 240)
    made.show()
    return made


@pytest.mark.parametrize("behind", ["#23242b", "#ebe7e6", "black", "white", "#808080"])
@pytest.mark.parametrize("color", [*COLORS, "black", "white", "blue", "w", (0.1, 0.0, 0.2, 1.0)])
def test_every_colour_is_made_to_stand_out_from_every_background(color, behind):
    assert contrast(readable(color, behind), QColor(behind)) >= LEAST_CONTRAST


def test_a_colour_that_can_be_seen_stays_as_it_is():
    assert readable("#ffd33d", "#23242b").name() == "#ffd33d"


def pens(plot):
    return [item.opts["pen"].color() for item in plot.widget.listDataItems()]


def test_curves_change_their_colours_with_the_theme(plot):
    plot.draw([curve(color="#00003a"), curve("two", "#ffff80")])
    for sheet, behind in ((DARK, "#23242b"), (LIGHT, "#ebe7e6"), (DARK, "#23242b")):
        plot.setStyleSheet(sheet)
        assert all(contrast(color, QColor(behind)) >= LEAST_CONTRAST for color in pens(plot))
        assert contrast(plot.widget.faint, QColor(behind)) > 4.5


def test_what_is_drawn_anew_takes_the_place_of_what_was_there(plot):
    plot.draw([curve(), curve("two", band=np.full(4, 0.1))])
    plot.draw([curve("three", "red", dashed=True)])
    (item,) = plot.widget.listDataItems()
    assert item.opts["pen"].style() == Qt.PenStyle.DashLine
    assert [label.text for _, label in plot.widget._legend.items] == ["three"]
    plot.draw([])
    assert not plot.widget.listDataItems()
    assert not plot.widget._legend.items


def test_a_band_is_shaded_only_where_it_is_known(plot):
    plot.draw([curve(band=np.array([0.1, np.nan, 0.1, 0.1])), curve(band=np.full(4, np.nan)), curve()])
    assert [band.isVisible() for band in plot.widget._bands] == [True, False, False]
    assert len(plot.widget._bands[0]._ends[0].xData) == 3


def test_the_line_is_dragged_to_an_energy(plot, qtbot, monkeypatch):
    import pyqtgraph

    monkeypatch.setitem(pyqtgraph.CONFIG_OPTIONS, "mouseRateLimit", -1)
    plot.draw([curve()])
    plot.mark(6540.0)
    chosen = []
    plot.energy_chosen.connect(chosen.append)
    inside = plot.widget.viewport()

    def at(energy):
        return plot.widget.mapFromScene(plot.widget.plotItem.vb.mapViewToScene(QPointF(energy, 0.5)))

    def send(kind, place, held):
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        where = (QPointF(place), QPointF(inside.mapToGlobal(place)))
        QApplication.sendEvent(inside, QMouseEvent(kind, *where, button, held, Qt.KeyboardModifier.NoModifier))

    qtbot.waitUntil(lambda: plot.widget.viewRange()[0][0] > 6400)
    start, end = at(6540.0), at(6580.0)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    send(QEvent.Type.MouseMove, start, none)
    send(QEvent.Type.MouseButtonPress, start, left)
    for share in (0.3, 0.6, 1.0):
        send(QEvent.Type.MouseMove, start + QPoint(round(share * (end - start).x()), 0), left)
    send(QEvent.Type.MouseButtonRelease, end, none)
    assert len(chosen) >= 3
    assert abs(chosen[-1] - 6580.0) < 5


def test_the_arrow_keys_go_from_energy_to_energy(plot, qtbot):
    plot.draw([curve()])
    chosen = []
    plot.energy_chosen.connect(chosen.append)
    plot.mark(6540.0)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    plot.mark(6600.0)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert chosen == [6550.0, 6500.0]


def test_the_wheel_alone_leaves_the_plot_as_it_is(plot):
    plot.draw([curve()])
    before = plot.widget.viewRange()

    def turn(modifier):
        place = QPointF(plot.widget.rect().center())
        wheel = QWheelEvent(
            place,
            place,
            QPoint(0, 0),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        plot.widget.wheelEvent(wheel)
        return wheel.isAccepted()

    assert not turn(Qt.KeyboardModifier.NoModifier)
    assert plot.widget.viewRange() == before
    turn(Qt.KeyboardModifier.ControlModifier)
    assert plot.widget.viewRange() != before


def test_a_legend_outside_the_plot_follows_the_theme_too(qtbot):
    around = QWidget()
    qtbot.addWidget(around)
    label = ReadableLabel(legend_of([curve("one", "#ffd33d")]))
    label.setParent(around)
    around.setStyleSheet(DARK)
    around.show()
    assert "#ffd33d" in label.text()
    around.setStyleSheet(LIGHT)
    assert "#ffd33d" not in label.text()
    assert "one" in label.text()
