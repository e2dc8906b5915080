"""The page is made from whatever a run can leave behind."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pandas as pd
import pytest

from napari_spectrotomo.report import ReportParameters, write_report
from napari_spectrotomo.report.bodies import bodies_of
from napari_spectrotomo.report.figures import canvas
from napari_spectrotomo.report.figures import scenes as scenes_module
from napari_spectrotomo.report.figures.agreement import mse_and_dice
from napari_spectrotomo.report.figures.edge_map import distributions, edge_slices
from napari_spectrotomo.report.figures.overlays import projection_overlay, slice_overlay
from napari_spectrotomo.report.figures.scenes import scenes
from napari_spectrotomo.report.figures.spectra import spectra_figure
from napari_spectrotomo.report.marks import pick
from napari_spectrotomo.report.tables import headlines, particle_table
from napari_spectrotomo.report.views import look_at

DRAWN = ReportParameters(renderings=True)


@pytest.fixture(autouse=True)
def coarse_pictures(monkeypatch):
    """Pictures of few pixels: here it matters that they are made, not how they look."""
    monkeypatch.setattr(canvas, "_DPI", 50)
    monkeypatch.setattr(scenes_module, "_PIXELS", 60)


@pytest.fixture
def written(tmp_path):
    def write(data) -> str:
        return write_report(data, tmp_path / "report.html").read_text(encoding="utf-8")

    return write


def test_an_edge_map_without_a_value(make_phantom, written):
    data = make_phantom(options=DRAWN)
    nothing = np.full(data.labels.shape, np.nan, np.float32)
    text = written(
        replace(data, edge_map=replace(data.edge_map, energy=nothing, error=nothing, step=nothing, e0=float("nan")))
    )
    assert "No voxel has an edge energy" in text


def test_no_particle(make_phantom, written):
    text = written(make_phantom(particles=0, options=DRAWN))
    assert "No particle was found" in text


def test_one_particle_in_voxels_of_unknown_size(make_phantom, written):
    text = written(make_phantom(particles=1, voxel_size=None, attenuation_unit="1/voxel"))
    assert "lengths are in voxels" in text


def test_many_particles(make_phantom):
    data = make_phantom()
    many = pd.concat([data.particles.assign(label=k, median_eV=6550.0 + k) for k in range(1, 31)], ignore_index=True)
    data = replace(data, particles=many)
    assert distributions(data).image
    assert particle_table(data)["more"] == 20
    assert headlines(data)[1] == ("particles found", "60", "57 more than shown here")


def test_no_energy_was_registered(make_phantom, written):
    data = make_phantom(options=DRAWN)
    data.registration.matrices[:-1] = np.nan
    for column in ("mse_registered", "dice_registered"):
        data.registration.quality.loc[:9, column] = np.nan
    empty = da.full(data.raw.data.shape, np.nan, dtype=np.float32, chunks=data.raw.data.chunks)
    text = written(replace(data, registered=replace(data.registered, data=empty), squared_difference_registered=empty))
    assert "No transform was found for" in text


def test_volumes_of_nan(make_phantom, written):
    data = make_phantom(options=DRAWN)
    empty = da.full(data.raw.data.shape, np.nan, dtype=np.float32, chunks=data.raw.data.chunks)
    nothing = np.full(data.labels.shape, np.nan, np.float32)
    written(
        replace(
            data,
            raw=replace(data.raw, data=empty),
            registered=replace(data.registered, data=empty),
            masks=da.zeros_like(data.masks),
            squared_difference_raw=empty,
            labels=np.zeros_like(data.labels),
            edge_map=replace(data.edge_map, energy=nothing, error=nothing),
        )
    )


@pytest.mark.parametrize("count", [1, 2])
def test_few_energies(make_phantom, count):
    data = make_phantom(energies=np.array([6550.0, 6710.0])[-count:])
    views = look_at(data)
    marks = pick(data, views.planes)
    assert not marks.normalized
    assert all(f.image for f in (slice_overlay(data, views), mse_and_dice(data), spectra_figure(data, marks)))


@pytest.mark.parametrize("shape", [(1, 24, 24), (2, 16, 24), (12, 16, 1)])
def test_thin_volumes(make_phantom, shape):
    data = make_phantom(shape=shape, options=DRAWN)
    views = look_at(data)
    marks = pick(data, views.planes)
    assert all(f.image for f in (slice_overlay(data, views), edge_slices(data, views, marks)))
    assert len(scenes(data, views)) == (3 if min(shape) > 1 else 1)


def test_uneven_voxels(make_phantom):
    data = make_phantom(voxel_size=np.array([50.0, 100.0, 200.0]))
    views = look_at(data)
    stage = bodies_of(data, views, None, None).stage
    z, y, x = stage.high - stage.low
    assert x > y > z
    assert slice_overlay(data, views).image


def test_projections_with_nan_and_of_different_shapes(make_phantom):
    data = make_phantom()
    first, second = data.projections
    holed = first.optical_density.copy()
    holed[:3] = np.nan
    assert projection_overlay(replace(data, projections=(replace(first, optical_density=holed), second))).image
    nothing = replace(first, optical_density=np.full_like(holed, np.nan))
    assert projection_overlay(replace(data, projections=(nothing, second))).image
    cut = replace(first, optical_density=holed[1:])
    assert "different shapes" in projection_overlay(replace(data, projections=(cut, second))).caption
