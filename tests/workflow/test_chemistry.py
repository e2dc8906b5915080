"""Composition, valence and the energy axis as stages of a project."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile
import yaml

from napari_spectrotomo import Project, read_references, write_spectra
from napari_spectrotomo.errors import ParameterError, SpectrotomoError
from napari_spectrotomo.spectra import SpectraParameters
from napari_spectrotomo.workflow import numbers, run_steps, write_project_report
from napari_spectrotomo.workflow.chemistry.energy_axis import axis_shift
from napari_spectrotomo.workflow.standards import read_standards

WIDE = np.arange(6440.0, 6760.0, 1.0)
COMPOSED = ("fractions.tif", "fraction_errors.tif", "composition.csv", "clusters.tif", "components.csv")


def rise(at, energies=WIDE):
    return 0.2 + 0.5 * (0.5 + np.arctan((energies - at) / 2.0) / np.pi)


@pytest.fixture(scope="session")
def reference_folder(tmp_path_factory):
    """Two references as files: edges at 6548 and 6553 eV."""
    folder = tmp_path_factory.mktemp("references")
    for name, at in (("low", 6548.0), ("high", 6553.0)):
        write_spectra(folder / f"{name}.xdi", WIDE, {name: rise(at)})
    return folder


@pytest.fixture(scope="session")
def composed(finished, reference_folder, tmp_path_factory):
    """The finished project, and all that the composition can be asked for; look, do not touch."""
    import shutil

    folder = tmp_path_factory.mktemp("composed") / "project"
    shutil.copytree(finished.path, folder)
    project = Project.open(folder)
    project.change("composition", references=str(reference_folder), decomposition="pca", components=2, clusters=2)
    list(run_steps(project, "composition"))
    return project


def test_with_nothing_asked_the_stage_is_done_at_once_and_leaves_nothing(finished):
    assert finished.state("composition") == "done"
    assert not any((finished.path / name).exists() for name in COMPOSED)
    with pytest.raises(Exception, match="composition stage"):
        finished.composition()


def test_the_recipe_of_a_map_says_its_windows_until_it_is_another_map(own_project):
    list(run_steps(own_project, "spectra"))
    text = (own_project.path / "recipe.yaml").read_text()
    windows = own_project.edge_map().windows
    assert f"# The edge map counted from e0 {windows['e0']:.1f} eV" in text
    assert "pre-edge {:.1f} to {:.1f} eV".format(*windows["pre"]) in text
    assert Project.open(own_project.path).recipe == own_project.recipe
    own_project.change("spectra", nnorm=0)
    assert "# The edge map" not in (own_project.path / "recipe.yaml").read_text()


def test_a_project_of_before_the_stage_opens_and_continues(own_project):
    recipe = yaml.safe_load((own_project.path / "recipe.yaml").read_text())
    del recipe["composition"]
    (own_project.path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    content = json.loads((own_project.path / "run.json").read_text())
    del content["stages"]["composition"]
    (own_project.path / "run.json").write_text(json.dumps(content))
    for name in ("profiles.csv", "comparisons.csv"):
        (own_project.path / name).unlink()
    old = Project.open(own_project.path)
    assert old.state("composition") == "missing"
    assert write_project_report(old).exists()
    list(run_steps(old, "composition"))
    assert old.state("composition") == "done"
    assert old.profiles().shape[0] > 0


def test_the_mean_fractions_are_among_the_numbers_of_a_run(composed):
    (line,) = [line for line in numbers(composed) if line.startswith("particle 1: high")]
    assert line.count("±") == 2


def test_fractions_come_back_as_they_were_fitted(composed):
    found, labels = composed.composition(), composed.labels()
    assert found.names == ("high", "low")
    assert found.fractions.shape == (2, *labels.shape)
    inside = np.isfinite(found.residual)
    assert inside.sum() > 0.8 * (labels > 0).sum()
    assert not inside[labels == 0].any()
    assert np.nanmin(found.fractions) >= 0
    table = composed.fractions().set_index("label")
    for k, name in enumerate(found.names):
        own = found.fractions[k][inside & (labels == 1)]
        assert table.loc[1, name] == pytest.approx(own.mean(dtype=float), rel=1e-5)
        assert table.loc[1, f"{name}_standard_error"] > own.std() / len(own) ** 0.5


def test_the_file_of_fractions_names_its_volumes(composed):
    with tifffile.TiffFile(composed.path / "fractions.tif") as file:
        assert file.series[0].shape == composed.composition().fractions.shape
        depth = composed.labels().shape[0]
        assert file.imagej_metadata["Labels"] == ["high"] * depth + ["low"] * depth


def test_components_and_clusters_come_back_and_their_spectra_are_references_too(composed):
    components, clusters = composed.components(), composed.clusters()
    assert components.spectra.shape == (2, len(composed.energies))
    assert components.scores.shape == (2, *composed.labels().shape)
    assert clusters.sizes.sum() == (clusters.labels > 0).sum()
    again = read_references(composed.path / "clusters.csv")
    assert list(again) == ["cluster_1", "cluster_2"]
    np.testing.assert_allclose(again["cluster_1"][1], clusters.spectra[0])


def test_what_is_no_longer_asked_for_is_taken_away(composed, tmp_path):
    import shutil

    project = Project.open(shutil.copytree(composed.path, tmp_path / "copy"))
    assert all((project.path / name).exists() for name in COMPOSED)
    project.change("composition", references=None, decomposition="none")
    assert project.state("composition") == "outdated"
    assert project.state("spectra") == "done"
    list(run_steps(project, "composition"))
    assert {name for name in COMPOSED if (project.path / name).exists()} == {"clusters.tif"}
    project.change("composition", decomposition="pca")
    list(run_steps(project, "composition"))
    (project.path / "clusters.tif").unlink()
    assert project.state("composition") == "partial"
    said = [step.message for step in run_steps(project, "composition") if step.stage == "composition"]
    assert said[1:] == ["found done", "2 clusters"]


def test_a_reference_that_changed_makes_the_composition_out_of_date(composed, reference_folder):
    file = reference_folder / "low.xdi"
    before = file.read_bytes()
    try:
        write_spectra(file, WIDE, {"low": rise(6546.0)})
        assert composed.state("composition") == "outdated"
    finally:
        file.write_bytes(before)


def test_a_reference_that_is_not_there_is_refused_before_anything_is_done(finished, small_scan, tmp_path):
    with pytest.raises(ParameterError, match=r"composition\.references names .*absent"):
        Project.create(tmp_path / "p", small_scan, {"composition": {"references": str(tmp_path / "absent")}})


def test_profiles_densities_and_comparisons_are_tables_of_every_project(finished):
    assert set(finished.profiles()["label"]) == set(finished.particles()["label"])
    assert {"energy_eV", "particle_1"} <= set(finished.densities().columns)
    assert isinstance(finished.comparisons(), pd.DataFrame)


def test_a_foil_shifts_map_windows_and_spectra_together(own_project, finished, tmp_path):
    write_spectra(tmp_path / "measured.xdi", WIDE, {"foil": rise(6539.0)})
    write_spectra(tmp_path / "right.xdi", WIDE, {"foil": rise(6541.5)})
    own_project.change("spectra", foil=str(tmp_path / "measured.xdi"), foil_reference=str(tmp_path / "right.xdi"))
    list(run_steps(own_project, "spectra"))
    shift = own_project.energy_shift()
    assert shift["shift_eV"] == pytest.approx(2.5, abs=0.02)
    assert "measured.xdi against right.xdi" in shift["origin"]
    assert "energies shifted by +2.5" in (own_project.path / "run.log").read_text()
    assert any("shifted by +2.5" in line and "measured.xdi" in line for line in numbers(own_project))
    moved = own_project.edge_map().energy - finished.edge_map().energy
    assert np.nanmedian(moved) == pytest.approx(shift["shift_eV"], abs=0.01)
    np.testing.assert_allclose(own_project.spectra()["energy_eV"], finished.energies + shift["shift_eV"])
    np.testing.assert_allclose(
        own_project.spectra()["particle_1_registered"], finished.spectra()["particle_1_registered"], atol=1e-9
    )
    json.loads((own_project.path / "run.json").read_text())


def test_a_foil_without_anything_to_hold_it_against_is_refused_with_advice(own_project, tmp_path):
    write_spectra(tmp_path / "measured.xdi", WIDE, {"foil": rise(6539.0)})
    own_project.change("spectra", foil=str(tmp_path / "measured.xdi"))
    with pytest.raises(ParameterError, match=r"spectra\.element.*spectra\.foil_reference"):
        list(run_steps(own_project, "spectra"))


def test_a_foil_of_another_element_than_the_one_named_is_refused_in_words(tmp_path):
    write_spectra(tmp_path / "measured.xdi", WIDE, {"foil": rise(6539.0)})
    with pytest.raises(ParameterError, match=r"measured\.xdi.*\+57\d eV.*spectra\.element"):
        axis_shift(SpectraParameters(foil=str(tmp_path / "measured.xdi"), element="Fe"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6548\n6553\n", "line 1"),
        ("low.xdi, two\n", "line 1"),
        ("absent.xdi, 2\n6553, 4\n", "absent"),
        ("6548, 2\n", "1 standards"),
        ("low.xdi : medium, 2\n6553, 4\n", "medium"),
    ],
)
def test_a_file_of_standards_that_cannot_be_understood_is_said_by_line(reference_folder, text, said):
    (reference_folder / "standards.txt").write_text(text)
    with pytest.raises(ParameterError, match=said):
        read_standards(reference_folder / "standards.txt")


@pytest.mark.parametrize(
    "values",
    [{"standards": "wrong.txt"}, {"foil": "wrong.txt", "element": "Mn"}, {"levels": (0.9, 0.2)}],
    ids=["standards", "foil", "heights"],
)
def test_what_cannot_be_read_is_refused_before_the_map_of_before_is_taken_away(own_project, tmp_path, values):
    (tmp_path / "wrong.txt").write_text("nothing of use\n")
    files = {name: str(tmp_path / value) for name, value in values.items() if value == "wrong.txt"}
    own_project.change("spectra", **(values | files))
    with pytest.raises(SpectrotomoError, match=r"wrong\.txt|levels"):
        list(run_steps(own_project, "composition"))
    assert (own_project.path / "edge_energy.tif").exists()
    own_project.change("spectra", standards=None, foil=None, element=None, levels=SpectraParameters().levels)
    assert own_project.state("spectra") == "done"


def test_standards_are_spectra_beside_their_file_or_energies(reference_folder):
    (reference_folder / "standards.txt").write_text("# Mn\nlow.xdi, 2\n\n6551.5, 3 # by hand\n'high.xdi', 4\n")
    low, middle, high = read_standards(reference_folder / "standards.txt")
    assert [s.valence for s in (low, middle, high)] == [2, 3, 4]
    assert (low.name, middle.edge, high.name) == ("low", 6551.5, "high")
    np.testing.assert_allclose(low.edge[0], WIDE)


def test_a_valence_map_and_its_line_come_back_as_they_were_made(own_project, tmp_path):
    for name, at in (("low", 6547.0), ("middle", 6550.0), ("high", 6554.0)):
        write_spectra(tmp_path / f"{name}.xdi", WIDE, {name: rise(at)})
    (tmp_path / "standards.txt").write_text("low.xdi, 2\nmiddle.xdi, 3\nhigh.xdi, 4\n")
    own_project.change("spectra", standards=str(tmp_path / "standards.txt"))
    assert own_project.state("spectra") == "outdated"
    list(run_steps(own_project, "spectra"))
    found, edge = own_project.valence(), own_project.edge_map()
    assert found.line.names == ("low", "middle", "high")
    np.testing.assert_array_equal(found.valence, tifffile.imread(own_project.path / "valence.tif"))
    np.testing.assert_array_equal(found.error, tifffile.imread(own_project.path / "valence_error.tif"))
    assert any("valence" in line and "±" in line for line in numbers(own_project))
    known = np.isfinite(edge.energy)
    np.testing.assert_allclose(found.valence[known], found.line.valence(edge.energy[known]), rtol=1e-5)
    write_spectra(tmp_path / "low.xdi", WIDE, {"low": rise(6546.0)})
    assert own_project.state("spectra") == "outdated"
    own_project.change("spectra", standards=None)
    list(run_steps(own_project, "spectra"))
    assert not (own_project.path / "valence.tif").exists()
