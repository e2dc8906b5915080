"""The page is whole, needs nothing else, and says what it must."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from napari_spectrotomo.errors import Aborted, ParameterError, ProjectError
from napari_spectrotomo.progress import Progress
from napari_spectrotomo.report import ReportParameters, write_report
from napari_spectrotomo.report.figures import scenes
from napari_spectrotomo.report.figures.agreement import mse_and_dice
from napari_spectrotomo.report.figures.overlays import projection_overlay
from napari_spectrotomo.report.marks import pick
from napari_spectrotomo.report.page import Section, html
from napari_spectrotomo.report.views import look_at

SECTIONS = {"overview", "warnings", "projections", "slices", "difference", "agreement", "motion"}
SECTIONS |= {"spectra", "edge", "particles", "renderings", "parameters"}


class Outline(HTMLParser):
    """Collects anchors, the sources of pictures and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors, self.sources, self.open = [], [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors += [found["id"]] if "id" in found else []
        self.sources += [found[a] for a in ("src", "href") if a in found]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outline(text: str) -> Outline:
    parser = Outline()
    parser.feed(text)
    assert not parser.open
    return parser


@pytest.fixture(scope="module")
def page(whole, tmp_path_factory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenes, "_PIXELS", 150)
        return write_report(whole, tmp_path_factory.mktemp("report") / "report.html").read_text(encoding="utf-8")


def test_every_section_is_on_the_page_with_its_pictures(page):
    found = outline(page)
    assert set(found.anchors) >= SECTIONS
    assert not {"valence", "composition", "components", "clusters"} & set(found.anchors)
    assert sum(s.startswith("data:image/png;base64,") for s in found.sources) == 11


def test_the_page_needs_no_network_and_no_scripts(page):
    assert all(s.startswith(("data:", "#")) for s in outline(page).sources)
    assert "<script" not in page
    assert not re.search(r"@import|url\(", page)


def test_every_picture_has_words_for_who_cannot_see_it_and_for_how_to_read_it(page):
    figures = page.split("<figure>")[1:]
    assert all(re.search(r'alt="[^"]{20,}"', f) for f in figures)
    assert all("All is well:" in f and "Look again:" in f for f in figures)


def test_the_page_is_small_enough_to_mail(page):
    assert len(page) < 8e6


def test_headline_numbers_are_those_of_the_tables(page, whole):
    raw = whole.registration.quality["mse_raw"][:-1].mean()
    assert f"{raw:.3g} → {raw / 10:.3g}" in page
    assert f"{whole.particles['median_eV'][0]:.2f} eV" in page


def text_of(data) -> str:
    """The page with its first section only, for what does not hang on the pictures."""
    return html(data, [Section("projections", "Projections", (projection_overlay(data),))])


def test_text_is_escaped(make_phantom):
    evil = "<script>alert(1)</script>"
    stages = {evil: {evil: evil}}
    data = make_phantom(title=evil, summary={evil: evil}, warnings=[evil], parameters=stages, versions={evil: evil})
    text = text_of(data)
    assert "<script" not in text.lower()
    assert text.count("&lt;script&gt;alert(1)") >= 7
    outline(text)


def test_warnings_stand_before_all_figures(make_phantom):
    text = text_of(make_phantom(warnings=["13 pixels were saturated at 6551 eV."]))
    assert 0 < text.index("13 pixels were saturated") < text.index("<figure>")


def test_a_run_from_volumes_says_that_it_has_no_projections(make_phantom):
    assert "began from volumes" in text_of(make_phantom(projections=None))


def test_energies_without_a_transform_are_named_as_a_warning(make_phantom):
    data = make_phantom()
    data.registration.matrices[3] = np.nan
    assert "No transform was found for 6545 eV" in text_of(data)


def test_the_windows_of_the_background_lines_are_stated(make_phantom):
    assert "6480 to 6530, 6605 to 6710 eV" in text_of(make_phantom())


def test_progress_counts_the_sections(make_phantom, tmp_path):
    reports: list[Progress] = []
    stop = threading.Event()

    def report(progress: Progress) -> None:
        reports.append(progress)
        if progress.done == 2:
            stop.set()

    with pytest.raises(Aborted):
        write_report(make_phantom(), tmp_path / "r.html", progress=report, abort=stop)
    assert [(r.stage, r.done, r.total) for r in reports] == [("report", 1, 9), ("report", 2, 9)]
    assert list(tmp_path.iterdir()) == [], "an aborted report leaves no file"


def test_a_page_that_cannot_be_written_is_a_clear_error(make_phantom, tmp_path):
    with pytest.raises(ProjectError, match="cannot be written"):
        write_report(make_phantom(), tmp_path / "missing" / "r.html")


def test_marked_voxels_can_be_chosen_and_must_lie_in_the_volume(make_phantom):
    data = make_phantom(options=ReportParameters(voxels=((6, 10, 9),), renderings=False))
    planes = look_at(data).planes
    assert pick(data, planes).voxels == ((6, 10, 9),)
    with pytest.raises(ParameterError, match="outside the volume"):
        pick(replace(data, options=ReportParameters(voxels=((6, 10, 99),))), planes)


def test_two_threads_draw_the_same_picture_at_once(make_phantom):
    data = make_phantom()
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(mse_and_dice, (data, data))
    assert first.image == second.image == mse_and_dice(data).image
