"""What a run leaves behind is what labs' scripts rely on."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tifffile
import zarr

from napari_spectrotomo import Recipe
from napari_spectrotomo.workflow.describe_alignment import alignment_in_words

FILES = {
    "recipe.yaml",
    "run.json",
    "run.log",
    "project.zarr",
    "alignment.json",
    "registration.json",
    "labels.tif",
    "edge_energy.tif",
    "edge_energy_error.tif",
    "edge_step.tif",
    "spectra.csv",
    "particles.csv",
    "profiles.csv",
    "densities.csv",
    "comparisons.csv",
    "report.html",
}


def test_a_run_leaves_the_promised_files_and_nothing_else(finished):
    assert {p.name for p in finished.path.iterdir() if not p.name.startswith(".")} == FILES


def test_the_images_are_ome_zarr_with_energies_scale_and_names(finished):
    root = zarr.open(finished.path / "project.zarr", mode="r")
    energies = finished.energies.tolist()
    assert root.attrs["ome"]["version"] == "0.5"
    assert next(m["datasets"][0]["path"] for m in root.attrs["ome"]["multiscales"]) == "registered/0"
    for name in ("reconstruction", "mask", "registered", "squared_difference_raw", "squared_difference_registered"):
        group, array = root[name], root[name]["0"]
        assert array.shape == (len(energies), *finished.stack().shape)
        assert array.metadata.dimension_names == ("energy", "z", "y", "x")
        assert group.attrs["spectrotomo"]["energies_eV"] == energies
        assert all(group.attrs["spectrotomo"]["done"])
        (image,) = group.attrs["ome"]["multiscales"]
        assert [a["type"] for a in image["axes"]] == ["energy", "space", "space", "space"]
        assert {a.get("unit") for a in image["axes"][1:]} == {"nanometer"}
        scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
        np.testing.assert_allclose(scale, [1, *finished.stack().voxel_size])
    assert root["mask/0"].dtype == bool
    assert root.attrs["spectrotomo"]["attenuation_unit"] == root["registered"].attrs["spectrotomo"]["attenuation_unit"]


def test_the_maps_are_float32_with_their_voxel_size_and_nan_outside(finished):
    labels = finished.labels()
    for name in ("edge_energy.tif", "edge_energy_error.tif", "edge_step.tif"):
        with tifffile.TiffFile(finished.path / name) as file:
            volume, about = file.asarray(), file.imagej_metadata
        assert volume.dtype == np.float32
        assert volume.shape == labels.shape
        assert np.isnan(volume[labels == 0]).all()
        assert np.isfinite(volume[labels > 0]).mean() > 0.9
        assert about["spacing"] == pytest.approx(finished.stack().voxel_size[0])
        assert about["unit"] == "nm"
    assert tifffile.imread(finished.path / "labels.tif").dtype == np.uint16


def test_the_mean_squared_difference_is_the_mse_of_the_registration(finished):
    quality = finished.registration().quality
    for which in ("raw", "registered"):
        mean = finished.squared_difference(which).mean(axis=(1, 2, 3)).compute()
        np.testing.assert_allclose(mean, quality[f"mse_{which}"], rtol=1e-4, atol=1e-7)


def test_registration_json_holds_every_promised_field(finished):
    content = json.loads((finished.path / "registration.json").read_text())
    assert content["convention"] == "fixed (z,y,x,1) -> moving, voxel index"
    assert np.shape(content["matrices"]) == (len(finished.energies), 4, 4)
    for name in (
        "mse_raw",
        "mse_global",
        "mse_registered",
        "dice_raw",
        "dice_global",
        "dice_registered",
        "status",
        "flag",
    ):
        assert len(content[name]) == len(finished.energies)
    assert content["fixed_index"] == len(finished.energies) - 1
    assert sorted(content["particles"]) == ["1", "2"]
    for matrices in content["particles"].values():
        assert np.shape(matrices) == (len(finished.energies), 4, 4)


def test_particles_are_registered_by_themselves_and_on_the_grey_volumes(finished):
    registration = finished.registration()
    quality = registration.quality.drop(registration.fixed_index)
    assert quality["mse_registered"].mean() < quality["mse_global"].mean() < quality["mse_raw"].mean()
    table = registration.particle_quality
    assert (table["grey_refined"] <= table["grey_masks"])[table["refined"]].all()
    assert table["refined"].mean() > 0.5
    np.testing.assert_array_equal(registration.labels, finished.labels())


def test_the_tables_have_the_promised_columns(finished):
    spectra, particles = pd.read_csv(finished.path / "spectra.csv"), pd.read_csv(finished.path / "particles.csv")
    assert list(spectra.columns[:3]) == ["energy_eV", "particle_1_raw", "particle_1_registered"]
    np.testing.assert_allclose(spectra["energy_eV"], finished.energies)
    assert list(particles.columns[:8]) == [
        "label",
        "voxels",
        "volume_um3",
        "mean_eV",
        "median_eV",
        "std_eV",
        "fwhm_eV",
        "skewness",
    ]


def test_the_recipe_in_the_folder_repeats_the_run(finished):
    assert Recipe.load(finished.path / "recipe.yaml") == finished.recipe


def test_the_record_names_inputs_versions_and_timings(finished):
    content = json.loads((finished.path / "run.json").read_text())
    assert len(content["inputs"]) == len(finished.energies)
    assert all(len(i["sha256"]) == 64 and i["size"] > 0 for i in content["inputs"])
    assert content["versions"]["numpy"] == np.__version__
    assert all(content["stages"][s]["finished"] for s in content["stages"])
    assert content["stages"]["reconstruct"]["seconds"] > 0


def test_a_project_reads_back_what_it_wrote(finished):
    emap = finished.edge_map()
    assert emap.method == "half-height"
    assert 6540 < np.nanmedian(emap.energy) < 6560
    assert finished.stack("registered").attenuation_unit == "1/µm"
    assert finished.done("register").all()
    assert {finished.state(s) for s in ("read", "reconstruct", "report")} == {"done"}


def test_the_report_says_how_volumes_were_made_and_shows_slices_about_the_axis(finished):
    text = (finished.path / "report.html").read_text(encoding="utf-8")
    assert "filtered back-projection, engine numba, filter hann" in text
    assert 'id="alignment"' in text
    assert "reconstructed about the axis that was used" in text


def test_what_an_alignment_found_has_names(finished):
    alignment = finished.alignment()
    votes = alignment.of_axis("center")
    np.testing.assert_allclose(votes, alignment.centers, atol=0.3)
    assert set(alignment.methods) == {"opposite views", "centre of mass", "Vo", "sharpness"}
    assert (alignment.jitter >= 0).all()
    assert np.isnan(replace(alignment, found={}).displacement).all()
    assert f"{alignment.centers.min():.2f}" in alignment_in_words(alignment)[0]
