"""One class a stage declares its parameters: the function, the recipe and the form take them from there."""

import dataclasses
import inspect

import pytest

import napari_spectrotomo as st
from napari_spectrotomo.parameters import as_plain, checked
from napari_spectrotomo.workflow import PARAMETERS, Recipe

FUNCTIONS = {
    "read": st.read_scan,
    "correct": st.correct,
    "reconstruct": st.reconstruct,
    "binarize": st.binarize,
    "label": st.label_particles,
    "register": st.register,
    "spectra": st.edge_energy,
    "composition": st.fit_references,
}


@pytest.mark.parametrize("stage", FUNCTIONS)
def test_a_functions_defaults_are_those_of_its_parameter_class(stage):
    defaults = PARAMETERS[stage]()
    asked = {
        n: p.default for n, p in inspect.signature(FUNCTIONS[stage]).parameters.items() if p.default is not p.empty
    }
    shared = asked.keys() & {f.name for f in dataclasses.fields(defaults)}
    assert shared
    for name in shared:
        assert asked[name] == getattr(defaults, name), name


@pytest.mark.parametrize("stage", PARAMETERS)
def test_every_parameter_says_what_it_is(stage):
    for field in dataclasses.fields(PARAMETERS[stage]):
        assert field.metadata.get("doc", "").rstrip().endswith("."), f"{stage}.{field.name}"


@pytest.mark.parametrize("stage", PARAMETERS)
def test_parameters_survive_plain_values(stage):
    parameters = PARAMETERS[stage]()
    assert checked(PARAMETERS[stage], as_plain(parameters)) == parameters


def test_a_recipe_survives_its_file(tmp_path):
    recipe = Recipe().changed("binarize", method="otsu", min_size=7).with_setting("spectra.pre=[6480, 6520]")
    (tmp_path / "recipe.yaml").write_text(recipe.to_yaml())
    assert Recipe.load(tmp_path / "recipe.yaml") == recipe


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("binarize.metod=otsu", "no parameter binarize.metod"),
        ("binarise.method=otsu", "no stage 'binarise'"),
        ("binarize.method=ostu", "binarize.method cannot be 'ostu'"),
        ("binarize.min_size=-3", "binarize.min_size cannot be -3"),
        ("reconstruct.center=-1", "be 'auto', or input should be greater than or equal to 0, or .* a list"),
        ("reconstruct.region=[0, 1, 0, 1]", "it needs more values"),
        ("binarize.method", "no setting"),
        ("binarize.method=[", "cannot be read"),
    ],
)
def test_a_wrong_setting_says_what_it_may_be(setting, words):
    with pytest.raises(st.ParameterError, match=words):
        Recipe().with_setting(setting)


@pytest.mark.parametrize(
    "text",
    ["- a\n- b", "binarize: 3", "nonsense: {}", "binarize: {method: ostu}", "a: [", "!!python/object:os.system {}"],
)
def test_a_file_that_is_no_recipe_is_refused(tmp_path, text):
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(st.ParameterError):
        Recipe.load(tmp_path / "r.yaml")


def test_a_parameter_that_came_later_makes_no_result_out_of_date_until_it_is_set():
    from napari_spectrotomo.parameters import identifying

    plain, moved = (PARAMETERS["binarize"](shift=shift) for shift in (0.0, 0.1))
    assert "shift" in as_plain(plain)
    assert "shift" not in identifying(plain)
    assert identifying(moved)["shift"] == 0.1
