"""What people do when things go wrong: they close the window, cancel, give wrong files, and go by their own order."""

from __future__ import annotations

import pytest

from napari_spectrotomo._napari import open_project
from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.plot import EnergyPlot
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer

TIMEOUT = 120_000  # ms; a busy machine is no failure


@pytest.fixture
def opened(make_napari_viewer, finished, settle):
    """A window with a finished project, all its panels open."""
    viewer = make_napari_viewer(show=True)
    open_project(finished.path, viewer)
    settle(viewer)
    return viewer


def test_the_window_closes_while_pictures_and_spectra_are_made(opened, qtbot, monkeypatch):
    """What is finished after the window is gone finds nobody to tell: an exception of a slot fails this test."""
    from napari_spectrotomo._napari import latest

    workers, begin = [], latest.FunctionWorker
    monkeypatch.setattr(latest, "FunctionWorker", lambda work: workers.append(begin(work)) or workers[-1])
    spectrum = open_panel(opened, "ROI spectrum")
    spectrum.controls.pick.click()
    points = opened.layers[-1]
    points.add([12, 16, 16])
    spectrum.controls.chosen.tick(points)
    open_panel(opened, "Edge map").solid.on.setChecked(True)
    open_panel(opened, "Register").views.look("outlines")
    open_panel(opened, "Binarize").live.follow()
    reconstruct = open_panel(opened, "Reconstruct")
    reconstruct.box.preview.click()
    job = state_of(opened).job
    assert job is not None
    assert workers
    opened.close()
    qtbot.waitUntil(lambda: job.outcome is not None and not any(w.is_running for w in workers), timeout=TIMEOUT)
    qtbot.wait(50)  # for what they had to say


@pytest.mark.parametrize(("step", "field", "value"), [("Reconstruct", "filter", "hann"), ("Register", "engine", None)])
def test_the_window_closes_while_a_step_is_done(opened, qtbot, step, field, value):
    panel = open_panel(opened, step)
    if value is None:
        state_of(opened).project.discard("register")
        state_of(opened).touch()
    else:
        panel.form[field].value = value
    panel.primary.click()
    job = state_of(opened).job
    qtbot.waitUntil(lambda: job.last is not None, timeout=TIMEOUT)
    opened.close()
    qtbot.waitUntil(lambda: state_of(opened).job is None, timeout=TIMEOUT)
    assert job.outcome.cancelled


def test_plots_and_folds_follow_a_theme_that_is_changed_while_they_are_seen(opened, qtbot):
    from napari_spectrotomo._napari.readable import background_of, contrast

    quality = open_panel(opened, "Quality")
    plots = quality.findChildren(EnergyPlot)
    qtbot.waitUntil(lambda: any(p.widget is not None and p.isVisible() for p in plots), timeout=TIMEOUT)
    plot = next(p for p in plots if p.isVisible())
    binarize = open_panel(opened, "Binarize")
    fold = binarize.fold
    for theme in ("light", "dark"):
        opened.theme = theme
        open_panel(opened, "Quality")
        seen = plot.widget.grab().toImage()
        assert contrast(seen.pixelColor(1, 1), background_of(plot)) < 1.1
        open_panel(opened, "Binarize")
        icon = fold.toggleButton().icon().pixmap(16, 16).toImage()
        drawn = [icon.pixelColor(x, y) for x in range(icon.width()) for y in range(icon.height())]
        assert max(contrast(c, background_of(fold)) for c in drawn if c.alpha() > 200) > 4
