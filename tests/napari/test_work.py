"""Long work reports, stops, and ends with a sentence, never in the GUI thread."""

from __future__ import annotations

import gc
import threading

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo._napari import collecting
from napari_spectrotomo._napari.progress_strip import ProgressStrip, describe
from napari_spectrotomo._napari.run import start
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo._napari.work import Job
from napari_spectrotomo.errors import DataError
from napari_spectrotomo.progress import Progress, raise_if_aborted

pytestmark = pytest.mark.viewer


def run_job(qtbot, steps):
    job = Job("Testing", steps)
    reports, ended = [], []
    job.progressed.connect(reports.append)
    job.ended.connect(ended.append)
    job.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    return reports, ended[0]


def test_work_reports_each_step_from_another_thread(qtbot):
    def steps(abort):
        for i in range(3):
            yield Progress("register", i + 1, 3, energy=6500.0 + i)
        return threading.get_ident()

    reports, outcome = run_job(qtbot, steps)
    assert [r.done for r in reports] == [1, 2, 3]
    assert outcome.result not in (None, threading.get_ident())
    assert not outcome.error
    assert not outcome.cancelled


def test_a_known_error_ends_as_its_sentence(qtbot):
    def steps(abort):
        yield Progress("read", 0, 1)
        raise DataError("The flats are darker than the darks.")

    reports, outcome = run_job(qtbot, steps)
    assert outcome.error == "The flats are darker than the darks."
    assert len(reports) == 1


def test_an_unforeseen_error_is_said_too(qtbot, monkeypatch):
    from napari.utils import notifications

    monkeypatch.setattr(notifications.notification_manager, "receive_error", lambda *a: None)

    def steps(abort):
        yield Progress("read", 0, 1)
        raise ZeroDivisionError("division by zero")

    _, outcome = run_job(qtbot, steps)
    assert outcome.error.startswith("Testing stopped at an unforeseen error (ZeroDivisionError: division by zero)")


def test_cancel_reaches_into_the_step_and_lets_it_tidy_up(qtbot):
    tidied, begun = [], threading.Event()

    def steps(abort):
        try:
            yield Progress("reconstruct", 1, 9)
            begun.set()
            assert abort.wait(20)
            raise_if_aborted(abort)
        finally:
            tidied.append(threading.get_ident())

    job = Job("Testing", steps)
    ended = []
    job.ended.connect(ended.append)
    job.start()
    qtbot.waitUntil(begun.is_set, timeout=20_000)
    job.cancel()
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    assert ended[0].cancelled
    assert len(tidied) == 1
    assert tidied[0] != threading.get_ident()


def test_a_viewer_does_one_thing_at_a_time(qtbot, model, settle):
    go_on = threading.Event()

    def steps(abort):
        yield Progress("read", 0, 1)
        assert go_on.wait(20)

    first = start(model, "First", steps)
    assert state_of(model).job is first
    assert start(model, "Second", steps) is None
    go_on.set()
    settle(model)
    assert state_of(model).job is None


def test_the_strip_says_stage_energy_count_and_time_left(qtbot):
    words = describe(Progress("reconstruct", 12, 31, energy=6578.0), 42.4)
    assert words == "Reconstructing · 6578.0 eV · 12 of 31 · 42 s left"
    assert describe(Progress("register", 1, 3, energy=6500.0), 600.0).endswith("10 min left")
    strip = ProgressStrip()
    qtbot.addWidget(strip)
    assert strip.isHidden()
    strip.follow(Job("Testing", lambda abort: iter(())))
    strip.show_progress(Progress("reconstruct", 12, 31, energy=6578.0))
    assert (strip.bar.value(), strip.bar.maximum()) == (12, 31)
    assert "6578.0 eV · 12 of 31" in strip.text.text()


def test_what_is_left_of_a_window_is_freed_in_the_gui_thread_only(qtbot):
    freed = []

    class Left:
        def __del__(self):
            freed.append(threading.get_ident())

    def steps(abort):
        np.asarray(da.zeros((4, 4))[1])  # dask enables the collector when it has taken a slice
        kept = [[i] for i in range(200_000)]  # makes Python look for garbage
        yield Progress("read", 1, 1)
        return len(kept)

    left = Left()
    left.itself = left
    del left
    run_job(qtbot, steps)
    gc.collect()
    assert freed == [threading.get_ident()]
    assert collecting._holders or gc.get_threshold()[0] > 0
