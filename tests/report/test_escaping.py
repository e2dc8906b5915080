"""Names and metadata from files stand on the page and in pictures as they are: they are neither HTML nor formulas."""

from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from napari_spectrotomo.report.figures.canvas import Figure, as_they_are_written, finished, legend, plot_axes, sheet
from napari_spectrotomo.report.page import Section, html

HOSTILE = "</style></title><script>alert(1)</script><img src=x onerror='a()'>{{ 7 * 7 }}{% raw %}\"'&"


class Page(HTMLParser):
    """Collects elements, attributes and the text outside of styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements, self.attributes, self.texts = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data):
        self.texts.append(data)


def test_whatever_a_file_is_called_or_says_stands_as_text(make_phantom):
    data = make_phantom(
        title=HOSTILE,
        summary={"format": HOSTILE, HOSTILE: HOSTILE},
        warnings=[HOSTILE],
        parameters={"read": {"flats": HOSTILE}, HOSTILE: {HOSTILE: HOSTILE}},
        versions={HOSTILE: HOSTILE},
        attenuation_unit=HOSTILE,
    )
    quality = data.registration.quality.assign(flag=HOSTILE, status="failed")
    data = make_phantom(**{
        **{name: getattr(data, name) for name in ("title", "summary", "warnings", "parameters", "versions", "attenuation_unit")},
        "registration": SimpleNamespace(**{**vars(data.registration), "quality": quality}),
    })  # fmt: skip
    picture = Figure(image="data:image/png;base64,", alt=HOSTILE, caption=HOSTILE, well=HOSTILE, amiss=HOSTILE)
    page = html(data, [Section("motion", HOSTILE, (picture,)), Section("particles", HOSTILE, ())])
    plain = html(make_phantom(), [Section("motion", "Motion", (picture,)), Section("particles", "Particles", ())])
    seen, usual = Page(page), Page(plain)
    assert "script" not in seen.elements
    assert seen.elements <= usual.elements | {"ul", "li", "h3", "div", "h2", "b"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "49" not in "".join(seen.texts).replace("{{ 7 * 7 }}", "").split()
    assert "".join(seen.texts).count("<script>alert(1)</script>") > 8
    assert page.count("</style>") == 1


@pytest.mark.parametrize("name", ["a$b$c", r"$\frac{$", "$", r"\alpha$", "a_b^c", "<svg>"])
def test_a_name_in_a_picture_begins_no_formula(name):
    figure = sheet(2.0)
    axes = plot_axes(figure.subplots(), name, name)
    axes.plot([1, 2], [1, 100], label=name)
    axes.annotate(name, (1, 1))
    axes.set_yscale("log")
    legend(axes, title=name)
    finished(figure, caption=name, alt=name)
    shown = [t for t in figure.findobj(Text) if t.get_text() == name]
    assert len(shown) >= 4
    assert not any(t.get_parse_math() for t in shown if "$" in name)


def test_powers_of_ten_at_ticks_stay_powers():
    figure = sheet(2.0)
    axes = figure.subplots()
    axes.plot([1, 2], [1, 1000])
    axes.set_yscale("log")
    finished(figure, caption="", alt="")
    as_they_are_written(figure)
    ticks = [t for t in axes.get_yticklabels() if "mathdefault" in t.get_text()]
    assert ticks
    assert all(t.get_parse_math() for t in ticks)


def test_a_reference_called_like_a_formula_is_text_in_a_spreadsheet(tmp_path):
    from napari_spectrotomo.io import read_references, write_spectra
    from napari_spectrotomo.workflow.tables import read_table, write_table

    names = ['=HYPERLINK("http://a")', "+4.2 V", "-1", "@SUM(A1)", "MnO", "'quoted'"]
    energies = np.array([6530.0, 6540.0, 6550.0])
    write_spectra(tmp_path / "s.csv", energies, {name: np.arange(3.0) for name in names})
    write_table(tmp_path / "t.csv", pd.DataFrame({"label": [1], **{name: [0.5] for name in names}}))
    for file in ("s.csv", "t.csv"):
        head = pd.read_csv(tmp_path / file).columns
        assert not [cell for cell in head if cell[0] in "=+-@"]
    assert list(read_references(tmp_path / "s.csv")) == names
    assert list(read_table(tmp_path / "t.csv").columns) == ["label", *names]
