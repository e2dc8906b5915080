"""A form holds exactly what its parameter class allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Le

from napari_spectrotomo._napari.forms import ParameterForm
from napari_spectrotomo._napari.forms.values import as_text, from_text
from napari_spectrotomo.parameters import checked, parameter
from napari_spectrotomo.workflow import PARAMETERS

pytestmark = pytest.mark.viewer


@dataclass(frozen=True, slots=True)
class Everything:
    method: Literal["otsu", "li"] = parameter("li", "How.")
    element: Literal["Mn", "Fe"] | None = parameter(None, "Which.")
    holes: bool = parameter(True, "Whether.")
    count: Annotated[int, Ge(2), Le(9)] = parameter(3, "How many.", unit="voxel")
    tolerance: Annotated[float, Ge(0)] = parameter(0.0625, "How near.")
    largest: int | None = parameter(None, "How many; empty: all of them.")
    window: tuple[float, float] | None = parameter(None, "Where.", unit="eV")
    center: Literal["auto"] | float | tuple[float, ...] = parameter("auto", "Axis.", label="rotation axis")
    names: tuple[str, ...] = parameter((), "Which ones.")
    path: str | None = parameter(None, "A file.")
    secret: int = parameter(1, "Not in forms.", hidden=True)


@pytest.fixture
def form(qtbot):
    made = ParameterForm(Everything, usual=("method", "count"))
    qtbot.addWidget(made)
    return made


def test_an_untouched_form_holds_the_defaults(form):
    assert checked(Everything, form.values()) == Everything()


@pytest.mark.parametrize(("stage", "cls"), PARAMETERS.items())
def test_the_form_of_every_stage_holds_its_defaults(qtbot, stage, cls):
    made = ParameterForm(cls)
    qtbot.addWidget(made)
    assert checked(cls, made.values(), where=stage) == cls()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "otsu"),
        ("element", "Fe"),
        ("holes", False),
        ("count", 9),
        ("tolerance", 0.25),
        ("largest", 4),
        ("window", (-150.0, -20.0)),
        ("center", 58.87),
        ("center", (58.5, 58.9)),
        ("names", ("energies", "angles")),
        ("path", "masks, of mine.tif"),
    ],
)
def test_what_is_written_into_a_form_comes_out_of_it(form, name, value):
    form.show_parameters(checked(Everything, {name: value}))
    assert checked(Everything, form.values()) == checked(Everything, {name: value})


def test_bounds_labels_units_and_tooltips_come_from_the_class(form):
    count = form["count"]
    assert (count.min, count.max) == (2, 9)
    assert count.label == "count (voxel)"
    assert count.tooltip == "How many."
    assert form["center"].label == "rotation axis"
    assert form["largest"].native.placeholderText() == "all of them"


def test_hidden_parameters_stay_out_and_rare_ones_are_folded(form):
    assert "secret" not in form.widgets
    assert form["method"].native.window() is form
    assert form.more.isAncestorOf(form["window"].native)
    assert not form.more.isAncestorOf(form["count"].native)


def test_only_the_user_makes_a_form_edited(form):
    heard = []
    form.edited.connect(heard.append)
    form.show_parameters(Everything(method="otsu", count=5))
    assert heard == []
    form["count"].value = 6
    assert heard == ["count"]


def test_text_says_what_the_value_is():
    assert from_text("3, 4") == (3, 4)
    assert from_text("auto") == "auto"
    assert from_text("") is None
    assert from_text("7", as_tuple=True) == (7,)
    assert from_text("energies, angles") == ("energies", "angles")
    for value in (None, 2.5, (1.0, 2.0), "auto", ((1.0, 2.0), (3.0, 4.0))):
        assert from_text(as_text(value)) == value
