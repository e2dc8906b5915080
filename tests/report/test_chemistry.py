"""The report shows valence, composition, components, clusters and depth where they were asked for, and only there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_spectrotomo.report import Chemistry
from napari_spectrotomo.report.chemistry_facts import chemistry_facts
from napari_spectrotomo.report.figures.composition import channels_of, composition_figures
from napari_spectrotomo.report.figures.depth import comparisons, depth_profiles
from napari_spectrotomo.report.figures.unmixing import cluster_figures, component_figures
from napari_spectrotomo.report.figures.valence import valence_figures
from napari_spectrotomo.report.marks import pick
from napari_spectrotomo.report.views import look_at
from napari_spectrotomo.spectra import (
    Clusters,
    Components,
    Composition,
    calibrate_valence,
    compare_all,
    depth_profile,
    valence_map,
)

NAMES = ("MnO", "Mn2O3", "MnO2", "Mn3O4")


@pytest.fixture
def data(make_phantom):
    return make_phantom()


def with_valence(data, energies=(6548.0, 6550.0, 6551.0), valences=(2, 3, 4)):
    line = calibrate_valence(energies, valences)
    return replace(data, chemistry=Chemistry(valence=valence_map(data.edge_map, line)))


def composition(data, names=NAMES, shares=(0.1, 0.3, 0.5, 0.05)):
    inside = np.where(data.labels > 0, 1.0, np.nan).astype(np.float32)
    fractions = np.stack([share * inside for share in shares[: len(names)]])
    count = len(data.energies)
    return Composition(
        names=names,
        fractions=fractions,
        error=0.02 * np.ones_like(fractions),
        residual=0.01 * inside,
        shift=None,
        energies=data.energies,
        fitted=np.ones(count, bool),
        references=np.ones((len(names), count)),
        e0=6550.0,
        windows={"window": (6530.0, 6605.0)},
        voxel_size=data.voxel_size,
    )


def with_composition(data, **options):
    found = composition(data, **options)
    rows = [
        {
            "label": k,
            "voxels": 10,
            **{n: float(np.nanmean(f)) for n, f in zip(found.names, found.fractions, strict=True)},
        }
        for k in (1, 2)
    ]
    table = pd.DataFrame(rows).assign(**{f"{n}_standard_error": 0.01 for n in found.names})
    return replace(data, chemistry=Chemistry(composition=found, fractions=table))


def test_nothing_is_shown_that_was_not_asked_for(data):
    views = look_at(data)
    for make in (valence_figures, composition_figures, component_figures, cluster_figures):
        assert make(data, views) == []
    assert depth_profiles(data) == comparisons(data) == []
    assert chemistry_facts(data) == {}


def test_the_valence_is_drawn_with_its_errors_and_says_how_much_is_extrapolated(data):
    slices, line, distribution = valence_figures(with_valence(data), look_at(data))
    assert slices.image
    assert line.image
    assert "One unit of valence is 1.56 eV." in line.caption
    assert distribution.image
    assert "standard 1, standard 2, standard 3" in slices.caption
    beyond = np.mean(data.edge_map.energy[data.labels > 0] > 6551.0)
    assert f"{beyond:.0%} of the voxels lie beyond the standards" in slices.caption
    assert slices.caption.count("error") == 1


def test_a_line_of_two_standards_has_no_error_to_draw_and_says_so(data):
    slices, line, _ = valence_figures(with_valence(data, (6549.0, 6551.0), (3, 4)), look_at(data))
    assert "One unit of valence is 2.00 eV. Two standards leave no scatter" in line.caption
    assert "of the line through two standards is unknown" in slices.caption
    assert "nan" not in slices.caption


def test_composition_shows_the_three_references_with_most_and_names_the_other(data):
    shown = with_composition(data)
    assert channels_of(shown.chemistry.composition) == [0, 1, 2]
    coloured, particles, residual = composition_figures(shown, look_at(data))
    assert "Mn3O4 is not among the colours" in coloured.caption
    assert "they sum to 0.95" in particles.caption
    assert coloured.image
    assert "median 0.01" in residual.caption
    assert chemistry_facts(shown)["References"] == "MnO, Mn2O3, MnO2, Mn3O4, fitted from 6530 to 6605 eV"


def test_a_shift_of_the_references_is_said_beside_what_they_leave(data):
    shown = with_composition(data)
    found = shown.chemistry.composition
    shifted = replace(found, shift=np.where(data.labels > 0, -0.4, np.nan).astype(np.float32))
    *_, residual = composition_figures(replace(data, chemistry=Chemistry(composition=shifted)), look_at(data))
    assert "by -0.40 eV in the median voxel" in residual.caption


def test_without_a_voxel_that_could_be_fitted_the_composition_is_a_sentence(data):
    empty = composition(data)
    empty = replace(empty, residual=np.full_like(empty.residual, np.nan))
    (figure,) = composition_figures(replace(data, chemistry=Chemistry(composition=empty)), look_at(data))
    assert not figure.image
    assert "No voxel could be fitted" in figure.caption


def test_components_are_drawn_with_their_shares_and_how_many_count(data):
    count = len(data.energies)
    scores = np.where(data.labels > 0, np.indices(data.labels.shape)[1], np.nan).astype(np.float32)
    found = Components(
        np.ones((2, count)),
        np.stack([scores, -scores]),
        np.r_[0.9, 0.1, np.zeros(9)],
        0.03,
        1,
        np.ones(count),
        data.energies,
        70,
    )
    spectra, slices = component_figures(replace(data, chemistry=Chemistry(components=found)), look_at(data))
    assert "1 of them stands above the noise" in spectra.caption
    assert "leave 0.03 of the variance" in spectra.caption
    assert slices.image


def test_clusters_are_drawn_where_they_lie_with_their_mean_spectra(data):
    count = len(data.energies)
    sizes = np.bincount(data.labels.ravel())[1:]
    found = Clusters(
        data.labels.astype(np.int32),
        np.ones((2, count)),
        np.full((2, count), np.nan),
        sizes,
        1,
        data.energies,
        "k-means",
    )
    where, means = cluster_figures(replace(data, chemistry=Chemistry(clusters=found)), look_at(data))
    assert "by k-means into 2 clusters" in where.caption
    assert "1 principal component." in where.caption
    assert means.image


def test_profiles_against_depth_and_comparisons_stand_with_the_particles(data):
    rng = np.random.default_rng(0)
    noisy = replace(
        data.edge_map, energy=data.edge_map.energy + rng.normal(0, 0.2, data.labels.shape).astype(np.float32)
    )
    told = Chemistry(profiles=depth_profile(noisy, data.labels), comparisons=compare_all(noisy, data.labels))
    shown = replace(data, chemistry=told)
    (profile,) = depth_profiles(shown)
    assert profile.image
    (words,) = comparisons(shown)
    assert not words.image
    assert words.caption.startswith(("The mean edge energ", "Whether particles"))


def test_a_shift_and_averaging_are_facts_of_the_report(data):
    shift = {"shift_eV": -1.2, "uncertainty_eV": None, "origin": "the foil a.xdi against b.xdi"}
    averaged = replace(data.edge_map, averaged="Spectra were smoothed.")
    said = chemistry_facts(replace(data, edge_map=averaged, chemistry=Chemistry(energy_shift=shift)))
    assert said["Energies shifted by"] == "-1.20 eV (the foil a.xdi against b.xdi)"
    assert said["Averaged"] == "Spectra were smoothed."


def test_spectra_of_voxels_are_normalised_on_the_corrected_energies(data):
    shifted = {name: value + 1.5 if name == "e0" else value for name, value in data.edge_map.windows.items()}
    shifted |= {name: tuple(e + 1.5 for e in shifted[name]) for name in ("pre", "post")}
    moved = replace(data.edge_map, energy=data.edge_map.energy + 1.5, e0=6551.5, windows=shifted)
    both = [data, replace(data, edge_map=moved, chemistry=Chemistry(energy_shift={"shift_eV": 1.5}))]
    before, after = (pick(one, look_at(one).planes) for one in both)
    assert after.normalized
    np.testing.assert_allclose(after.registered, before.registered, atol=1e-9)
