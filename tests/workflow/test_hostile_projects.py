"""A project or a recipe from elsewhere runs nothing, writes nowhere else, and where it is damaged says so."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_spectrotomo.errors import ParameterError, ProjectError, SpectrotomoError
from napari_spectrotomo.register import load_registration, register
from napari_spectrotomo.workflow import Project, Recipe
from napari_spectrotomo.workflow.alignment import Alignment
from napari_spectrotomo.workflow.hold import alone
from napari_spectrotomo.workflow.record import Record
from napari_spectrotomo.workflow.standards import files_of_standards, read_standards
from napari_spectrotomo.workflow.store import Store

BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
RECIPES = {
    "an object": ("read: !!python/object/apply:os.system ['touch made_by_yaml']\n", "YAML"),
    "a module": ("!!python/module:antigravity\n", "YAML"),
    "aliases that multiply": (BOMB, "repeats a value by its name"),
    "an alias of itself": ("a: &a [*a]\n", "repeats a value by its name"),
    "lists without end": ("[" * 20_000, "nested deeper|YAML"),
    "a date that cannot be": ("read: {pixel_size: 2026-13-45}\n", "holds a value that cannot be"),
    "a number that cannot be": ("read: {pixel_size: 0x}\n", "pixel_size cannot be"),
    "a long number": ("read: {pixel_size: " + "9" * 5000 + "}\n", "."),
    "a megabyte and more": ("# " + "x" * 2**21, "MB"),
    "no text": ("read: {flats: \0}\n", "YAML"),
    "a parameter without a name": ("read: {1: 2}\n", "parameters have names"),
    "a stage without a name": ("{[1]: 2}\n", "."),
    "a list of everything": ("read: [" + "x, " * 5_000 + "x]\n", "must hold parameters"),
    "a null in a path": ('read: {flats: "a\\0b"}\n', None),
    "a home of nobody": ("read: {flats: ~nobody-of-this-name/a}\n", None),
}


@pytest.mark.parametrize("what", RECIPES)
def test_a_recipe_from_elsewhere_is_plain_values_or_refused(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    text, says = RECIPES[what]
    (tmp_path / "recipe.yaml").write_bytes(text.encode())
    if says is None:
        assert isinstance(Recipe.load("recipe.yaml").read.flats, str)
    else:
        with pytest.raises(ParameterError, match=says) as seen:
            Recipe.load("recipe.yaml")
        assert len(str(seen.value)) < 2000
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.yaml"]


@pytest.mark.parametrize("name", ["a\0b", "~\0", "x" * 300, "~nobody-of-this-name"])
def test_a_standard_whose_file_cannot_be_is_said(tmp_path, name):
    (tmp_path / "standards.txt").write_text(f"{name}, 2\n6540, 3\n")
    with pytest.raises(ParameterError, match=r"standards\.txt"):
        read_standards(tmp_path / "standards.txt")
    assert files_of_standards(tmp_path / "standards.txt") == []


def test_a_setting_is_plain_too():
    for value in ("!!python/name:os.system", "&a [*a]", "2026-02-31"):
        with pytest.raises(ParameterError):
            Recipe().with_setting(f"read.flats={value}")


def test_no_module_reads_yaml_but_as_plain_values():
    package = Path(__import__("napari_spectrotomo").__file__).parent
    texts = {p: p.read_text(encoding="utf-8") for p in package.rglob("*.py")}
    readers = [p.name for p, text in texts.items() if "yaml.load" in text or "yaml.safe_load" in text]
    assert readers == ["plain_yaml.py"]
    assert not [p for p, text in texts.items() for word in ("import pickle", "allow_pickle", "eval(", " exec(") if word in text
                and "literal_eval(" not in text and ".exec(" not in text]  # fmt: skip


RECORD = {
    "source": "scan",
    "kind": "scan",
    "versions": {},
    "inputs": [{"name": "a.h5", "path": "/a.h5", "size": 1, "modified_ns": 2, "sha256": "x"}],
    "scan": {"voxel_size_nm": None},
    "stages": {
        "read": {"fingerprint": "f", "finished": True, "seconds": 1.0, "warnings": {"": ["a"]}, "parameters": {}}
    },
    "warnings": [],
}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "..", "/etc", "<b>", "nan"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["0", "1", "..", "found"]), inside, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places_in(content, place=()):
    """Every place in nested plain values."""
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inside:
        yield (*place, key)
        yield from places_in(value, (*place, key))


def changed(content, place, value):
    copy = json.loads(json.dumps(content))
    at = copy
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copy


def loaded(load, path, name):
    """What was loaded; None where a sentence that names the file says why it was not."""
    found, said = None, ""
    try:
        found = load(path)
    except SpectrotomoError as error:
        said = str(error)
    assert found is not None or name in said
    return found


@settings(max_examples=80, derandomize=True)
@given(place=st.sampled_from(sorted(places_in(RECORD), key=str)), value=PLAIN)
def test_a_record_with_other_values_is_refused_or_can_be_worked_with(tmp_path_factory, place, value):
    folder = tmp_path_factory.getbasetemp() / "record"
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(changed(RECORD, place, value)))
    project = loaded(Project.open, folder, "run.json")
    if project is None:
        return
    project.record.warnings()
    for stage in ("read", "report"):
        project.record.state(stage, project.recipe)
    project.record.save()
    assert Record.load(folder / "run.json").content["source"] == project.record.content["source"]


@pytest.mark.parametrize("text", ['{"source": NaN}', "[" * 10**5, '{"a": 1e999}', "\xff", '"x"', "[]"])
def test_what_is_no_record_is_said(tmp_path, text):
    (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ProjectError, match=r"run\.json"):
        Project.open(tmp_path)


ALIGNMENT = {
    "convention": "",
    "energies_eV": [6530.0, 6540.0],
    "centers": [3.5, 3.6],
    "tilt_deg": 0.1,
    "shifts": [None, [[0.1, 0.2], [0.0, 0.0]]],
    "found": {"6530.0000": {"axis": {"methods": {"mirror": 3.4}, "center": 3.5}, "about": [3.5, 0.0], "jitter": None}},
}


@settings(max_examples=80, derandomize=True)
@given(place=st.sampled_from(sorted(places_in(ALIGNMENT), key=str)), value=PLAIN)
def test_an_alignment_with_other_values_is_refused_or_holds_numbers(tmp_path_factory, place, value):
    path = tmp_path_factory.getbasetemp() / "alignment.json"
    path.write_text(json.dumps(changed(ALIGNMENT, place, value)))
    found = loaded(Alignment.load, path, "alignment.json")
    if found is None:
        return
    assert np.all(np.isfinite(found.centers))
    assert found.centers.shape == found.energies.shape
    assert len(found.shifts) == len(found.energies)


@pytest.fixture(scope="module")
def registration(tmp_path_factory) -> Path:
    body = np.zeros((8, 10, 12), bool)
    body[2:6, 3:8, 3:9] = True
    place = tmp_path_factory.mktemp("registered") / "registration.json"
    register([body, body], transform="translation", energies=[6530.0, 6540.0], voxel_size=30.0).save(place)
    return place


@settings(max_examples=120, derandomize=True)
@given(data=st.data(), value=PLAIN)
def test_a_registration_with_other_values_is_refused_or_one(registration, data, value):
    content = json.loads(registration.read_text())
    place = data.draw(st.sampled_from(sorted(places_in(content), key=str)))
    path = registration.with_name("changed.json")
    path.write_text(json.dumps(changed(content, place, value)))
    found = loaded(load_registration, path, "changed.json")
    if found is None:
        return
    assert found.matrices.shape == (2, 4, 4)
    assert len(found.quality) == 2
    assert min(found.shape) >= 1


@pytest.mark.parametrize("key", ["labels", "deformation"])
def test_a_registration_refers_to_nothing_behind_a_link_out_of_its_folder(registration, tmp_path, key):
    (tmp_path / "secret").mkdir()
    (tmp_path / "in").mkdir()
    os.symlink(tmp_path / "secret", tmp_path / "in" / "away")
    content = json.loads(registration.read_text()) | {key: "away"}
    (tmp_path / "in" / "registration.json").write_text(json.dumps(content))
    with pytest.raises(SpectrotomoError, match="outside its folder"):
        load_registration(tmp_path / "in" / "registration.json")


def project_in(folder: Path) -> Project:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(RECORD))
    return Project.open(folder)


def test_a_store_that_is_a_link_is_neither_written_nor_taken_away(tmp_path):
    """Or a project from elsewhere would delete what is called alike in a store of another one."""
    mine = Store(tmp_path / "mine" / "project.zarr")
    mine.path.parent.mkdir()
    mine.create("mask", (2, 3, 4), bool, np.array([6530.0]), None, "", "f")
    mine.write("mask", 0, np.ones((2, 3, 4), bool))
    project = project_in(tmp_path / "theirs")
    os.symlink(mine.path, project.path / "project.zarr")
    with pytest.raises(ProjectError, match=r"project\.zarr is a link to .*mine"):
        project.discard("binarize")
    with pytest.raises(ProjectError, match="is a link to"):
        project.store.create("mask", (2, 3, 4), bool, np.array([6530.0]), None, "", "other")
    assert mine.read("mask", 0).all()


def test_an_image_that_is_a_link_is_neither_written_nor_taken_away(tmp_path):
    project = project_in(tmp_path / "theirs")
    zarr.open_group(project.store.path, mode="w", zarr_format=3)
    zarr.save_array(str(tmp_path / "mine"), np.ones(3))
    os.symlink(tmp_path / "mine", project.store.path / "mask")
    with pytest.raises(ProjectError, match=r"mask is a link to .*mine"):
        project.discard("binarize")
    np.testing.assert_array_equal(zarr.load(str(tmp_path / "mine")), np.ones(3))


@pytest.mark.parametrize("name", ["run.log", ".lock", "project.zarr"])
def test_a_run_writes_through_no_link(tmp_path, name):
    project = project_in(tmp_path / "theirs")
    (tmp_path / "mine.txt").write_text("mine")
    os.symlink(tmp_path / "mine.txt", project.path / name)
    with pytest.raises(ProjectError, match=r"is a link to .*mine"), alone(project.path):
        pytest.fail("the project was held")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_a_stage_left_is_taken_away_and_what_it_is_a_link_to_stays(tmp_path):
    project = project_in(tmp_path / "theirs")
    (tmp_path / "mine.txt").write_text("mine")
    for name in ("report.html", "labels.tif"):
        os.symlink(tmp_path / "mine.txt", project.path / name)
    project.discard("label")
    assert sorted(p.name for p in project.path.iterdir()) == ["run.json"]
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_stages_that_are_none_take_nothing_away(tmp_path):
    """What is deleted goes by our own tables, never by names in a record."""
    project = project_in(tmp_path / "theirs")
    project.record.content["stages"]["../../mine"] = project.record.content["stages"]["read"]
    (tmp_path / "mine").write_text("mine")
    project.discard("read")
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("about", [{"windows": 5}, {"e0": "x"}, {"nobody": 1}])
def test_a_result_that_does_not_fit_its_record_is_named(tmp_path, about):
    import tifffile

    record = changed(RECORD, ("stages",), {"spectra": RECORD["stages"]["read"] | {"edge_map": about}})
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "run.json").write_text(json.dumps(record))
    for name in ("edge_energy", "edge_step", "edge_energy_error"):
        tifffile.imwrite(tmp_path / "p" / f"{name}.tif", np.zeros((3, 4, 5), np.float32))
    project = Project.open(tmp_path / "p")
    with pytest.raises(ProjectError, match=r"edge map|edge windows"):
        _ = project.edge_map(), project.edge_windows()
