"""The report shows where the views saw the sample from, and slices by which a person can judge it."""

from dataclasses import replace

import numpy as np
import pytest

from napari_spectrotomo.report import AlignmentSeen, StripSeen
from napari_spectrotomo.report.figures.alignment import alignment_figures
from napari_spectrotomo.report.page import Section, html

COUNT = 11


@pytest.fixture
def seen():
    """A straight axis, upright, with nothing that moves."""
    ones = np.ones(COUNT)
    disk = (np.hypot(*(np.indices((20, 20)) - 9.5)) < 7).astype(np.float32)
    strip = StripSeen(np.arange(7) + 7.0, np.stack([disk] * 7), np.array([0, 0.2, 0.5, 1, 0.6, 0.1, 0]), 12, 6710.0)
    return AlignmentSeen(
        centers=10 * ones,
        found=10 * ones,
        uncertainty=0.02 * ones,
        elsewhere=np.zeros(COUNT, bool),
        tilt=0.0,
        tilts=0 * ones,
        tilt_uncertainty=0.01 * ones,
        jitter=np.zeros((COUNT, 2)),
        displacement=0.05 * ones,
        parts=np.nan * ones,
        words=("Rotation axis at column 10.00, upright.",),
        methods={"Vo": 10.1 * ones},
        strip=strip,
    )


def test_an_axis_that_nothing_disturbs_is_drawn_alone_and_judged_by_slices(make_phantom, seen):
    curves, strip = alignment_figures(make_phantom(alignment=seen))
    assert curves.image
    assert "column 10.00, upright" in curves.caption
    assert "Neither jitter nor motion is large enough to be drawn" in curves.caption
    assert strip.image
    assert "Slice 12 at 6710 eV" in strip.caption


def test_tilt_jitter_and_outliers_are_drawn_where_there_are_some(make_phantom, seen):
    plain = alignment_figures(make_phantom(alignment=seen))[0]
    elsewhere = seen.elsewhere.copy()
    elsewhere[2] = True
    ringed = alignment_figures(make_phantom(alignment=replace(seen, elsewhere=elsewhere)))[0]
    assert ringed.image != plain.image
    shaken = replace(seen, tilt=0.4, tilts=seen.tilts + 0.4, jitter=np.full((COUNT, 2), 0.8))
    drawn = alignment_figures(make_phantom(alignment=shaken))[0]
    assert "its tilt" in drawn.alt
    assert "how far views and sample moved" in drawn.alt
    assert "large enough" not in drawn.caption


def test_a_given_axis_is_said_in_words_and_a_report_without_tomograms_has_nothing_of_it(make_phantom, seen):
    unknown = np.full(COUNT, np.nan)
    given = replace(
        seen, found=unknown, displacement=unknown, strip=None, words=("Rotation axis as given, at column 10.00.",)
    )
    (only,) = alignment_figures(make_phantom(alignment=given))
    assert not only.image
    assert only.caption == "Rotation axis as given, at column 10.00."
    data = make_phantom()
    assert alignment_figures(data) == []
    assert "as given" in html(data, [Section("alignment", "Alignment", (only,))])
