"""The report of 2-D XANES: images instead of slices, and no map where there are too few energies."""

from dataclasses import replace

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.report.figures.agreement import difference_slices
from napari_spectrotomo.report.figures.images import images_laid_over, two_images
from napari_spectrotomo.report.marks import pick
from napari_spectrotomo.report.page import figures, html
from napari_spectrotomo.report.tables import facts, headlines, particle_table
from napari_spectrotomo.report.views import look_at

SHAPE = (1, 40, 56)


def images(stack):
    return EnergyStack.from_arrays(stack.data, stack.energies, 100.0, attenuation_unit="optical density")


@pytest.fixture
def planar(make_phantom):
    """A phantom of images at many energies."""
    data = make_phantom(SHAPE)
    data = replace(data, raw=images(data.raw), registered=images(data.registered), attenuation_unit="optical density")
    return replace(data, particles=data.particles.assign(volume_um3=np.nan, area_um2=2.5))


@pytest.fixture
def two_energies(planar):
    """The same at two energies, which are too few for an edge."""
    some = [0, 10]
    nothing = np.full(SHAPE, np.nan, np.float32)
    empty = replace(planar.edge_map, energy=nothing, step=nothing, error=nothing, e0=float("nan"), windows={})
    few = lambda stack: replace(stack, data=stack.data[some], energies=stack.energies[some])  # noqa: E731
    registration = planar.registration
    registration.matrices, registration.quality = registration.matrices[some], registration.quality.iloc[some]
    return replace(
        planar,
        energies=planar.energies[some],
        raw=few(planar.raw),
        registered=few(planar.registered),
        masks=planar.masks[some],
        squared_difference_raw=planar.squared_difference_raw[some],
        squared_difference_registered=planar.squared_difference_registered[some],
        edge_map=empty,
        spectra=planar.spectra.iloc[some],
        particles=planar.particles.assign(mean_eV=np.nan, median_eV=np.nan),
    )


def test_images_with_an_edge_have_their_map_and_no_renderings(planar):
    sections = {section.anchor: section for section in figures(planar)}
    assert sections.keys() >= {
        "projections",
        "slices",
        "difference",
        "agreement",
        "motion",
        "spectra",
        "edge",
        "particles",
    }
    assert "renderings" not in sections
    assert sections["slices"].heading.startswith("Laid over each other")
    assert "pixels marked on the edge map" in sections["spectra"].figures[0].caption
    assert "2-D XANES imaging" in html(planar, list(sections.values()))


def test_two_energies_have_no_map_and_no_curves_but_spectra(two_energies):
    sections = {section.anchor: section for section in figures(two_energies)}
    assert not sections.keys() & {"edge", "agreement", "renderings"}
    assert not sections["motion"].figures
    (spectra,) = sections["spectra"].figures
    assert "2 energies are too few for an edge" in spectra.caption
    assert "pixels marked on the image" in spectra.caption
    assert "Edge energies" not in html(two_energies, list(sections.values()))


def test_pixels_are_picked_without_a_map_and_marked_on_the_fixed_image(two_energies):
    views = look_at(two_energies)
    marks = pick(two_energies, views.planes)
    assert len(marks.voxels) == 4
    assert not marks.normalized
    assert "whose spectra are shown below" in two_images(two_energies, views, marks).caption


def test_what_is_the_same_in_both_images_is_grey_and_its_contours_lie_on_each_other(two_energies, monkeypatch):
    from napari_spectrotomo.report.figures import images as module

    drawn, blended = [], []
    monkeypatch.setattr(module, "_draw", lambda axes, contour, colour: drawn.append(contour))
    blend = module.overlay
    monkeypatch.setattr(module, "overlay", lambda *args: blended.append(blend(*args)) or blended[-1])
    images_laid_over(two_energies, look_at(two_energies))
    raw_fixed, raw, fixed, registered = drawn
    assert np.array_equal(raw_fixed, fixed)
    assert np.array_equal(registered[:, 4:], fixed[:, 4:])
    assert not np.array_equal(raw, fixed)
    inside = two_energies.labels[0] > 0
    assert np.allclose(blended[1][inside][:, 0], blended[1][inside][:, 1], atol=1e-3)
    assert not np.allclose(blended[0][inside][:, 0], blended[0][inside][:, 1], atol=1e-3)


def test_the_words_are_of_images(two_energies):
    known = facts(two_energies)
    assert known["Images"] == "40 x 56 pixels (row, column)"
    assert not known.keys() & {"Volumes", "Edge energy by"}
    assert headlines(two_energies)[-1][:2] == ("Dice overlap of masks", "0.8 → 0.98")
    assert particle_table(two_energies)["headings"] == ["particle", "pixels", "area, µm²"]
    assert "binarized image" in difference_slices(two_energies, look_at(two_energies)).caption
